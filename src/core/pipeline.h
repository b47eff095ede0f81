/*
 * pipeline: what a pipeline file means, as plain data. Built and checked by config/, immutable
 * from then on, shared read-only by all workers. Owned by the configuration it came from.
 */
#ifndef ONCED_CORE_PIPELINE_H
#define ONCED_CORE_PIPELINE_H

#include "port/expr.h"

#define STEPS_MAX 64
#define TARGETS_MAX 64
#define TOPICS_MAX 64
#define NAME_MAX_BYTES 64 /* pipeline, instance, group: letters, digits, `_`, `-` (dots) */

enum step_kind {
	STEP_FILTER, /* keeps a record whose one result is true */
	STEP_MAP,    /* 0..EXPR_RESULTS_MAX new values */
	STEP_DEDUP,  /* drops what was seen; marks all that reaches it */
	STEP_KEY,    /* sets the key */
	STEP_HEADERS,
};

struct header_set {
	const char *name;
	const char *text; /* expression; its string result is the value, null is a null value */
	int slot;         /* index into the worker's compiled expressions */
};

struct step {
	enum step_kind kind;
	const char *where; /* "file:line:column: steps[2].dedup", for messages */
	const char
		*text; /* filter, map, key: the expression; dedup: the id, NULL = the key's bytes */
	int slot;      /* index into the worker's compiled expressions; -1 = none */
	/* dedup */
	int64_t within_ms;
	bool missing_pass; /* a null id passes unmarked; else it is a DATA error */
	/* headers */
	const struct header_set *set;
	size_t set_count;
	const char *const *remove;
	size_t remove_count;
};

struct target {
	const char *topic;
	const char *where;
	const char *when; /* expression, NULL = always */
	int slot;         /* of `when`; -1 = none */
	bool otherwise;   /* taken where no `when` held */
};

enum errors_policy { ERRORS_STOP, ERRORS_DROP, ERRORS_TO };
enum gap_policy { GAP_STOP, GAP_ACCEPT };
enum start_kind { START_EARLIEST, START_LATEST, START_TIME };

/* The one source partition that a journal is, as events and lineage name it: no topic of Kafka can
 * have this name. */
#define JOURNAL_TOPIC "@journal"

struct journal_match {
	const char *field;
	const char *const *values; /* one of them must hold */
	size_t value_count;
};

/* Which entries of the host's journal: of one of the units (none = of any), and every match. */
struct journal_source {
	const char *const *units;
	size_t unit_count;
	const struct journal_match *matches;
	size_t match_count;
};

struct pipeline {
	const char *name;
	const char *file;
	int workers;

	/* from: */
	const char *const *topics;
	size_t topic_count;
	const struct journal_source *journal; /* NULL = topics; else topics is JOURNAL_TOPIC */
	const char *group;
	enum start_kind start;
	int64_t start_ms; /* START_TIME */
	enum value_format format;
	bool adopt;
	enum gap_policy on_gap;

	const struct step *steps;
	size_t step_count;
	int dedup_index; /* index of the one stateful step, -1 = none */
	/* SipHash of the prefix: text of the steps up to dedup with it (id, within, missing),
	 * format, engine revision. */
	uint64_t prefix_hash;

	const struct target *targets;
	size_t target_count;

	enum errors_policy errors;
	const char *errors_topic; /* ERRORS_TO */

	int64_t commit_every_ms;
	int64_t commit_records;
	int64_t commit_bytes;

	bool lineage;

	/* Every expression of the pipeline; slot = index. `where` names the place in the file. */
	const struct expr_source {
		const char *where;
		const char *text;
	} * exprs;
	size_t expr_count;
};

static inline int64_t pipeline_window_ms(const struct pipeline *pipeline)
{
	return pipeline->dedup_index < 0 ? 0 : pipeline->steps[pipeline->dedup_index].within_ms;
}

#endif
