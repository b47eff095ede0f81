/* verify_seen: see verify_seen.h. */
#include "cli/verify_seen.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"

#define WORD_BITS 64
/* overlay: at most half full, and while it grows the old table is there beside the new one. */
#define TABLE_BYTES_PER_SLOT (sizeof(struct overlay_item) * 3 / 2)

struct mark {
	struct hash128 id;
	struct entry entry;
	uint64_t at; /* among the marks of its part */
	uint32_t part;
	uint32_t unused;
};

static int compare_marks(const void *left, const void *right)
{
	const struct mark *a = left, *b = right;
	int order = memcmp(&a->id, &b->id, sizeof(a->id));

	if (order != 0)
		return order;
	if (a->part != b->part)
		return a->part < b->part ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

static bool fits(size_t memory_bytes, uint64_t marks)
{
	uint64_t slots = 1;

	while (slots < marks * 2 && slots * TABLE_BYTES_PER_SLOT <= memory_bytes)
		slots *= 2;
	return slots * TABLE_BYTES_PER_SLOT <= memory_bytes;
}

void verify_seen_init(struct verify_seen *seen, int64_t window_ms, size_t part_count,
		      uint64_t records, size_t memory_bytes, const char *dir, const uint8_t *key,
		      bool sorted)
{
	bool table = !sorted && fits(memory_bytes, records);

	memset(seen, 0, sizeof(*seen));
	seen->window_ms = window_ms;
	seen->memory_bytes = memory_bytes;
	seen->key = key;
	seen->mode = table ? VERIFY_SEEN_TABLE : VERIFY_SEEN_MARKING;
	overlay_init(&seen->table);
	seen->marks = (struct verify_sort){.item_bytes = sizeof(struct mark),
					   .memory_bytes = memory_bytes,
					   .compare = compare_marks,
					   .dir = dir};
	seen->parts = calloc(part_count + 1, sizeof(*seen->parts));
	must(seen->parts != NULL);
	seen->part_count = part_count;
}

void verify_seen_fini(struct verify_seen *seen)
{
	if (!seen->parts)
		return;
	overlay_fini(&seen->table);
	verify_sort_clear(&seen->marks);
	for (size_t i = 0; i < seen->part_count; i++)
		free(seen->parts[i].bits);
	free(seen->parts);
	seen->parts = NULL;
}

/* Fan-out before dedup makes more marks than there are records. */
static int ask_table(struct verify_seen *seen, uint32_t part, const struct hash128 *id,
		     struct entry now, bool *ret_seen, struct err *err)
{
	struct entry old;

	if (!fits(seen->memory_bytes, seen->table.count + 1)) {
		seen->is_full = true;
		return err_set(err, ERR_ABORT, 0, "more ids than fit into the memory");
	}
	/* part 0 is the table's free slot */
	*ret_seen = overlay_put(&seen->table, part + 1, id, now, &old) &&
		    window_is_duplicate(seen->window_ms, old, now);
	return 0;
}

int verify_seen_ask(struct verify_seen *seen, uint32_t part, struct bytes id, struct entry now,
		    bool *ret_seen, struct err *err)
{
	struct verify_seen_part *at = &seen->parts[part];
	struct mark mark;

	must(part < seen->part_count);
	if (seen->mode == VERIFY_SEEN_ANSWERING) {
		if (at->next >= at->marks)
			return err_set(err, ERR_ABORT, 0, "the input changed between two readings");
		*ret_seen = at->bits[at->next / WORD_BITS] >> (at->next % WORD_BITS) & 1;
		at->next++;
		return 0;
	}
	mark = (struct mark){.id = hash128(seen->key, id.data, id.len), .entry = now, .part = part};
	if (seen->mode == VERIFY_SEEN_TABLE)
		return ask_table(seen, part, &mark.id, now, ret_seen, err);
	mark.at = at->marks++;
	*ret_seen = false;
	return verify_sort_add(&seen->marks, &mark, err);
}

int verify_seen_settle(struct verify_seen *seen, struct err *err)
{
	const struct mark *mark;
	struct mark last;
	bool has_last = false;

	must(seen->mode == VERIFY_SEEN_MARKING);
	for (size_t i = 0; i < seen->part_count; i++) {
		struct verify_seen_part *part = &seen->parts[i];

		part->bits = calloc(part->marks / WORD_BITS + 1, sizeof(*part->bits));
		must(part->bits != NULL);
	}
	if (verify_sort_end(&seen->marks, err) < 0)
		return -1;
	for (;;) {
		if (verify_sort_next(&seen->marks, (const void **)&mark, err) < 0)
			return -1;
		if (!mark)
			break;
		/* A repeat renews the window: what counts is the latest mark, dropped or not. */
		if (has_last && last.part == mark->part &&
		    memcmp(&last.id, &mark->id, sizeof(last.id)) == 0 &&
		    window_is_duplicate(seen->window_ms, last.entry, mark->entry))
			seen->parts[mark->part].bits[mark->at / WORD_BITS] |=
				(uint64_t)1 << (mark->at % WORD_BITS);
		last = *mark;
		has_last = true;
	}
	verify_sort_clear(&seen->marks);
	seen->mode = VERIFY_SEEN_ANSWERING;
	return 0;
}
