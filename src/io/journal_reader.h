/*
 * journal_reader: the entries of this host's system journal that a source takes, in the journal's
 * order. Two sd-journal handles: one with the source's matches, which reads, and one without, which
 * answers what the journal holds at all.
 *
 * sd-journal orders entries by journald's numbers, where files share a sequence, else by the boot's
 * own clock, and only across boots without a common sequence by the wall clock. The numbers
 * themselves are no offsets: a damaged file that journald replaces may begin another sequence.
 *
 * Only system.journal and its archives are read, one chain of files whose oldest is deleted first:
 * so an entry that is still there says that none behind it has been deleted.
 *
 * Thread: its owner's, all calls (sd-journal's rule). Blocks: on local files; journal_wait. Errors:
 * RETRY, nothing to be read yet or a call that failed; STOP 77, the journal may not be read.
 */
#ifndef ONCED_IO_JOURNAL_READER_H
#define ONCED_IO_JOURNAL_READER_H

#include "base/arena.h"
#include "base/err.h"
#include "core/pipeline.h"
#include "core/record.h"
#include "io/journal_place.h"

struct journal;

/* source is borrowed. */
int journal_open(const struct journal_source *source, struct journal **ret,
		 struct err *err) CHECKED;
void journal_close(struct journal *journal); /* NULL is fine */

/* --- places; the matches do not count --- */

/* Before the oldest entry; behind the newest, alone if that is of this boot and the journal ends
 * in another; before the first one not older than ms (behind the newest if there is none). */
int journal_head(struct journal *journal, struct journal_place *ret, struct err *err) CHECKED;
int journal_tail(struct journal *journal, struct journal_place *ret, struct err *err) CHECKED;
int journal_at_time(struct journal *journal, int64_t ms, struct journal_place *ret,
		    struct err *err) CHECKED;

/* Behind the newest entry (of this boot, while reading is alone), or the one before if that one
 * may still be being written; false = there is none. */
int journal_settled_tail(struct journal *journal, bool *ret_is, struct journal_place *ret,
			 struct err *err) CHECKED;

/* Is all there that came behind the place? *ret_whole false: what lay there was deleted. */
int journal_check(struct journal *journal, const struct journal_place *place, bool *ret_whole,
		  struct err *err) CHECKED;

/* The end of the journal was reached at the place, and the newest entry is `tail`: are there
 * entries of a later boot that sort before the place? The wall clock was set back. */
int journal_tail_overtakes(struct journal *journal, const struct journal_place *place,
			   const struct journal_place *tail, bool *ret, struct err *err) CHECKED;
/* The same, found out for a place: true only if no matching entry sorts behind it. Moves the
 * reading there. */
int journal_is_overtaken(struct journal *journal, const struct journal_place *place, bool *ret,
			 struct err *err) CHECKED;

/* --- reading --- */

/* Counts matching entries backwards from the place, in pieces: begin, then more until it gives
 * fewer than were asked for. */
int journal_back_begin(struct journal *journal, const struct journal_place *place,
		       uint64_t *ret_count, struct err *err) CHECKED;
int journal_back_more(struct journal *journal, uint64_t max, uint64_t *ret_count,
		      struct err *err) CHECKED;

/* The next entry read is the one `back` matching entries before the place. RETRY: there are not so
 * many. */
int journal_seek(struct journal *journal, const struct journal_place *place, uint64_t back,
		 struct err *err) CHECKED;

/* What was read last, or where a seek without `back` went to; NULL = not known. */
const struct journal_place *journal_last(const struct journal *journal);
/* The end was reached, and `place` lies behind it: reading is as far as that. */
void journal_advance(struct journal *journal, const struct journal_place *place);

enum journal_found { JOURNAL_ENTRY, JOURNAL_END, JOURNAL_HOLE };

/* The next matching entry, in the arena; its place is journal_last. HOLE: entries were deleted, or
 * overtaken, before they were read. */
int journal_next(struct journal *journal, struct arena *arena, enum journal_found *ret_found,
		 struct record *ret, struct err *err) CHECKED;

/* Was the last HOLE one of order: entries that sort before what was read? */
bool journal_was_overtaken(const struct journal *journal);

/* Until something is written, or the timeout. */
void journal_wait(struct journal *journal, int timeout_ms);

#endif
