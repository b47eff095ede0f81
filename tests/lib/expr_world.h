/* expr_world: the real expression engine, a record, and expressions run on a value. */
#ifndef ONCED_TESTS_EXPR_WORLD_H
#define ONCED_TESTS_EXPR_WORLD_H

#include "io/expr_jq.h"

struct expr_world {
	struct expr_engine *engine;
	struct arena *arena;
	struct record record; /* may be changed between runs */
	struct source source;
	int64_t tick_ms; /* before the open: time is a clock that goes on so far a look; 0 = CPU */
	pthread_t watcher;
	_Atomic bool watching;
};

/* run_bytes_max: 0 = the engine's default. The text of a result is limited to 100,000 bytes. */
void expr_world_open(struct expr_world *world, int64_t run_ms_max, int64_t run_bytes_max);
void expr_world_close(struct expr_world *world);

/* A thread that looks after runaways, with tick_ms as fast as it can: no test waits. */
void expr_world_watch(struct expr_world *world);
void expr_world_unwatch(struct expr_world *world);

/* Compiles; the test fails if that does. */
struct expr *expr_world_compile(struct expr_world *world, const char *text);

/* Runs it on the JSON value. The results as one line of canonical JSON, "; " between them (line may
 * be NULL). The engine's error, or -1 for a result that cannot be written. */
int expr_world_run(struct expr_world *world, const struct expr *expr, const char *value, char *line,
		   size_t size, struct err *err);

/* Both; and fails the test if the engine holds memory for values afterwards. */
int expr_world_try(struct expr_world *world, const char *text, const char *value, char *line,
		   size_t size, struct err *err);

#endif
