/*
 * verify_model: the pipeline as it is meant: core/steps over every record of the input in the order
 * of offsets per partition, dedup with everything ever marked in memory. No transaction, no crash,
 * no store: what it yields is what must have come out.
 *
 * Thread: main.
 */
#ifndef ONCED_CLI_VERIFY_MODEL_H
#define ONCED_CLI_VERIFY_MODEL_H

#include "cli/verify_list.h"
#include "core/overlay.h"
#include "core/steps.h"
#include "core/window.h"
#include "port/broker.h"

struct verify_part {
	struct tp tp; /* topic: the pipeline's pointer */
	uint16_t topic;
	int64_t start; /* first offset of the pass */
	int64_t c;     /* outputs of records below must be there */
	int64_t end;   /* of those below may be there */
	struct window window;
};

struct verify_counts {
	uint64_t in, out, duplicates, filtered, dead_letters, dropped, unrouted;
	uint64_t stops; /* records below C that stop the present definition: it was another one */
};

struct verify_model {
	const struct pipeline *pipeline; /* borrowed, like engine and parts */
	struct expr_engine *engine;
	struct verify_part *parts;
	size_t part_count;
	struct arena *arena; /* owned */
	struct steps steps;
	struct overlay seen;
	uint32_t see_part;
	struct entry see_now;
	struct verify_list expected;
	struct verify_counts counts;
};

/* STOP (78): an expression does not compile. */
int verify_model_init(struct verify_model *model, const struct pipeline *pipeline,
		      struct expr_engine *engine, struct verify_part *parts, size_t part_count,
		      struct err *err) CHECKED;
void verify_model_fini(struct verify_model *model);

/* A kafka_topic_fn: the next record of its partition. STOP: the expression ran away. */
int verify_model_record(void *model, const struct source *source, const struct record *record,
			struct err *err);

#endif
