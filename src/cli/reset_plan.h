/*
 * reset_plan: what `offsets reset` does to one partition, as a pure function: C moves to where the
 * operator says, under a new generation, and what lies below it counts as seen or does not.
 */
#ifndef ONCED_CLI_RESET_PLAN_H
#define ONCED_CLI_RESET_PLAN_H

#include "core/recover.h"

enum reset_target { RESET_TO_OFFSET, RESET_TO_EARLIEST, RESET_TO_LATEST, RESET_TO_TIME };

struct reset_to {
	enum reset_target target;
	int64_t value; /* the offset; the time, ms */
};

/* "1234", "earliest", "latest", "2026-01-31T00:00:00Z". */
bool reset_to_parse(const char *text, struct reset_to *ret);

enum reset_state {
	RESET_UNSAID,
	RESET_REBUILD, /* all that the log holds below C was seen: base = log start */
	RESET_EMPTY,   /* nothing below C was seen: base = C */
};

struct reset_plan {
	bool has_from; /* there was a C */
	int64_t from, to;
	int64_t again;   /* offsets that are processed once more */
	int64_t skipped; /* offsets that are never processed */
	int64_t gone;    /* of those to be skipped, deleted already */
	struct meta meta;
};

/* to: resolved. False: it lies outside of the log. state: not UNSAID for a stateful pipeline. */
bool reset_plan_make(const struct recover_in *in, int64_t to, enum reset_state state, int64_t g,
		     struct reset_plan *ret);

#endif
