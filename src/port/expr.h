/*
 * expr: what the core asks of the expression engine (io/expr_jq.c in the daemon, a tiny fake in
 * the simulation). An expression is a pure function of the record: no clock, zone, environment,
 * input or I/O is reachable from it.
 *
 * One engine belongs to one worker thread and holds that worker's compiled expressions. Values
 * are the engine's own (a parsed JSON document); the core only hands them around.
 *
 * Errors by kind: DATA, the record is to blame (malformed JSON, a number the engine cannot hold
 * exactly, an expression error, too many results); STOP, an expression took more CPU time than the
 * engine's limit (never a verdict about data) or the engine itself failed.
 */
#ifndef ONCED_PORT_EXPR_H
#define ONCED_PORT_EXPR_H

#include "base/arena.h"
#include "base/err.h"
#include "core/record.h"

enum value_format {
	FORMAT_JSON,  /* strict RFC 8259 before the engine sees it */
	FORMAT_TEXT,  /* `.` is a JSON string; the bytes must be UTF-8 */
	FORMAT_BYTES, /* `.` is null: only the variables can be looked at; map is refused by check
		       */
};

#define EXPR_RESULTS_MAX 10000

struct expr;       /* one compiled expression; owned by its engine, freed with it */
struct expr_value; /* one value; owned by whoever got it, see value_free */

/* What $key $headers $topic $partition $offset $timestamp stand for. Borrowed for the call. A
 * $key that is not UTF-8 is a DATA error, but only in an expression that names $key. */
struct expr_vars {
	const struct record *record; /* the record as it stands at this step */
	const struct source *source;
};

struct expr_engine;

struct expr_ops {
	/* Compiles text; *ret is owned by the engine. Called at start-up and by `check` only (20 ms
	 * a piece). where ("payments.yaml:12:9: steps[1].map") prefixes the message. Error: STOP
	 * with EXIT_CONFIG. */
	int (*compile)(struct expr_engine *engine, const char *where, const char *text,
		       struct expr **ret, struct err *err);

	/* bytes -> value, strictly. null bytes (a tombstone) give the value null. The caller owns
	 * *ret. */
	int (*parse)(struct expr_engine *engine, enum value_format format, struct bytes bytes,
		     struct expr_value **ret, struct err *err);

	/* Runs expr on a value (borrowed). Up to EXPR_RESULTS_MAX results; *ret_values is an array
	 * in the arena, each value in it owned by the caller. On an error no value is left behind.
	 */
	int (*run)(struct expr_engine *engine, const struct expr *expr,
		   const struct expr_vars *vars, const struct expr_value *input,
		   struct arena *arena, struct expr_value ***ret_values, size_t *ret_count,
		   struct err *err);

	bool (*is_null)(const struct expr_value *value);
	bool (*is_true)(const struct expr_value *value); /* jq's truth: not null, not false */

	/* The value as the bytes of a record: a string gives its bytes when `raw` (keys, headers,
	 * values of format text), else JSON text, compact, keys in the engine's order. null gives
	 * null bytes when `raw`. In the arena. DATA when the text would exceed the engine's limit.
	 */
	int (*text)(struct expr_engine *engine, const struct expr_value *value, bool raw,
		    struct arena *arena, struct bytes *ret, struct err *err);

	/* The value's identity: type and canonical JSON (keys sorted by bytes, numbers by value),
	 * so that "1" is not 1 and 1.0 is 1. In the arena. */
	int (*canonical)(struct expr_engine *engine, const struct expr_value *value,
			 struct arena *arena, struct bytes *ret, struct err *err);

	void (*value_free)(struct expr_engine *engine, struct expr_value *value); /* NULL is fine */
	void (*close)(struct expr_engine *engine); /* frees it and all it compiled; NULL is fine */
};

struct expr_engine {
	const struct expr_ops *ops;
};

#endif
