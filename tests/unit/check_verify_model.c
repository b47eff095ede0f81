/*
 * verify_model: goal: what the model expects is what the steps give with every id remembered, in
 * one reading and in two; it knows what it cannot know. Method: a pipeline on lib/fake_expr, whose
 * dedup id is the value, fed by hand; the expected outputs as text.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verify_compare.h"
#include "cli/verify_model.h"
#include "lib/fake_expr.h"
#include "lib/steps_world.h"
#include "lib/suite.h"

#define WITHIN_MS 100
#define INPUT "in"

static const char *const topics[] = {INPUT};
static const uint8_t key[HASH_KEY_BYTES] = {7};
static struct verify_parts parts;
static struct verify_sort expected;
static struct verify_model model;
static struct err err;

static struct input {
	int32_t partition;
	int64_t offset, timestamp;
	const char *value;
} inputs[64];
static size_t input_count;

static void setup(void)
{
	struct step *dedup;

	steps_world_setup();
	world.pipeline.topics = topics;
	world.pipeline.topic_count = 1;
	world.pipeline.errors = ERRORS_TO;
	world.pipeline.errors_topic = "dead";
	(void)steps_world_add(STEP_MAP, "many"); /* the value's bytes one by one */
	dedup = steps_world_add(STEP_DEDUP, ".");
	dedup->within_ms = WITHIN_MS;
	steps_world_to("out", NULL, false);
	parts = (struct verify_parts){0};
	verify_parts_add(&parts, topics[0], 2);
	for (size_t i = 0; i < 2; i++)
		parts.all[i].c = parts.all[i].end = 1000;
	expected = (struct verify_sort){.item_bytes = sizeof(struct verify_item),
					.memory_bytes = 1 << 20,
					.compare = verify_compare_items,
					.dir = verify_sort_dir()};
	input_count = 0;
}

static void teardown(void)
{
	verify_sort_clear(&expected);
	verify_parts_fini(&parts);
	steps_world_teardown();
}

static void input(int32_t partition, int64_t offset, int64_t timestamp, const char *value)
{
	inputs[input_count++] = (struct input){partition, offset, timestamp, value};
}

static int read_once(size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct source source = {topics[0], inputs[i].partition, inputs[i].offset};
		struct record record = {.key = bytes_str("k"),
					.value = bytes_str(inputs[i].value),
					.timestamp = inputs[i].timestamp};

		if (verify_model_record(&model, &source, &record, &err) < 0)
			return -1;
	}
	return verify_model_end_reading(&model, &err);
}

static int begin(bool sorted, size_t memory_bytes)
{
	struct verify_model_conf conf = {.pipeline = &world.pipeline,
					 .engine = &fake_expr,
					 .parts = &parts,
					 .key = key,
					 .expected = &expected,
					 .memory_bytes = memory_bytes,
					 .dir = verify_sort_dir(),
					 .sorted = sorted};

	return verify_model_init(&model, &conf, &err);
}

/* Each expected output: "partition/offset.index", with ? where it may be there, ~ where it may have
 * been a repeat, ! for a dead letter. */
static const char *outputs(bool sorted)
{
	static char text[1000];
	size_t used = 0;
	const void *data;

	verify_sort_clear(&expected);
	ck_assert_int_eq(begin(sorted, 1 << 20), 0);
	ck_assert_int_eq(verify_model_reads(&model), sorted ? 2 : 1);
	if (sorted)
		ck_assert_int_eq(read_once(input_count), 0);
	ck_assert_int_eq(read_once(input_count), 0);
	ck_assert_int_eq(verify_sort_end(&expected, &err), 0);
	text[0] = '\0';
	for (;;) {
		const struct verify_item *item;

		ck_assert_int_eq(verify_sort_next(&expected, &data, &err), 0);
		item = data;
		if (!item)
			break;
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s%s%d/%d.%d",
					 item->optional ? "?" : "", item->unsure ? "~" : "",
					 item->dead ? "!" : "", item->source_partition,
					 (int)item->source_offset, item->source_index);
		used += (size_t)snprintf(text + used, sizeof(text) - used, " ");
	}
	verify_model_fini(&model);
	return text;
}

/* Loop index: one reading, or two. */
START_TEST(ids_are_remembered_within_the_window_per_partition)
{
	world.pipeline.lineage = true;
	input(0, 0, 1000, "a");
	input(0, 1, 1001, "a");
	input(1, 0, 1000, "a");
	input(0, 2, 1050, "a"); /* the repeat before it renewed the window */
	input(0, 4, 1090, "b");
	input(0, 5, 1150, "a"); /* 100 behind its latest mark */
	input(0, 6, 1400, "c");
	input(0, 7, 1400, "a"); /* beyond it */
	ck_assert_str_eq(outputs(_i), "0/0.0 0/4.0 0/6.0 0/7.0 1/0.0 ");
	ck_assert_uint_eq(model.counts.in, 8);
	ck_assert_uint_eq(model.counts.out, 5);
	ck_assert_uint_eq(model.counts.duplicates, 3);
}
END_TEST

START_TEST(results_of_one_record_are_numbered_as_they_leave)
{
	world.pipeline.lineage = true;
	input(0, 0, 1000, "ab");
	input(0, 1, 1000, "bcc"); /* c once */
	ck_assert_str_eq(outputs(_i), "0/0.0 0/0.1 0/1.0 ");
	ck_assert_uint_eq(model.counts.duplicates, 2);
}
END_TEST

START_TEST(an_error_behind_dedup_marks_and_one_before_it_does_not)
{
	world.pipeline.lineage = true;
	world.pipeline.target_count = 0;
	steps_world_to("out", "fail", false);
	input(0, 0, 1000, "a");
	input(0, 1, 1000, "a");   /* marked by the one that failed */
	input(0, 2, 1000, "bad"); /* does not parse */
	ck_assert_str_eq(outputs(_i), "!0/0.0 !0/2.0 ");
	ck_assert_uint_eq(model.counts.dead_letters, 2);
}
END_TEST

START_TEST(between_the_two_offsets_it_may_be_there)
{
	world.pipeline.lineage = true;
	parts.all[0].c = 1;
	input(0, 0, 1000, "a");
	input(0, 1, 1000, "b");
	ck_assert_str_eq(outputs(_i), "0/0.0 ?0/1.0 ");
	ck_assert_uint_eq(model.counts.in, 1); /* what may be there is not counted */
}
END_TEST

START_TEST(behind_deleted_input_it_may_be_a_repeat_for_a_window)
{
	world.pipeline.lineage = true;
	parts.all[0].cut = true;
	input(0, 10, 1000, "a");
	input(0, 11, 1100, "b");
	input(0, 12, 1200, "c");
	input(0, 13, 1201, "d"); /* log time 1200: beyond it */
	input(0, 14, 1300, "e");
	input(1, 0, 1000, "a");
	ck_assert_str_eq(outputs(_i), "~0/10.0 ~0/11.0 0/12.0 0/13.0 0/14.0 1/0.0 ");
}
END_TEST

START_TEST(a_record_that_stops_is_counted)
{
	world.pipeline.errors = ERRORS_STOP;
	input(0, 0, 1000, "bad");
	ck_assert_str_eq(outputs(_i), "");
	ck_assert_uint_eq(model.counts.stops, 1);
}
END_TEST

START_TEST(a_runaway_expression_ends_it_with_coordinates)
{
	world.pipeline.exprs = world.sources;
	world.sources[0].text = "stop";
	input(1, 3, 1000, "a");
	ck_assert_int_eq(begin(_i, 1 << 20), 0);
	ck_assert_int_eq(read_once(input_count), -1);
	ck_assert_int_eq(err.kind, ERR_STOP);
	ck_assert_ptr_nonnull(strstr(err.msg, INPUT "/1/3"));
	verify_model_fini(&model);
}
END_TEST

START_TEST(more_marks_than_records_ask_for_the_other_way)
{
	parts.all[0].end = 3;
	parts.all[1].end = 0;
	input(0, 0, 1000, "abcdefghijklmnopqrstuvwxyz");
	input(0, 1, 1000, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
	input(0, 2, 1000, "0123456789,.;:-_");
	input(0, 3, 1000, "!#$%&/()=?+*'<>|[]{}\\\"^~");
	input(0, 4, 1000,
	      "\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20\21\22\23\24\25\26\27\30\31\32"
	      "\33\34\35\36\37");
	input(0, 5, 1000, "\200\201\202\203\204\205\206\207\210\211\212\213\214\215\216\217");
	ck_assert_int_eq(begin(false, 256 * 60), 0);
	ck_assert_int_eq(verify_model_reads(&model), 1);
	ck_assert_int_eq(read_once(input_count), -1);
	ck_assert_int_eq(err.kind, ERR_ABORT);
	ck_assert(model.seen.is_full);
	verify_model_fini(&model);
}
END_TEST

START_TEST(an_input_that_changes_between_readings_is_found)
{
	input(0, 0, 1000, "a");
	input(0, 1, 1000, "bad"); /* leaves no mark: only the log's hash tells */
	ck_assert_int_eq(begin(true, 1 << 20), 0);
	ck_assert_int_eq(read_once(2), 0);
	ck_assert_int_eq(read_once(1), -1);
	ck_assert_int_eq(err.kind, ERR_ABORT);
	verify_model_fini(&model);
}
END_TEST

/* M says what log was processed. */
static size_t notes_with(uint64_t h, int64_t base, int64_t p)
{
	struct verify_notes notes = {0};
	size_t count;

	parts.all[0].has_m = parts.all[0].judged = true;
	parts.all[0].m = (struct meta){.h = h, .b = base, .p = p};
	ck_assert_int_eq(begin(false, 1 << 20), 0);
	ck_assert_int_eq(read_once(input_count), 0);
	verify_model_check_log(&model, &notes);
	count = notes.count;
	ck_assert_int_eq(parts.all[0].judged, count == 0);
	verify_notes_fini(&notes);
	verify_model_fini(&model);
	verify_sort_clear(&expected);
	return count;
}

START_TEST(another_log_than_the_processed_one_is_not_judged)
{
	struct window window;

	parts.all[0].c = 2;
	input(0, 0, 1000, "a");
	input(0, 1, 1001, "b");
	window_init(&window);
	(void)window_advance(&window, WITHIN_MS, 0, 1000);
	(void)window_advance(&window, WITHIN_MS, 1, 1001);
	ck_assert_uint_eq(notes_with(window.h, 0, 1001), 0);
	ck_assert_uint_eq(notes_with(window.h + 1, 0, 1001), 1);
	ck_assert_uint_eq(notes_with(window.h + 1, 1, 1001), 0);             /* not from the base */
	ck_assert_uint_eq(notes_with(window.h + 1, 0, WINDOW_P_UNKNOWN), 0); /* not claimed */
	input(0, 2, 1001, "c"); /* beyond C it says nothing */
	ck_assert_uint_eq(notes_with(window.h, 0, 1001), 0);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("verify_model");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, ids_are_remembered_within_the_window_per_partition, 0, 2);
	tcase_add_loop_test(tcase, results_of_one_record_are_numbered_as_they_leave, 0, 2);
	tcase_add_loop_test(tcase, an_error_behind_dedup_marks_and_one_before_it_does_not, 0, 2);
	tcase_add_loop_test(tcase, between_the_two_offsets_it_may_be_there, 0, 2);
	tcase_add_loop_test(tcase, behind_deleted_input_it_may_be_a_repeat_for_a_window, 0, 2);
	tcase_add_loop_test(tcase, a_record_that_stops_is_counted, 0, 2);
	tcase_add_loop_test(tcase, a_runaway_expression_ends_it_with_coordinates, 0, 2);
	tcase_add_test(tcase, more_marks_than_records_ask_for_the_other_way);
	tcase_add_test(tcase, an_input_that_changes_between_readings_is_found);
	tcase_add_test(tcase, another_log_than_the_processed_one_is_not_judged);
	return suite_run("verify_model", tcase);
}
