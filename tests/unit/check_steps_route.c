/*
 * steps_route: goal: what leaves the steps: headers, tombstones, targets, lineage, replay, the dead
 * letter, all or nothing. Method: as check_steps; one test is on the real engine.
 */

#include "io/expr_jq.h"
#include "lib/fake_expr.h"
#include "lib/steps_world.h"
#include "lib/suite.h"

START_TEST(headers_are_removed_then_set)
{
	static const struct header_set set[] = {{"g", "+!", 0}, {"n", "null", 1}, {"c", "hdr", 2}};
	static const char *const removed[] = {"h", "zz"};
	struct step *step = steps_world_add(STEP_HEADERS, NULL);

	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(steps_world_slot(set[i].text), (int)i);
	step->set = set;
	step->set_count = 3;
	step->remove = removed;
	step->remove_count = 2;
	steps_world_to("out", NULL, false);
	ck_assert_int_eq(steps_world_run("v"), 0);
	/* hdr is g's value as it was before the step. */
	ck_assert_str_eq(steps_world_headers(&world.result.outputs[0].record), "g=v!;n=NULL;c=2;");
	ck_assert_str_eq(steps_world_headers(&world.record), "h=1;g=2;");
	world.sources[1].text = "none";
	ck_assert_int_eq(steps_world_run("v"), -1);
	ck_assert_str_eq(world.err.msg, "f:9:1: step: set.n: a header has 0 results, not one");
	ck_assert_str_eq(world.result.step, "headers");
}
END_TEST

START_TEST(set_replaces_all_headers_of_a_name)
{
	static const struct header_set set[] = {{"h", "=new", 0}};
	static struct header three[] = {{{"h", 1}, {"1", 1}},
					{{"x", 1}, {"", 0}},
					{{"h", 1}, {"2", 1}}};
	struct step *step = steps_world_add(STEP_HEADERS, NULL);

	ck_assert_int_eq(steps_world_slot("=new"), 0);
	step->set = set;
	step->set_count = 1;
	world.record.headers = three;
	world.record.header_count = 3;
	steps_world_to("out", NULL, false);
	ck_assert_int_eq(steps_world_run("v"), 0);
	ck_assert_str_eq(steps_world_headers(&world.result.outputs[0].record), "x=;h=new;");
}
END_TEST

START_TEST(tombstone_passes_filter_map_and_key)
{
	steps_world_add(STEP_FILTER, "fail");
	steps_world_add(STEP_MAP, "fail");
	steps_world_add(STEP_DEDUP, "key");
	steps_world_add(STEP_KEY, "fail");
	steps_world_to("out", "?v", false);
	steps_world_to("rest", NULL, true);
	ck_assert_int_eq(steps_world_run(NULL), 0);
	ck_assert_str_eq(steps_world_outputs(), "rest k NULL;");
	ck_assert_str_eq(world.seen_ids, "\"k\",");
}
END_TEST

START_TEST(tombstone_without_an_id_passes_unmarked)
{
	static const char *const ids[] = {"fail", "null", ".", "none"};

	steps_world_add(STEP_DEDUP, ids[_i]);
	steps_world_to("out", NULL, false);
	ck_assert_int_eq(steps_world_run(NULL), 0);
	ck_assert_str_eq(steps_world_outputs(), "out k NULL;");
	ck_assert_str_eq(world.seen_ids, "");
	ck_assert_uint_eq(world.result.marked, 0);
}
END_TEST

START_TEST(tombstone_does_not_hide_a_stop)
{
	steps_world_add(STEP_DEDUP, "stop");
	steps_world_to("out", NULL, false);
	ck_assert_int_eq(steps_world_run(NULL), -1);
	ck_assert_int_eq(world.err.kind, ERR_STOP);
}
END_TEST

START_TEST(targets_are_chosen_by_when)
{
	steps_world_to("rest", NULL, true);
	steps_world_to("a", "?a", false);
	steps_world_to("all", NULL, false);
	steps_world_to("also", "?a", false);
	ck_assert_int_eq(steps_world_run("a"), 0);
	ck_assert_str_eq(steps_world_outputs(), "a k a;all k a;also k a;");
	ck_assert_int_eq(steps_world_run("b"), 0);
	ck_assert_str_eq(steps_world_outputs(), "rest k b;all k b;");
	ck_assert_int_eq(fake_expr_stats.parsed, 2);
}
END_TEST

START_TEST(unrouted_record_is_counted)
{
	steps_world_to("a", "?a", false);
	ck_assert_int_eq(steps_world_run("b"), 0);
	ck_assert_uint_eq(world.result.output_count, 0);
	ck_assert_uint_eq(world.result.unrouted, 1);
}
END_TEST

START_TEST(results_are_all_or_nothing)
{
	steps_world_add(STEP_MAP, "many");
	steps_world_to("a", "?a", false);
	steps_world_to("b", "none", false);
	ck_assert_int_eq(steps_world_run("ab"), -1);
	ck_assert_uint_eq(world.result.output_count, 0);
	ck_assert_str_eq(world.result.step, "to");
	ck_assert_uint_eq(world.result.step_index, 1);
	ck_assert_str_eq(world.err.msg, "f:20:1: to: when has 0 results, not one");
}
END_TEST

START_TEST(lineage_names_source_and_place)
{
	static struct header old[] = {{{"onced.source", 12}, {"before", 6}}, {{"x", 1}, {"y", 1}}};

	world.pipeline.lineage = true;
	world.record.headers = old;
	world.record.header_count = 2;
	steps_world_add(STEP_MAP, "many");
	steps_world_to("a", NULL, false);
	steps_world_to("b", NULL, false);
	ck_assert_int_eq(steps_world_run("xy"), 0);
	ck_assert_str_eq(steps_world_outputs(), "a k <x>;b k <x>;a k <y>;b k <y>;");
	ck_assert_str_eq(steps_world_headers(&world.result.outputs[0].record),
			 "x=y;onced.source=in/2/77/0;");
	ck_assert_str_eq(steps_world_headers(&world.result.outputs[3].record),
			 "x=y;onced.source=in/2/77/3;");
}
END_TEST

START_TEST(replay_runs_the_prefix_only)
{
	steps_world_add(STEP_FILTER, "?v");
	steps_world_add(STEP_DEDUP, ".");
	steps_world_add(STEP_KEY, "fail");
	steps_world_to("out", "fail", false);
	steps_world_init();
	ck_assert_int_eq(steps_replay(&world.steps, &world.source, &world.record, &world.result,
				      &world.err),
			 0);
	ck_assert_str_eq(world.seen_ids, "\"v\",");
	ck_assert_uint_eq(world.result.marked, 1);
	ck_assert_uint_eq(world.result.output_count, 0);
	world.pipeline.dedup_index = -1;
	ck_assert_int_eq(steps_replay(&world.steps, &world.source, &world.record, &world.result,
				      &world.err),
			 0);
	ck_assert_uint_eq(world.result.marked, 0);
	steps_fini(&world.steps);
}
END_TEST

START_TEST(dead_letter_keeps_the_record_and_says_why)
{
	struct output letter;

	world.pipeline.errors = ERRORS_TO;
	world.pipeline.errors_topic = "dead";
	steps_world_add(STEP_KEY, "fail");
	steps_world_to("out", NULL, false);
	ck_assert_int_eq(steps_world_run("v"), -1);
	steps_dead_letter(&world.steps, &world.source, &world.record, &world.result, &world.err, 99,
			  &letter);
	ck_assert_str_eq(letter.topic, "dead");
	ck_assert(bytes_equal(letter.record.key, world.record.key));
	ck_assert_ptr_eq(letter.record.value.data, world.record.value.data);
	ck_assert_int_eq(letter.record.timestamp, 99);
	ck_assert_str_eq(steps_world_headers(&letter.record),
			 "h=1;g=2;onced.error.reason=f:9:1: step: failed;onced.error.step=key;"
			 "onced.error.topic=in;onced.error.partition=2;onced.error.offset=77;"
			 "onced.error.timestamp=1234;");
}
END_TEST

START_TEST(expression_that_does_not_compile_is_a_stop)
{
	steps_world_add(STEP_FILTER, ".");
	steps_world_add(STEP_FILTER, "=refused");
	fake_expr_stats.refused_text = "=refused";
	ck_assert_int_eq(steps_init(&world.steps, &world.pipeline, &fake_expr, world.arena,
				    steps_world_see, world.seen_ids, &world.err),
			 -1);
	ck_assert_int_eq(world.err.kind, ERR_STOP);
	ck_assert_int_eq(world.err.code, EXIT_CONFIG);
}
END_TEST

START_TEST(payments_run_on_the_real_engine)
{
	struct expr_jq_conf conf = {.run_ms_max = 60000, .text_bytes_max = 100000};
	struct expr_engine *engine;

	steps_world_add(STEP_FILTER, ".type == \"payment\" and .amount > 0");
	steps_world_add(STEP_MAP, "del(.card) | .cents = (.amount * 100 | round)");
	steps_world_add(STEP_DEDUP, ".id");
	steps_world_add(STEP_KEY, ".account");
	steps_world_to("big", ".amount > 10000", false);
	steps_world_to("clean", NULL, true);
	ck_assert_int_eq(expr_jq_open(&conf, &engine, &world.err), 0);
	ck_assert_int_eq(steps_init(&world.steps, &world.pipeline, engine, world.arena,
				    steps_world_see, world.seen_ids, &world.err),
			 0);
	world.record.value = bytes_str("{\"id\":1.0,\"type\":\"payment\",\"amount\":1.5,\"card\":"
				       "\"4\",\"account\":\"x\"}");
	ck_assert_int_eq(steps_run(&world.steps, &world.source, &world.record, &world.result,
				   &world.err),
			 0);
	ck_assert_str_eq(steps_world_outputs(),
			 "clean x {\"id\":1,\"type\":\"payment\",\"amount\":1.5,"
			 "\"account\":\"x\",\"cents\":150};");
	world.record.value =
		bytes_str("{\"id\":\"1\",\"type\":\"payment\",\"amount\":1e5,\"account\":null}");
	ck_assert_int_eq(steps_run(&world.steps, &world.source, &world.record, &world.result,
				   &world.err),
			 0);
	ck_assert_str_eq(steps_world_outputs(),
			 "big NULL {\"id\":\"1\",\"type\":\"payment\",\"amount\":100000,"
			 "\"account\":null,\"cents\":10000000};");
	ck_assert_str_eq(world.seen_ids, "1,\"1\",");
	world.record.value = bytes_str("{\"type\":\"payment\",\"amount\":1,\"amount\":2}");
	ck_assert_int_eq(steps_run(&world.steps, &world.source, &world.record, &world.result,
				   &world.err),
			 -1);
	ck_assert_int_eq(world.err.kind, ERR_DATA);
	ck_assert_str_eq(world.result.step, "filter");
	steps_fini(&world.steps);
	engine->ops->close(engine);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("steps_route");

	tcase_add_checked_fixture(tcase, steps_world_setup, steps_world_teardown);
	tcase_add_test(tcase, headers_are_removed_then_set);
	tcase_add_test(tcase, set_replaces_all_headers_of_a_name);
	tcase_add_test(tcase, tombstone_passes_filter_map_and_key);
	tcase_add_loop_test(tcase, tombstone_without_an_id_passes_unmarked, 0, 4);
	tcase_add_test(tcase, tombstone_does_not_hide_a_stop);
	tcase_add_test(tcase, targets_are_chosen_by_when);
	tcase_add_test(tcase, unrouted_record_is_counted);
	tcase_add_test(tcase, results_are_all_or_nothing);
	tcase_add_test(tcase, lineage_names_source_and_place);
	tcase_add_test(tcase, replay_runs_the_prefix_only);
	tcase_add_test(tcase, dead_letter_keeps_the_record_and_says_why);
	tcase_add_test(tcase, expression_that_does_not_compile_is_a_stop);
	tcase_add_test(tcase, payments_run_on_the_real_engine);
	return suite_run("steps_route", tcase);
}
