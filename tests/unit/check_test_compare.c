/*
 * test_compare: goal: `onced test` calls the same what is the same, JSON by value, and says of the
 * rest what it expected and what it got, in full. Method: outputs and expectations made by hand,
 * the real engine for JSON, and the text that a person would read.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/expr_jq.h"
#include "lib/suite.h"
#include "run/test_compare.h"

static struct expr_engine *engine;
static struct arena *arena;
static struct target targets[2];
static struct pipeline pipeline;
static struct test_record expected[4];
static struct test_output wanted[2];
static struct pipeline_test test;
static struct output items[4];
static struct test_outputs outputs;
static char text[8192];

static void open_engine(void)
{
	const struct expr_jq_conf conf = {.run_ms_max = 1000, .text_bytes_max = 1 << 20};
	struct err err;

	ck_assert_msg(expr_jq_open(&conf, &engine, &err) == 0, "%s", err.msg);
}

static void close_engine(void)
{
	engine->ops->close(engine);
}

static void setup(void)
{
	arena = arena_new(0);
	targets[0] = (struct target){.topic = "clean", .slot = -1};
	targets[1] = (struct target){.topic = "big", .slot = -1};
	pipeline = (struct pipeline){.targets = targets,
				     .target_count = 2,
				     .dedup_index = -1,
				     .errors = ERRORS_TO,
				     .errors_topic = "dead"};
	memset(expected, 0, sizeof(expected));
	memset(wanted, 0, sizeof(wanted));
	wanted[0] = (struct test_output){.topic = "clean", .records = expected};
	test = (struct pipeline_test){.name = "a test", .outputs = wanted, .output_count = 1};
	outputs = (struct test_outputs){.items = items};
}

static void teardown(void)
{
	arena_free(arena);
}

static struct test_record *expect(const char *key, const char *json)
{
	struct test_record *record = &expected[wanted[0].record_count++];

	if (key) {
		record->has_key = true;
		record->record.key = bytes_str(key);
	}
	record->has_value = record->value_is_json = true;
	record->record.value = bytes_str(json);
	return record;
}

static struct record *came(const char *topic, const char *key, const char *value)
{
	struct output *output = &items[outputs.count++];

	*output = (struct output){topic, {.key = bytes_str(key), .value = bytes_str(value)}};
	return &output->record;
}

static bool same(void)
{
	FILE *out = fmemopen(text, sizeof(text), "w");
	bool result;

	ck_assert_ptr_nonnull(out);
	text[0] = '\0';
	result = test_compare(engine, &pipeline, &test, &outputs, arena, out);
	(void)fclose(out);
	ck_assert_msg(result == (text[0] == '\0'), "%s", text);
	return result;
}

static void differs(const char *words)
{
	ck_assert(!same());
	ck_assert_msg(strstr(text, words), "no \"%s\" in:\n%s", words, text);
}

START_TEST(nothing_expected_and_nothing_came)
{
	test.output_count = 0;
	ck_assert(same());
}
END_TEST

START_TEST(json_is_compared_by_value)
{
	expect("k", "{\"a\": 1.0, \"b\": [true, null]}");
	came("clean", "k", "{\"b\":[true,null],\"a\":1}");
	ck_assert(same());
	items[0].record.value = bytes_str("{\"b\":[true,null],\"a\":\"1\"}");
	differs("clean[0]: value");
	ck_assert_ptr_nonnull(strstr(text, "\"a\":\"1\""));
}
END_TEST

START_TEST(text_is_compared_by_bytes)
{
	struct test_record *record = expect(NULL, "{\"a\": 1}");

	record->value_is_json = false;
	came("clean", "k", "{\"a\":1}");
	differs("expected {\"a\": 1}");
	differs("got      {\"a\":1}");
}
END_TEST

START_TEST(what_the_test_does_not_name_is_not_compared)
{
	struct test_record *record = expect(NULL, "1");

	record->has_value = false;
	came("clean", "whatever", "2");
	ck_assert(same());
}
END_TEST

START_TEST(null_and_empty_are_told_apart)
{
	struct test_record *record = expect("", "1");

	came("clean", "", "1");
	ck_assert(same());
	items[0].record.key = BYTES_NULL;
	differs("expected (empty)");
	differs("got      (null)");
	record->record.key = BYTES_NULL;
	ck_assert(same());
	items[0].record.value = BYTES_NULL; /* a tombstone */
	differs("got      (null)");
}
END_TEST

START_TEST(a_record_too_few_or_too_many_is_counted_and_shown)
{
	expect("k", "1");
	differs("clean: expected 1 record, got 0");
	came("clean", "k", "1");
	ck_assert(same());
	came("clean", "k2", "\"surplus\"");
	differs("clean: expected 1 record, got 2");
	differs("the first too many: key k2, value \"surplus\"");
}
END_TEST

START_TEST(a_target_that_the_test_does_not_name_must_stay_empty)
{
	came("big", "k", "1");
	test.output_count = 0;
	differs("big: expected 0 records, got 1");
}
END_TEST

START_TEST(a_dead_letter_must_be_expected_too)
{
	came("dead", "k", "x");
	differs("dead: expected 0 records, got 1");
	pipeline.errors = ERRORS_DROP; /* then it is nobody's topic */
	ck_assert(same());
}
END_TEST

START_TEST(two_targets_with_one_topic_are_compared_once)
{
	targets[1].topic = "clean";
	expect("k", "1");
	expect("k", "1");
	came("clean", "k", "1");
	differs("clean: expected 2 records, got 1");
	ck_assert_ptr_null(strstr(strstr(text, "got 1") + 1, "got 1"));
	came("clean", "k", "1");
	ck_assert(same());
}
END_TEST

START_TEST(headers_are_compared_where_the_test_names_them)
{
	const struct header names[] = {{bytes_str("source"), bytes_str("in")}};
	const struct header got[] = {{bytes_str("source"), bytes_str("in")},
				     {bytes_str("onced.source"), bytes_str("in/0/1/0")},
				     {bytes_str("trace"), bytes_str("t")}};
	struct test_record *record = expect("k", "1");
	struct record *one = came("clean", "k", "1");

	one->headers = got;
	one->header_count = 3;
	ck_assert(same()); /* the test says nothing of headers */
	record->has_headers = true;
	record->record.headers = names;
	record->record.header_count = 1;
	differs("clean[0]: header trace");
	ck_assert_ptr_null(strstr(text, "onced.source"));
	one->header_count = 2;
	ck_assert(same());
	one->header_count = 0;
	differs("got      (no such header)");
}
END_TEST

START_TEST(what_cannot_be_printed_is_escaped_and_what_is_long_is_cut)
{
	char large[5000];
	struct test_record *record = expect("k", "1");

	record->has_value = false;
	came("clean", "k\n\x7f", "1");
	differs("got      k\\x0a\\x7f\n");
	memset(large, 'x', sizeof(large));
	items[0].record.key = bytes_of(large, sizeof(large));
	differs("... (5000 bytes)");
	ck_assert_uint_lt(strlen(text), 3000);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("test_compare");

	tcase_add_unchecked_fixture(tcase, open_engine, close_engine);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, nothing_expected_and_nothing_came);
	tcase_add_test(tcase, json_is_compared_by_value);
	tcase_add_test(tcase, text_is_compared_by_bytes);
	tcase_add_test(tcase, what_the_test_does_not_name_is_not_compared);
	tcase_add_test(tcase, null_and_empty_are_told_apart);
	tcase_add_test(tcase, a_record_too_few_or_too_many_is_counted_and_shown);
	tcase_add_test(tcase, a_target_that_the_test_does_not_name_must_stay_empty);
	tcase_add_test(tcase, a_dead_letter_must_be_expected_too);
	tcase_add_test(tcase, two_targets_with_one_topic_are_compared_once);
	tcase_add_test(tcase, headers_are_compared_where_the_test_names_them);
	tcase_add_test(tcase, what_cannot_be_printed_is_escaped_and_what_is_long_is_cut);
	return suite_run("test_compare", tcase);
}
