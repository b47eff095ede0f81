/* journal_ends: the half of journal_reader.h that asks what the journal holds at all. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <systemd/sd-id128.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/must.h"
#include "io/journal_handle.h"
#include "io/journal_match.h"

#define SETTLED_US (INT64_C(2) * 1000000)

int journal_failed(int res, const char *what, struct err *err)
{
	if (res == -EACCES || res == -EPERM)
		return err_set(err, ERR_STOP, EXIT_PERMISSION, "journal: %s: %s", what,
			       strerror(-res));
	return err_set(err, ERR_RETRY, -res, "journal: %s: %s", what, strerror(-res));
}

int journal_place_here(sd_journal *handle, bool before, struct journal_place *ret, struct err *err)
{
	CLEANUP(free) char *cursor = NULL;
	int res = sd_journal_get_cursor(handle, &cursor);

	if (res < 0)
		return journal_failed(res, "cursor", err);
	if (!journal_place_set(ret, before, cursor))
		return err_set(err, ERR_STOP, EXIT_INTERNAL,
			       "journal: a cursor of a form that onced does not know");
	return 0;
}

static int empty(struct err *err)
{
	return err_set(err, ERR_RETRY, 0, "journal: there is no entry yet (is journald running?)");
}

/* Hears of files first. */
static void refresh(struct journal *j)
{
	(void)sd_journal_process(j->all); /* fails as every later call will */
}

int journal_head(struct journal *j, struct journal_place *ret, struct err *err)
{
	int res;

	refresh(j);
	res = sd_journal_seek_head(j->all);
	if (res >= 0)
		res = sd_journal_next(j->all);
	if (res < 0)
		return journal_failed(res, "head", err);
	return res == 0 ? empty(err) : journal_place_here(j->all, true, ret, err);
}

/* 1: `all` stands at the newest entry, or at the newest of this boot; 0: there is none. The matches
 * are flushed by the caller, and the handle's place with them. */
static int go_to_tail(struct journal *j, bool alone, struct err *err)
{
	int res;

	refresh(j);
	if (alone && journal_match_add_boot(j->all, NULL, j->boot, err) < 0)
		return -1;
	res = sd_journal_seek_tail(j->all);
	if (res >= 0)
		res = sd_journal_previous(j->all);
	return res < 0 ? journal_failed(res, "tail", err) : res;
}

bool journal_is_this_boot(const struct journal *j, const struct journal_place *place)
{
	return memcmp(journal_cursor_boot(place->cursor), j->boot, JOURNAL_BOOT_MAX - 1) == 0;
}

int journal_tail(struct journal *j, struct journal_place *ret, struct err *err)
{
	int res = go_to_tail(j, false, err);

	if (res == 0)
		return empty(err);
	if (res < 0 || journal_place_here(j->all, false, ret, err) < 0)
		return -1;
	if (journal_is_this_boot(j, ret))
		return 0;
	/* Either nothing was written in this boot, or what was sorts before an older one. */
	res = go_to_tail(j, true, err);
	if (res > 0) {
		res = journal_place_here(j->all, false, ret, err);
		ret->alone = true;
	}
	sd_journal_flush_matches(j->all);
	return res < 0 ? -1 : 0;
}

/* Was the entry that the handle stands at written a while ago, by the clock that nobody sets? */
static bool is_settled(const struct journal *j, sd_journal *handle)
{
	char text[SD_ID128_STRING_MAX];
	struct timespec now;
	sd_id128_t boot;
	uint64_t us;

	must(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
	return sd_journal_get_monotonic_usec(handle, &us, &boot) >= 0 &&
	       strcmp(sd_id128_to_string(boot, text), j->boot) == 0 &&
	       (int64_t)us < now.tv_sec * INT64_C(1000000) - SETTLED_US;
}

/* The newest entry may be in the files' common list while the lists of its fields, which matches
 * go by, do not have it yet. journald writes one after another: the one before is complete. */
int journal_settled_tail(struct journal *j, bool *ret_is, struct journal_place *ret,
			 struct err *err)
{
	int res = go_to_tail(j, j->alone, err);

	if (res == 1 && !is_settled(j, j->all)) {
		res = sd_journal_previous(j->all);
		if (res < 0)
			(void)journal_failed(res, "tail", err);
	}
	*ret_is = res == 1;
	if (res == 1)
		res = journal_place_here(j->all, false, ret, err);
	ret->alone = j->alone;
	sd_journal_flush_matches(j->all);
	return res < 0 ? -1 : 0;
}

int journal_at_time(struct journal *j, int64_t ms, struct journal_place *ret, struct err *err)
{
	int res;

	refresh(j);
	res = sd_journal_seek_realtime_usec(j->all, (uint64_t)ms * 1000);
	if (res >= 0)
		res = sd_journal_next(j->all);
	if (res < 0)
		return journal_failed(res, "time", err);
	return res == 0 ? journal_tail(j, ret, err) : journal_place_here(j->all, true, ret, err);
}

int journal_is_at(sd_journal *handle, const struct journal_place *place)
{
	return sd_journal_test_cursor(handle, journal_cursor_identity(place->cursor));
}

int journal_check(struct journal *j, const struct journal_place *place, bool *ret_whole,
		  struct err *err)
{
	struct journal_place found;
	int res;

	refresh(j);
	res = sd_journal_seek_cursor(j->all, place->cursor);
	if (res >= 0)
		res = sd_journal_next(j->all);
	if (res < 0)
		return journal_failed(res, "look for a cursor", err);
	if (res == 0) {
		*ret_whole = false;
		return 0;
	}
	res = journal_is_at(j->all, place);
	if (res < 0)
		return journal_failed(res, "compare a cursor", err);
	if (res == 0 && journal_place_here(j->all, false, &found, err) < 0)
		return -1;
	/* The entry itself may be gone, if it was the last one that is. */
	*ret_whole =
		res > 0 || (!place->before && journal_cursor_follows(place->cursor, found.cursor));
	return 0;
}

int journal_has_before(struct journal *j, const struct journal_place *place, const char *boot,
		       bool *ret, struct err *err)
{
	int res;

	refresh(j);
	if (journal_match_add_boot(j->all, j->source, boot, err) < 0)
		return -1;
	res = sd_journal_seek_cursor(j->all, place->cursor);
	if (res >= 0)
		res = sd_journal_previous(j->all);
	sd_journal_flush_matches(j->all);
	if (res < 0)
		return journal_failed(res, "look before a cursor", err);
	*ret = res > 0;
	return 0;
}

int journal_tail_overtakes(struct journal *j, const struct journal_place *place,
			   const struct journal_place *tail, bool *ret, struct err *err)
{
	char boot[JOURNAL_BOOT_MAX] = "";

	*ret = false;
	if (j->alone)
		return 0;
	/* The journal ends in an earlier boot than this one: this one's entries sort before it. */
	if (!journal_is_this_boot(j, tail) && journal_has_before(j, place, j->boot, ret, err) < 0)
		return -1;
	memcpy(boot, journal_cursor_boot(tail->cursor), JOURNAL_BOOT_MAX - 1);
	if (!*ret && journal_cursor_is_unordered(place->cursor, tail->cursor) &&
	    journal_has_before(j, place, boot, ret, err) < 0)
		return -1;
	j->overtaken = *ret;
	return 0;
}

int journal_is_overtaken(struct journal *j, const struct journal_place *place, bool *ret,
			 struct err *err)
{
	struct journal_place tail;
	int res;

	*ret = false;
	if (journal_seek(j, place, 0, err) < 0)
		return -1;
	if (j->held || j->alone)
		return 0;
	res = go_to_tail(j, false, err);
	if (res <= 0)
		return res;
	if (journal_place_here(j->all, false, &tail, err) < 0)
		return -1;
	return journal_tail_overtakes(j, place, &tail, ret, err);
}
