/*
 * steps: goal: a record's way is what steps.h says: breadth first, all ids before the first mark,
 * lazily, errors named. Method: pipelines made by hand (lib/steps_world) on lib/fake_expr's engine.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "lib/fake_expr.h"
#include "lib/steps_world.h"
#include "lib/suite.h"

START_TEST(untouched_record_is_not_parsed)
{
	steps_world_to("out", NULL, false);
	ck_assert_int_eq(steps_world_run("bad"), 0);
	ck_assert_str_eq(steps_world_outputs(), "out k bad;");
	ck_assert_ptr_eq(world.result.outputs[0].record.value.data, world.record.value.data);
	ck_assert_ptr_eq(world.result.outputs[0].record.headers, world.headers);
	ck_assert_int_eq(world.result.outputs[0].record.timestamp, 1234);
	ck_assert_int_eq(fake_expr_stats.parsed, 0);
}
END_TEST

START_TEST(value_is_parsed_once_and_passes_unchanged)
{
	steps_world_add(STEP_FILTER, "?v");
	steps_world_add(STEP_DEDUP, ".");
	steps_world_add(STEP_KEY, "=k2");
	steps_world_to("out", "?v", false);
	ck_assert_int_eq(steps_world_run("v"), 0);
	ck_assert_str_eq(steps_world_outputs(), "out k2 v;");
	ck_assert_ptr_eq(world.result.outputs[0].record.value.data, world.record.value.data);
	ck_assert_int_eq(fake_expr_stats.parsed, 1);
	ck_assert_str_eq(world.seen_ids, "\"v\",");
	ck_assert_uint_eq(world.result.marked, 1);
}
END_TEST

START_TEST(filter_drops_what_is_not_true)
{
	static const char *const dropping[] = {"?x", "none", "null"};

	steps_world_add(STEP_FILTER, dropping[_i]);
	steps_world_to("out", NULL, false);
	ck_assert_int_eq(steps_world_run("v"), 0);
	ck_assert_uint_eq(world.result.output_count, 0);
	ck_assert_uint_eq(world.result.filtered, 1);
	ck_assert_uint_eq(world.result.unrouted, 0);
}
END_TEST

START_TEST(map_makes_any_number_of_records)
{
	steps_world_add(STEP_MAP, "many");
	steps_world_add(STEP_FILTER, "?b");
	steps_world_add(STEP_MAP, "+z");
	steps_world_to("out", NULL, false);
	ck_assert_int_eq(steps_world_run("abcb"), 0);
	ck_assert_str_eq(steps_world_outputs(), "out k <bz>;out k <bz>;");
	ck_assert_uint_eq(world.result.filtered, 2);
	ck_assert_int_eq(fake_expr_stats.parsed, 1);
	steps_world_teardown();
	steps_world_setup();
	steps_world_add(STEP_MAP, "none");
	steps_world_to("out", NULL, false);
	ck_assert_int_eq(steps_world_run("v"), 0);
	ck_assert_uint_eq(world.result.output_count, 0);
	ck_assert_uint_eq(world.result.filtered, 1);
}
END_TEST

START_TEST(mapped_value_is_written_anew)
{
	steps_world_add(STEP_MAP, ".");
	steps_world_to("out", NULL, false);
	ck_assert_int_eq(steps_world_run("v"), 0);
	ck_assert_str_eq(steps_world_outputs(), "out k <v>;");
	world.pipeline.format = FORMAT_TEXT;
	ck_assert_int_eq(steps_world_run("v"), 0);
	ck_assert_str_eq(steps_world_outputs(), "out k v;");
	steps_world_teardown();
	steps_world_setup();
	steps_world_add(STEP_MAP, "null");
	steps_world_to("out", NULL, false);
	ck_assert_int_eq(steps_world_run("v"), 0);
	ck_assert_str_eq(steps_world_outputs(), "out k null;");
}
END_TEST

START_TEST(results_are_limited)
{
	char *value = malloc(5002);

	must(value != NULL);
	memset(value, 'x', 5001);
	value[5001] = '\0';
	steps_world_add(STEP_MAP, "many");
	steps_world_add(STEP_MAP, "+yz");
	steps_world_add(STEP_MAP, "many");
	steps_world_to("out", NULL, false);
	ck_assert_int_eq(steps_world_run(value), -1);
	ck_assert_int_eq(world.err.kind, ERR_DATA);
	ck_assert_str_eq(world.err.msg, "f:9:1: step: more than 10000 results");
	ck_assert_uint_eq(world.result.output_count, 0);
	free(value);
}
END_TEST

START_TEST(dedup_marks_all_and_drops_duplicates)
{
	steps_world_add(STEP_MAP, "many");
	steps_world_add(STEP_DEDUP, ".");
	steps_world_to("out", NULL, false);
	world.duplicate_id = "\"b\"";
	ck_assert_int_eq(steps_world_run("abc"), 0);
	ck_assert_str_eq(world.seen_ids, "\"a\",\"b\",\"c\",");
	ck_assert_str_eq(steps_world_outputs(), "out k <a>;out k <c>;");
	ck_assert_uint_eq(world.result.marked, 3);
	ck_assert_uint_eq(world.result.duplicates, 1);
}
END_TEST

START_TEST(no_mark_is_made_before_all_ids_are_known)
{
	static const char *const failing[] = {"fail", "none", "many", "null"};

	steps_world_add(STEP_MAP, "many");
	steps_world_add(STEP_DEDUP, failing[_i]);
	steps_world_to("out", NULL, false);
	ck_assert_int_eq(steps_world_run(_i == 2 ? "" : "ab"), _i == 2 ? 0 : -1);
	ck_assert_str_eq(world.seen_ids, "");
	ck_assert_uint_eq(world.result.output_count, 0);
	if (_i != 2) {
		ck_assert_int_eq(world.err.kind, ERR_DATA);
		ck_assert_str_eq(world.result.step, "dedup");
		ck_assert_uint_eq(world.result.step_index, 1);
	}
}
END_TEST

START_TEST(key_bytes_are_an_id_of_their_own_kind)
{
	steps_world_add(STEP_DEDUP, NULL);
	steps_world_to("out", NULL, false);
	ck_assert_int_eq(steps_world_run("bad"), 0); /* not parsed */
	ck_assert_str_eq(world.seen_ids, "*k,");
	ck_assert_int_eq(fake_expr_stats.parsed, 0);
	world.record.key = BYTES_NULL;
	ck_assert_int_eq(steps_world_run("v"), -1);
	ck_assert_int_eq(world.err.kind, ERR_DATA);
	world.steps_list[0].missing_pass = true;
	ck_assert_int_eq(steps_world_run("v"), 0);
	ck_assert_str_eq(steps_world_outputs(), "out NULL v;");
	ck_assert_uint_eq(world.result.marked, 0);
	world.record.key = bytes_str("");
	ck_assert_int_eq(steps_world_run("v"), 0);
	ck_assert_str_eq(world.seen_ids, "*k,*,");
}
END_TEST

START_TEST(null_id_is_an_error_or_passes)
{
	steps_world_add(STEP_DEDUP, "null");
	steps_world_to("out", NULL, false);
	ck_assert_int_eq(steps_world_run("v"), -1);
	ck_assert_int_eq(world.err.kind, ERR_DATA);
	world.steps_list[0].missing_pass = true;
	ck_assert_int_eq(steps_world_run("v"), 0);
	ck_assert_str_eq(steps_world_outputs(), "out k v;");
	ck_assert_str_eq(world.seen_ids, "");
}
END_TEST

START_TEST(mark_stays_when_a_later_step_fails)
{
	steps_world_add(STEP_DEDUP, ".");
	steps_world_add(STEP_KEY, "fail");
	steps_world_to("out", NULL, false);
	ck_assert_int_eq(steps_world_run("v"), -1);
	ck_assert_str_eq(world.seen_ids, "\"v\",");
	ck_assert_uint_eq(world.result.marked, 1);
	ck_assert_str_eq(world.result.step, "key");
	ck_assert_str_eq(world.err.msg, "f:9:1: step: failed");
}
END_TEST

START_TEST(error_of_see_is_passed_on)
{
	steps_world_add(STEP_DEDUP, ".");
	steps_world_to("out", NULL, false);
	world.see_fails = true;
	ck_assert_int_eq(steps_world_run("v"), -1);
	ck_assert_int_eq(world.err.kind, ERR_STOP);
	ck_assert_int_eq(world.err.code, EXIT_STATE);
}
END_TEST

static const struct {
	enum step_kind kind;
	const char *text;
	const char *value;
	const char *message;
} failing[] = {
	{STEP_FILTER, "fail", "v", "failed"},
	{STEP_FILTER, "many", "ab", "a filter has 2 results, not one"},
	{STEP_FILTER, ".", "bad", "value: bad"},
	{STEP_MAP, "fail", "v", "failed"},
	{STEP_DEDUP, "many", "ab", "an id has 2 results, not one"},
	{STEP_DEDUP, "none", "v", "an id has 0 results, not one"},
	{STEP_DEDUP, "fail", "v", "failed"},
	{STEP_KEY, "none", "v", "a key has 0 results, not one"},
	{STEP_KEY, "many", "ab", "a key has 2 results, not one"},
	{STEP_KEY, "=long", "v", "too long"},
};

START_TEST(error_names_its_step)
{
	static const char *const names[] = {"filter", "map", "dedup", "key", "headers"};
	char message[100];

	steps_world_add(STEP_MAP, ".");
	if (strcmp(failing[_i].value, "bad") == 0)
		world.pipeline.step_count = 0;
	steps_world_add(failing[_i].kind, failing[_i].text);
	steps_world_to("out", NULL, false);
	ck_assert_int_eq(steps_world_run(failing[_i].value), -1);
	(void)snprintf(message, sizeof(message), "f:9:1: step: %s", failing[_i].message);
	ck_assert_int_eq(world.err.kind, ERR_DATA);
	ck_assert_str_eq(world.err.msg, message);
	ck_assert_str_eq(world.result.step, names[failing[_i].kind]);
	ck_assert_uint_eq(world.result.step_index, world.pipeline.step_count - 1);
	ck_assert_uint_eq(world.result.output_count, 0);
}
END_TEST

START_TEST(key_may_become_null)
{
	steps_world_add(STEP_KEY, "null");
	steps_world_to("out", NULL, false);
	ck_assert_int_eq(steps_world_run("v"), 0);
	ck_assert_str_eq(steps_world_outputs(), "out NULL v;");
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("steps");

	tcase_add_checked_fixture(tcase, steps_world_setup, steps_world_teardown);
	tcase_add_test(tcase, untouched_record_is_not_parsed);
	tcase_add_test(tcase, value_is_parsed_once_and_passes_unchanged);
	tcase_add_loop_test(tcase, filter_drops_what_is_not_true, 0, 3);
	tcase_add_test(tcase, map_makes_any_number_of_records);
	tcase_add_test(tcase, mapped_value_is_written_anew);
	tcase_add_test(tcase, results_are_limited);
	tcase_add_test(tcase, dedup_marks_all_and_drops_duplicates);
	tcase_add_loop_test(tcase, no_mark_is_made_before_all_ids_are_known, 0, 4);
	tcase_add_test(tcase, key_bytes_are_an_id_of_their_own_kind);
	tcase_add_test(tcase, null_id_is_an_error_or_passes);
	tcase_add_test(tcase, mark_stays_when_a_later_step_fails);
	tcase_add_test(tcase, error_of_see_is_passed_on);
	tcase_add_loop_test(tcase, error_names_its_step, 0, sizeof(failing) / sizeof(failing[0]));
	tcase_add_test(tcase, key_may_become_null);
	return suite_run("steps", tcase);
}
