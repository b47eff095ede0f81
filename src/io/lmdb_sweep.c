/* lmdb_sweep: see lmdb_sweep.h. */
#include "io/lmdb_sweep.h"

#include <string.h>

#include "base/must.h"

#define PAGE_BYTES 4096 /* on a larger page: more looks than needed */

static const struct lmdb_sweep_part *find(const struct lmdb_sweep_part *parts, size_t count,
					  uint32_t id)
{
	size_t low = 0;

	while (low < count) {
		size_t middle = low + (count - low) / 2;

		if (parts[middle].id == id)
			return &parts[middle];
		if (parts[middle].id < id)
			low = middle + 1;
		else
			count = middle;
	}
	return NULL;
}

static bool may_go(const struct lmdb_sweep_part *part, struct entry entry)
{
	if (!part)
		return true;
	return window_is_expired(part->v, entry, part->t);
}

/* Where the last look stopped, or the first entry; MDB_NOTFOUND: there is none at all. */
static int position(const struct lmdb_sweep *sweep, MDB_cursor *cursor, MDB_val *key,
		    MDB_val *value)
{
	int rc = MDB_NOTFOUND;

	if (sweep->begun) {
		*key = (MDB_val){sizeof(sweep->next), (void *)(uintptr_t)sweep->next};
		rc = mdb_cursor_get(cursor, key, value, MDB_SET_RANGE);
	}
	return rc == MDB_NOTFOUND ? mdb_cursor_get(cursor, key, value, MDB_FIRST) : rc;
}

/* One look: the rows in their order, and whether each page's first and last can be found from the
 * root. LMDB's branch pages have no checksum: a flipped bit in one of them sends lookups to the
 * wrong page, where ids then seem never to have been seen. */
struct look {
	MDB_txn *txn;
	MDB_dbi dbi;
	bool has_last; /* there was a row before this one, and it is still there */
	uintptr_t page;
	uint8_t last[LMDB_CODEC_ENTRY_KEY_BYTES];
};

static int find_from_root(const struct look *look, const void *name)
{
	MDB_val key = {LMDB_CODEC_ENTRY_KEY_BYTES, (void *)(uintptr_t)name};
	MDB_val value;
	int rc = mdb_get(look->txn, look->dbi, &key, &value);

	return rc == MDB_NOTFOUND ? MDB_CORRUPTED : rc;
}

/* key: a row that reads back, so it is LMDB_CODEC_ENTRY_KEY_BYTES long. */
static int check_place(struct look *look, const uint8_t *key)
{
	uintptr_t page = (uintptr_t)key / PAGE_BYTES;
	int rc = 0;

	if (look->has_last && memcmp(look->last, key, sizeof(look->last)) >= 0)
		return MDB_CORRUPTED;
	if (page != look->page)
		rc = find_from_root(look, key);
	if (!rc && page != look->page && look->has_last)
		rc = find_from_root(look, look->last);
	look->page = page;
	memcpy(look->last, key, sizeof(look->last));
	look->has_last = true;
	return rc;
}

static int look_at(struct lmdb_sweep *sweep, struct look *look, MDB_cursor *cursor,
		   const struct lmdb_sweep_part *parts, size_t part_count, size_t look_max)
{
	const struct lmdb_sweep_part *part = NULL;
	uint32_t last = 0;
	MDB_val key, value;
	int rc = position(sweep, cursor, &key, &value);

	for (size_t looked = 0; !rc && looked < look_max; looked++) {
		struct entry entry;
		uint32_t id;

		if (!lmdb_codec_entry_read(bytes_of(key.mv_data, key.mv_size),
					   bytes_of(value.mv_data, value.mv_size), &id, &entry))
			return MDB_CORRUPTED;
		rc = check_place(look, key.mv_data);
		if (rc)
			return rc;
		if (id != last) {
			part = find(parts, part_count, id);
			last = id;
		}
		if (may_go(part, entry)) {
			rc = mdb_cursor_del(cursor, 0);
			look->has_last = false;
		}
		/* After a deletion the cursor stands before the next entry: NEXT is right in both
		 * cases. */
		if (!rc)
			rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
	}
	sweep->begun = !rc;
	if (!rc) {
		if (key.mv_size != sizeof(sweep->next))
			return MDB_CORRUPTED;
		memcpy(sweep->next, key.mv_data, sizeof(sweep->next));
	}
	return rc == MDB_NOTFOUND ? 0 : rc; /* the end: from the beginning next time */
}

int lmdb_sweep_run(struct lmdb_env *env, MDB_txn *txn, const struct lmdb_sweep_part *parts,
		   size_t part_count, size_t look_max)
{
	struct look look = {.txn = txn, .dbi = env->dedup};
	MDB_cursor *cursor;
	int rc = mdb_cursor_open(txn, env->dedup, &cursor);

	if (rc)
		return rc;
	for (size_t i = 1; i < part_count; i++)
		must(parts[i - 1].id < parts[i].id);
	rc = look_at(&env->sweep, &look, cursor, parts, part_count, look_max);
	mdb_cursor_close(cursor);
	return rc;
}
