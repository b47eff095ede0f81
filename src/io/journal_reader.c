/* journal_reader: see journal_reader.h. */
#include "io/journal_handle.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-id128.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/must.h"
#include "io/journal_access.h"
#include "io/journal_match.h"
#include "io/journal_record.h"

#define FIELDS_MAX 1024 /* journald's own limit of an entry */
#define EXTRA_FIELDS 3  /* cursor and the two times */
#define YOUNG_US (INT64_C(60) * 1000000)

static int open_handle(sd_journal **ret, struct err *err)
{
	int res = sd_journal_open(ret, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM);

	if (res < 0)
		return journal_failed(res, "open", err);
	/* From now on it hears of files that come and go. */
	res = sd_journal_get_fd(*ret);
	if (res < 0)
		return journal_failed(res, "watch", err);
	return 0;
}

int journal_open(const struct journal_source *source, struct journal **ret, struct err *err)
{
	struct journal *j = calloc(1, sizeof(*j));

	must(j != NULL);
	j->source = source;
	if (journal_access_check(err) < 0 || journal_access_boot(j->boot, err) < 0 ||
	    open_handle(&j->read, err) < 0 || open_handle(&j->all, err) < 0 ||
	    journal_match_add(j->read, source, err) < 0) {
		journal_close(j);
		return -1;
	}
	/* Compressed data comes out no longer than this; one byte more says that it was. */
	(void)sd_journal_set_data_threshold(j->read, JOURNAL_FIELD_BYTES_MAX + 256);
	*ret = j;
	return 0;
}

void journal_close(struct journal *j)
{
	if (!j)
		return;
	sd_journal_close(j->read);
	sd_journal_close(j->all);
	free(j);
}

/* --- reading --- */

/* The matches that reading on from the place needs. */
static int match_for(struct journal *j, const struct journal_place *place, struct err *err)
{
	bool alone = place->alone && journal_is_this_boot(j, place);

	if (alone == j->alone)
		return 0;
	sd_journal_flush_matches(j->read);
	j->alone = alone;
	return alone ? journal_match_add_boot(j->read, j->source, j->boot, err)
		     : journal_match_add(j->read, j->source, err);
}

int journal_back_begin(struct journal *j, const struct journal_place *place, uint64_t *ret_count,
		       struct err *err)
{
	int res, at = 0;

	j->held = j->has_last = false;
	if (match_for(j, place, err) < 0)
		return -1;
	res = sd_journal_seek_cursor(j->read, place->cursor);
	if (res >= 0)
		res = sd_journal_previous(j->read);
	if (res > 0)
		at = journal_is_at(j->read, place);
	if (res < 0 || at < 0)
		return journal_failed(res < 0 ? res : at, "go back", err);
	/* The entry of a place before it is not before it. */
	*ret_count = res > 0 && !(place->before && at > 0);
	return 0;
}

int journal_back_more(struct journal *j, uint64_t max, uint64_t *ret_count, struct err *err)
{
	int res = sd_journal_previous_skip(j->read, max);

	if (res < 0)
		return journal_failed(res, "go back", err);
	*ret_count = (uint64_t)res;
	return 0;
}

static int seek_back(struct journal *j, const struct journal_place *place, uint64_t back,
		     struct err *err)
{
	uint64_t count, more = 1;

	if (journal_back_begin(j, place, &count, err) < 0)
		return -1;
	while (count < back && more > 0) {
		uint64_t left = back - count;

		if (journal_back_more(j, left < 1000 ? left : 1000, &more, err) < 0)
			return -1;
		count += more;
	}
	if (count < back)
		return err_set(err, ERR_RETRY, 0, "journal: entries were deleted just now");
	j->held = true;
	return 0;
}

int journal_seek(struct journal *j, const struct journal_place *place, uint64_t back,
		 struct err *err)
{
	int res, at = 0;

	if (back > 0)
		return seek_back(j, place, back, err);
	if (match_for(j, place, err) < 0)
		return -1;
	res = sd_journal_seek_cursor(j->read, place->cursor);
	if (res >= 0)
		res = sd_journal_next(j->read);
	if (res > 0)
		at = journal_is_at(j->read, place);
	if (res < 0 || at < 0)
		return journal_failed(res < 0 ? res : at, "seek", err);
	/* With nothing there yet, sd-journal keeps the place and looks again. */
	j->held = res > 0 && (place->before || at == 0);
	if (place != &j->last)
		j->last = *place;
	j->last.alone = j->alone;
	j->has_last = true;
	return 0;
}

const struct journal_place *journal_last(const struct journal *j)
{
	return j->has_last ? &j->last : NULL;
}

void journal_advance(struct journal *j, const struct journal_place *place)
{
	j->last = *place;
	j->has_last = true;
}

/* 1: `read` stands at the next matching entry; 0: there is none yet. */
static int step(struct journal *j, struct err *err)
{
	int res;

	if (j->held) {
		j->held = false;
		return 1;
	}
	res = sd_journal_next(j->read);
	if (res == 0) {
		/* Files that it has not heard of yet may hold more. */
		j->changed = sd_journal_process(j->read) == SD_JOURNAL_INVALIDATE || j->changed;
		res = sd_journal_next(j->read);
	}
	return res < 0 ? journal_failed(res, "next", err) : res;
}

/* Was it written so lately that it may have come while `next` was looking? */
static bool is_young(sd_journal *handle)
{
	struct timespec now;
	uint64_t us;

	must(clock_gettime(CLOCK_REALTIME, &now) == 0);
	return sd_journal_get_realtime_usec(handle, &us) >= 0 &&
	       (int64_t)us > now.tv_sec * INT64_C(1000000) - YOUNG_US;
}

/* With several matches `next` looks at one after another: it may find an entry by the second that
 * came after one it did not find, a moment before, by the first. Looking once more finds both. */
static int step_surely(struct journal *j, struct err *err)
{
	int res = step(j, err);

	if (res <= 0 || !j->has_last || !is_young(j->read))
		return res;
	if (journal_seek(j, &j->last, 0, err) < 0)
		return -1;
	return step(j, err);
}

static struct journal_field *add_text(struct journal_field *field, const char *name,
				      const char *value)
{
	*field = (struct journal_field){bytes_str(name), bytes_str(value)};
	return field + 1;
}

static int take_entry(struct journal *j, const struct journal_place *place, struct arena *arena,
		      struct record *ret, struct err *err)
{
	struct journal_field *fields =
		arena_alloc(arena, (FIELDS_MAX + EXTRA_FIELDS) * sizeof(*fields));
	struct journal_field *end = fields;
	uint64_t realtime, monotonic;
	sd_id128_t boot; /* without it only this boot's entries have the time */
	const void *data;
	size_t len;
	int res = sd_journal_get_realtime_usec(j->read, &realtime);

	if (res >= 0)
		res = sd_journal_get_monotonic_usec(j->read, &monotonic, &boot);
	if (res < 0)
		return journal_failed(res, "time of an entry", err);
	end = add_text(end, "__CURSOR", place->cursor);
	end = add_text(end, "__REALTIME_TIMESTAMP", arena_printf(arena, "%" PRIu64, realtime));
	end = add_text(end, "__MONOTONIC_TIMESTAMP", arena_printf(arena, "%" PRIu64, monotonic));
	sd_journal_restart_data(j->read);
	while ((res = sd_journal_enumerate_available_data(j->read, &data, &len)) > 0) {
		const char *sign = memchr(data, '=', len);
		size_t name_len, value_len;

		if (!sign || end == fields + FIELDS_MAX + EXTRA_FIELDS)
			continue; /* journald writes neither */
		name_len = (size_t)(sign - (const char *)data);
		value_len = len - name_len - 1;
		end->name = arena_copy(arena, bytes_of(data, name_len));
		/* The next call may take the data away. */
		end->value = value_len > JOURNAL_FIELD_BYTES_MAX
				     ? BYTES_NULL
				     : arena_copy(arena, bytes_of(sign + 1, value_len));
		end++;
	}
	if (res < 0)
		return journal_failed(res, "fields of an entry", err);
	journal_record_make(fields, (size_t)(end - fields), (int64_t)realtime, arena, ret);
	return 0;
}

/* Into another boot, ordered by nothing but the wall clock: was it set back meanwhile? */
static int check_order(struct journal *j, const struct journal_place *place, bool *ret_hole,
		       struct err *err)
{
	const char *boot = journal_cursor_boot(place->cursor);

	char entering[JOURNAL_BOOT_MAX] = "";

	*ret_hole = false;
	if (!j->has_last || !journal_cursor_is_unordered(j->last.cursor, place->cursor) ||
	    strncmp(j->entered, boot, JOURNAL_BOOT_MAX - 1) == 0)
		return 0;
	memcpy(entering, boot, JOURNAL_BOOT_MAX - 1);
	if (journal_has_before(j, &j->last, entering, ret_hole, err) < 0)
		return -1;
	if (!*ret_hole) /* a hole is one until the reading goes on elsewhere */
		memcpy(j->entered, entering, sizeof(j->entered));
	return 0;
}

int journal_next(struct journal *j, struct arena *arena, enum journal_found *ret_found,
		 struct record *ret, struct err *err)
{
	struct journal_place place;
	bool whole = true, hole;
	int res = step_surely(j, err);

	if (res < 0)
		return -1;
	if (j->changed && j->has_last) {
		if (journal_check(j, &j->last, &whole, err) < 0) {
			j->held = res > 0; /* it is looked at again */
			return -1;
		}
		j->changed = false;
	}
	j->overtaken = false;
	*ret_found = !whole ? JOURNAL_HOLE : res > 0 ? JOURNAL_ENTRY : JOURNAL_END;
	if (*ret_found != JOURNAL_ENTRY)
		return 0;
	j->held = true; /* until all of it is read */
	if (journal_place_here(j->read, false, &place, err) < 0 ||
	    check_order(j, &place, &hole, err) < 0 || take_entry(j, &place, arena, ret, err) < 0)
		return -1;
	place.alone = j->alone;
	if (hole) {
		j->overtaken = true;
		*ret_found = JOURNAL_HOLE;
		return 0;
	}
	j->held = false;
	j->last = place;
	j->has_last = true;
	return 0;
}

bool journal_was_overtaken(const struct journal *j)
{
	return j->overtaken;
}

void journal_wait(struct journal *j, int timeout_ms)
{
	must(timeout_ms >= 0);
	j->changed =
		sd_journal_wait(j->read, (uint64_t)timeout_ms * 1000) == SD_JOURNAL_INVALIDATE ||
		j->changed;
}
