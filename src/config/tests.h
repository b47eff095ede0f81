/*
 * tests: the `tests:` of a pipeline as data, for `onced test`.
 *
 * Thread: main. Blocks: no.
 */
#ifndef ONCED_CONFIG_TESTS_H
#define ONCED_CONFIG_TESTS_H

#include "config/section.h"

/* The time of a test's first record unless it says so: 2026-01-01T00:00:00Z. */
#define TESTS_FIRST_MS INT64_C(1767225600000)

struct test_record {
	const char *where; /* "file:line:column: tests[0].input[1]" */
	const char *topic; /* input: one of the pipeline's own pointers */
	int32_t partition; /* input */
	struct record record;
	/* output: only what is there is compared */
	bool has_key, has_value, has_headers;
	bool value_is_json; /* compared by value, not by bytes */
};

struct test_output {
	const char *topic;
	const struct test_record *records;
	size_t record_count;
};

struct pipeline_test {
	const char *name;
	const char *where;
	const struct test_record *input;
	size_t input_count;
	const struct test_output *outputs;
	size_t output_count;
};

/* Reads `tests:`; the rest of the pipeline must be there already. */
void tests_read(struct build *build, const struct section *root, struct pipeline_config *ret);

#endif
