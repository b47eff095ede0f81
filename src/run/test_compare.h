/*
 * test_compare: what came out of a test against what it expects, as a text for people: one
 * paragraph per topic and record that differs. JSON is compared by value.
 *
 * Thread: the engine's. Blocks: no.
 */
#ifndef ONCED_RUN_TEST_COMPARE_H
#define ONCED_RUN_TEST_COMPARE_H

#include <stdio.h>

#include "run/test_run.h"

/* Writes the differences; true: there are none. */
bool test_compare(struct expr_engine *engine, const struct pipeline *pipeline,
		  const struct pipeline_test *test, const struct test_outputs *outputs,
		  struct arena *arena, FILE *out);

/* Runs the test, too. Writes the differences, or why it stopped; true: there are none. */
bool test_passes(struct expr_engine *engine, const struct pipeline *pipeline,
		 const struct pipeline_test *test, FILE *out);

#endif
