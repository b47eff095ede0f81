/*
 * journal_handle: what the two files of journal_reader.h share, and nobody else sees.
 *
 * Thread, blocks: see journal_reader.h.
 */
#ifndef ONCED_IO_JOURNAL_HANDLE_H
#define ONCED_IO_JOURNAL_HANDLE_H

#include <systemd/sd-journal.h>

#include "io/journal_reader.h"

struct journal {
	const struct journal_source *source; /* borrowed */
	sd_journal *read;                    /* with the matches */
	sd_journal *all;                     /* without */
	bool held;      /* `read` stands at an entry that was not given out yet */
	bool changed;   /* files came or went since the last check */
	bool has_last;  /* `last` is known */
	bool overtaken; /* why the last hole was one */
	bool alone;     /* `read` has this boot's entries only */
	struct journal_place last;
	char boot[JOURNAL_BOOT_MAX];    /* the running one */
	char entered[JOURNAL_BOOT_MAX]; /* the boot whose first entry was checked last */
};

/* -1: what sd-journal's negative answer means, RETRY or STOP (77). */
int journal_failed(int res, const char *what, struct err *err);

/* Where a handle stands. STOP: a cursor of a form that is not known. */
int journal_place_here(sd_journal *handle, bool before, struct journal_place *ret,
		       struct err *err) CHECKED;

/* Does it stand at the place's entry? As sd-journal answers: 1, 0, negative. */
int journal_is_at(sd_journal *handle, const struct journal_place *place);

/* Is the place of the running boot? */
bool journal_is_this_boot(const struct journal *journal, const struct journal_place *place);

/* Has the boot entries that sort before the place? */
int journal_has_before(struct journal *journal, const struct journal_place *place, const char *boot,
		       bool *ret, struct err *err) CHECKED;

#endif
