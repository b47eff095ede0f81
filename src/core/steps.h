/*
 * steps: one record through a pipeline: the steps, then the targets. Knows no batch, no offset
 * bookkeeping and no state: dedup asks `see`. A record's results are all or nothing.
 *
 * Steps run breadth first (every result through one step before the next step), and a dedup step
 * computes the ids of all results before it marks the first: so what is marked depends on the
 * prefix alone, and a rebuild converges.
 *
 * A tombstone (null value) passes filter, map and key untouched; dedup, headers and `when` see it
 * as null; a dedup id that is an error or null for a tombstone lets it pass unmarked.
 *
 * Thread: its worker's. Blocks: no (an expression's time is limited by the engine).
 */
#ifndef ONCED_CORE_STEPS_H
#define ONCED_CORE_STEPS_H

#include "core/pipeline.h"

/* Marks the id and says whether it had been seen. ctx is the caller's. */
typedef int (*steps_see)(void *ctx, struct bytes id, bool *ret_seen, struct err *err);

struct steps {
	const struct pipeline *pipeline; /* borrowed */
	struct expr_engine *engine;      /* borrowed */
	struct expr **exprs; /* owned array, by slot; the expressions are the engine's */
	struct arena *arena; /* borrowed: the batch's */
	steps_see see;
	void *see_ctx;
};

struct steps_result {
	const struct output *outputs; /* in the arena, in order */
	size_t output_count;
	uint32_t duplicates; /* results that dedup dropped */
	uint32_t marked;     /* results that reached dedup */
	uint32_t filtered;   /* dropped by a filter, or by a map without a result */
	uint32_t unrouted;   /* no target held */
	const char *step;    /* on error: "filter", "map", "dedup", "key", "headers", "to" */
	size_t step_index;   /* on error */
};

/* Compiles every expression of the pipeline. STOP (78) on error; nothing to clean up then. */
int steps_init(struct steps *steps, const struct pipeline *pipeline, struct expr_engine *engine,
	       struct arena *arena, steps_see see, void *see_ctx, struct err *err);
void steps_fini(struct steps *steps);

/* The whole way. Errors: DATA (this record; whatever reached dedup is marked), STOP, and what `see`
 * returns. ret->step is filled on an error too. */
int steps_run(struct steps *steps, const struct source *source, const struct record *record,
	      struct steps_result *ret, struct err *err);

/* Replay: only the prefix, up to and with dedup. No outputs. A DATA error means what it meant
 * live: the record did not reach dedup; the caller ignores it. */
int steps_replay(struct steps *steps, const struct source *source, const struct record *record,
		 struct steps_result *ret, struct err *err);

/* The dead letter of a record: key, value, headers byte for byte, plus onced.error.reason .step
 * .topic .partition .offset .timestamp. timestamp_ms: the record's own, or the present when the
 * broker refused that. All in the arena. */
void steps_dead_letter(struct steps *steps, const struct source *source,
		       const struct record *record, const struct steps_result *result,
		       const struct err *why, int64_t timestamp_ms, struct output *ret);

#endif
