/*
 * run_set: the pipelines that run, and the swap from one set of definitions to the next:
 *
 *   run_set_swap    those that are removed, changed or to begin anew drain to a batch boundary
 *   run_set_tick    ... and when the last of them has let go of its state and its place in the
 *                   group, all new ones start at once; the others never notice
 *
 * So at no moment do an old and a new definition work on the same group or state, and `memory:`
 * holds. A pipeline that was parked begins anew in any case: its operator has asked for that.
 *
 * Thread: main. Blocks: as pipeline_run does.
 */
#ifndef ONCED_RUN_RUN_SET_H
#define ONCED_RUN_RUN_SET_H

#include "config/diff.h"
#include "run/pipeline_run.h"

struct run_set {
	struct clock *clock;        /* borrowed */
	struct config *config;      /* held: the definitions in force */
	struct pipeline_run **runs; /* owned */
	size_t count;
	bool stopping;
	struct config *next;       /* held during a swap, else NULL */
	struct memory_share share; /* of the pipelines that the swap starts */
};

/* Takes the hold of the configuration over, also on failure: 78 too little memory for its
 * pipelines, of which there is one at least. Starts nothing yet: the first tick does. */
int run_set_init(struct run_set *set, struct config *config, struct clock *clock,
		 struct err *err) CHECKED;
void run_set_fini(struct run_set *set); /* all runs in WAITING, PARKED or DONE */

/* What a swap to `next` would do, beyond what the diff says: *ret_anew is the reason for which also
 * unchanged pipelines must begin anew (a key of the main file, "memory"), or NULL. -1: STOP (78),
 * too little memory. */
int run_set_plan(const struct run_set *set, const struct config *next, const struct diff *diff,
		 const char **ret_anew, struct memory_share *ret_share, struct err *err) CHECKED;

/* Begins the swap; holds next. Not while one is under way or while stopping. */
void run_set_swap(struct run_set *set, struct config *next, const struct diff *diff,
		  const char *anew, const struct memory_share *share);
bool run_set_is_swapping(const struct run_set *set);

void run_set_tick(struct run_set *set, int64_t now_ms);

/* Drains all of them; a swap under way starts nothing more. */
void run_set_stop(struct run_set *set);

/* NULL if none of that name runs. */
struct pipeline_run *run_set_find(const struct run_set *set, const char *pipeline);

/* All of them ready or parked, and no swap under way. */
bool run_set_is_ready(const struct run_set *set);

/* True when nothing is left to do; *ret_code is the exit code then. */
bool run_set_is_over(const struct run_set *set, int *ret_code);

#endif
