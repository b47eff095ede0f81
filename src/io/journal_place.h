/*
 * journal_place: a place in the journal, as text: an entry's cursor, and whether the place is
 * before or behind that entry. In a committed offset's metadata it is one more field,
 * " c=<cursor>", with ^ for before and ! for alone in front, which core/meta leaves alone.
 *
 * Pure. Thread: any.
 */
#ifndef ONCED_IO_JOURNAL_PLACE_H
#define ONCED_IO_JOURNAL_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

/* "s=<32>;i=<16>;b=<32>;m=<16>;t=<16>;x=<16>" and a NUL. */
#define JOURNAL_CURSOR_MAX 146

/* A boot's id: 32 hex digits and a NUL. */
#define JOURNAL_BOOT_MAX 33

struct journal_place {
	bool before;
	/* What other boots have behind it came before it all the same: the wall clock was set
	 * back. While its boot is the running one, only this boot's entries are read on. */
	bool alone;
	char cursor[JOURNAL_CURSOR_MAX];
};

/* Takes sd-journal's text over; false if it is not of the form that we know. */
bool journal_place_set(struct journal_place *place, bool before, const char *cursor);

/* The field of a metadata string; false = there is none that makes sense. */
bool journal_place_read(struct bytes metadata, struct journal_place *ret);

/* The field with its blank in front and a NUL; returns its length. */
#define JOURNAL_PLACE_FIELD_MAX (JOURNAL_CURSOR_MAX + 5)
size_t journal_place_write(const struct journal_place *place, char text[JOURNAL_PLACE_FIELD_MAX]);

bool journal_place_equal(const struct journal_place *a, const struct journal_place *b);

/* The part of a cursor that tells the entry whatever file it is in: journald numbers it anew when
 * it copies it from /run to /var, but boot, times and content hash stay. Borrowed from cursor. */
const char *journal_cursor_identity(const char *cursor);

/* Do the numbers say that no entry lies between the two? */
bool journal_cursor_follows(const char *earlier, const char *later);

/* Does it sort behind the other one, by sd-journal's order? */
bool journal_cursor_is_later(const char *cursor, const char *than);

/* Of another boot, and not numbered in one sequence with it? Then only the wall clock orders them.
 */
bool journal_cursor_is_unordered(const char *a, const char *b);

/* The boot's id: 32 hex digits, not NUL-terminated. */
const char *journal_cursor_boot(const char *cursor);

#endif
