/*
 * verify_model: the pipeline as it is meant: core/steps over every record of the input in the order
 * of offsets per partition, with everything ever marked known to dedup. No transaction, no crash,
 * no store: what it yields is what must have come out. Memory: verify_seen's and verify_sort's.
 *
 * The input is read once, or twice (verify_model_reads): begin, all records, end, for each reading.
 *
 * Thread: main.
 */
#ifndef ONCED_CLI_VERIFY_MODEL_H
#define ONCED_CLI_VERIFY_MODEL_H

#include "cli/verify_item.h"
#include "cli/verify_parts.h"
#include "cli/verify_seen.h"
#include "cli/verify_sort.h"
#include "core/recover.h"
#include "core/steps.h"
#include "core/window.h"

struct verify_counts {
	uint64_t in, out, duplicates, filtered, dead_letters, dropped, unrouted;
	uint64_t stops; /* records below C that stop the present definition */
};

struct verify_model_conf {
	const struct pipeline *pipeline; /* all borrowed */
	struct expr_engine *engine;
	struct verify_parts *parts;
	const uint8_t *key;
	struct verify_sort *expected; /* what must come out goes there */
	size_t memory_bytes;          /* for what dedup knows */
	const char *dir;              /* for temporary files */
	bool sorted;                  /* see verify_seen.h */
};

/* Of an input partition, while it is read. */
struct verify_model_part {
	struct window window;
	struct window at_c; /* before the first record at or above c */
	bool is_past_c;
	bool has_first;
	struct gap before; /* of a partition whose beginning is deleted: see gap_is_hit */
	uint64_t h_marked; /* at the end of the first of two readings */
};

struct verify_model {
	struct verify_model_conf conf;
	struct arena *arena; /* owned */
	struct steps steps;
	struct verify_seen seen;
	struct verify_model_part *parts; /* owned */
	size_t part;                     /* of the record in hand */
	struct entry now;
	struct verify_counts counts;
};

/* STOP (78): an expression does not compile. */
int verify_model_init(struct verify_model *model, const struct verify_model_conf *conf,
		      struct err *err) CHECKED;
void verify_model_fini(struct verify_model *model);

/* How often the input has to be read: 1 or 2. */
int verify_model_reads(const struct verify_model *model);

/* A kafka_topic_fn: the next record of its partition. STOP: the expression ran away, or the
 * temporary files. ABORT: begin again; with `sorted` if seen.is_full says so. */
int verify_model_record(void *model, const struct source *source, const struct record *record,
			struct err *err);

/* After each reading. Errors as above. */
int verify_model_end_reading(struct verify_model *model, struct err *err) CHECKED;

/* At the end: a partition whose log is not the one that was processed (the topic was made anew,
 * records were deleted in between) is not judged, and gets a note. */
void verify_model_check_log(struct verify_model *model, struct verify_notes *notes);

#endif
