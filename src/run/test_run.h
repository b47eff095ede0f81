/*
 * test_run: one of a pipeline's own tests, in memory: the real steps, and dedup on the same window
 * and overlay as the daemon's, with nothing behind them.
 *
 * Thread: one. Blocks: no, but for what the expressions take.
 */
#ifndef ONCED_RUN_TEST_RUN_H
#define ONCED_RUN_TEST_RUN_H

#include "config/tests.h"
#include "core/record.h"

struct test_outputs {
	struct output *items; /* owned; what they point to is in the arena */
	size_t count, capacity;
};

/* Runs all input records; *ret holds what came out, dead letters too, in order. -1: a record
 * stopped the pipeline, or an expression does not compile; *ret then holds what came before. Free
 * with test_outputs_free either way. */
int test_run(struct expr_engine *engine, const struct pipeline *pipeline,
	     const struct pipeline_test *test, struct arena *arena, struct test_outputs *ret,
	     struct err *err) CHECKED;

void test_outputs_free(struct test_outputs *outputs);

#endif
