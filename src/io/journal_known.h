/*
 * journal_known: the offsets whose places in the journal are known: C, where a first start begins,
 * what comes behind a gap, and the last ones that were delivered.
 *
 * Pure. Thread: its owner's.
 */
#ifndef ONCED_IO_JOURNAL_KNOWN_H
#define ONCED_IO_JOURNAL_KNOWN_H

#include "io/journal_place.h"

/* A commit is of the last record delivered, or of the one before. */
#define JOURNAL_RECENT_MAX 4

struct journal_position {
	bool is; /* the offset is known */
	bool placed;
	int64_t offset;
	struct journal_place place;
};

struct journal_known {
	struct journal_position home;  /* C */
	struct journal_position first; /* 0, of a first start: fixed when it is first asked for */
	struct journal_position gap;   /* C + 1, where what lies behind C is gone */
	struct journal_position recent[JOURNAL_RECENT_MAX];
	size_t recent_at;
};

/* A recent one; the oldest goes. */
void journal_known_add(struct journal_known *known, int64_t offset,
		       const struct journal_place *place);
void journal_known_forget(struct journal_known *known); /* the recent ones */

/* The newest place that is known for the offset, borrowed; NULL. */
const struct journal_place *journal_known_place(const struct journal_known *known, int64_t offset);

#endif
