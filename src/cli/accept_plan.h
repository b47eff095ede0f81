/*
 * accept_plan: what `offsets accept` commits for one partition, as a pure function: C as it
 * stands is the truth, everything below it counts as seen, under a new generation whose base is
 * the log's start.
 */
#ifndef ONCED_CLI_ACCEPT_PLAN_H
#define ONCED_CLI_ACCEPT_PLAN_H

#include "core/recover.h"

enum accept_kind {
	ACCEPT_C,         /* C as it is */
	ACCEPT_LOG_START, /* C lies before the log: the records between are given up */
	ACCEPT_X,         /* no C: the local state's X takes its place */
	ACCEPT_ADDED,     /* neither, as the partition is newer than the others' M: its beginning */
	ACCEPT_NOTHING,   /* neither: the first start needs no accept */
	ACCEPT_BEYOND,    /* the offset lies beyond the log's end: it cannot be right */
};

struct accept_plan {
	enum accept_kind kind;
	int64_t offset; /* not of NOTHING */
	struct meta meta;
};

/* is_added: the partition was added to a topic that was already processed. g: the new generation.
 */
void accept_plan_make(const struct recover_in *in, bool is_added, int64_t g,
		      struct accept_plan *ret);

/* The metadata of a new generation: nothing is known of T yet. */
void accept_plan_meta(const struct recover_in *in, int64_t g, int64_t base, struct meta *ret);

#endif
