/*
 * verify: goal: every kind of harm is found, with the right coordinates, and nothing else is.
 * Method: a sound pair of lists, with and without lineage, then one harm at a time; and what a
 * record on a topic says of itself.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verify_compare.h"

#define RECORDS 20

static struct verify_list expected, found;
static struct verify_report report;
static const struct verify_range ranges[] = {{0, 0, 0, 1000}, {0, 1, 5, 1000}};

static struct verify_item item(bool by_source, int i)
{
	struct verify_item it = {.by_source = by_source,
				 .source_partition = i % 2,
				 .source_offset = 10 + i};

	/* Every content twice, as different records may well have the same one. */
	it.content.bytes[0] = (uint8_t)(i / 2);
	it.partition = i % 2;
	it.offset = 100 + i;
	return it;
}

static void sound(bool by_source)
{
	for (int i = 0; i < RECORDS; i++) {
		struct verify_item it = item(by_source, i);

		verify_list_add(&found, &it);
		it.partition = 0;
		it.offset = 0;
		verify_list_add(&expected, &it);
	}
}

static void clear(void)
{
	verify_list_fini(&expected);
	verify_list_fini(&found);
}

static void compare(bool lineage)
{
	verify_compare(&expected, &found, ranges, 2, lineage, &report);
}

/* Exactly these, and their sum is the number of findings. */
static void expect_counts(uint64_t missing, uint64_t repeated, uint64_t altered,
			  uint64_t unexpected, uint64_t disordered)
{
	ck_assert_uint_eq(report.counts[VERIFY_MISSING], missing);
	ck_assert_uint_eq(report.counts[VERIFY_REPEATED], repeated);
	ck_assert_uint_eq(report.counts[VERIFY_ALTERED], altered);
	ck_assert_uint_eq(report.counts[VERIFY_UNEXPECTED], unexpected);
	ck_assert_uint_eq(report.counts[VERIFY_DISORDERED], disordered);
	ck_assert_uint_eq(report.finding_count,
			  missing + repeated + altered + unexpected + disordered);
}

/* Loop index: 0 by content, 1 by source. */
START_TEST(what_is_sound_is_ok)
{
	sound(_i);
	compare(_i);
	expect_counts(0, 0, 0, 0, 0);
	ck_assert_uint_eq(report.foreign + report.before + report.after, 0);
}
END_TEST

START_TEST(nothing_at_all_is_ok)
{
	compare(_i);
	expect_counts(0, 0, 0, 0, 0);
}
END_TEST

START_TEST(a_missing_record_is_found)
{
	sound(_i);
	found.items[7] = found.items[--found.count];
	compare(_i);
	expect_counts(1, 0, 0, 0, 0);
	ck_assert_int_eq(report.findings[0].kind, VERIFY_MISSING);
	/* By content it is one of the two with that content: 6 or 7. */
	if (_i)
		ck_assert_int_eq(report.findings[0].item.source_offset, 17);
	else
		ck_assert_int_eq(report.findings[0].item.content.bytes[0], 3);
}
END_TEST

START_TEST(all_missing_are_found)
{
	sound(_i);
	found.count = 0;
	compare(_i);
	expect_counts(RECORDS, 0, 0, 0, 0);
}
END_TEST

START_TEST(a_repeated_record_is_found_where_it_lies)
{
	struct verify_item again;

	sound(_i);
	again = found.items[7];
	again.offset = 500;
	verify_list_add(&found, &again);
	compare(_i);
	expect_counts(0, 1, 0, 0, (uint64_t)_i);
	ck_assert_int_eq(report.findings[0].kind, VERIFY_REPEATED);
	ck_assert_int_eq(report.findings[0].item.offset, 500);
}
END_TEST

START_TEST(one_lost_and_one_repeated_do_not_even_out)
{
	sound(_i);
	found.items[2] = found.items[9];
	found.items[2].offset = 500;
	compare(_i);
	expect_counts(1, 1, 0, 0, (uint64_t)_i);
}
END_TEST

START_TEST(an_altered_record_is_found)
{
	sound(_i);
	found.items[7].content.bytes[5] = 1;
	compare(_i);
	if (_i)
		expect_counts(0, 0, 1, 0, 0);
	else
		expect_counts(1, 0, 0, 1, 0);
}
END_TEST

START_TEST(an_altered_repeat_is_a_repeat)
{
	struct verify_item again;

	sound(true);
	again = found.items[RECORDS - 1];
	again.offset = 500;
	again.content.bytes[5] = 1;
	verify_list_add(&found, &again);
	compare(true);
	expect_counts(0, 1, 0, 0, 0);
}
END_TEST

START_TEST(an_unexpected_record_is_found)
{
	struct verify_item more = item(_i, 50);

	sound(_i);
	more.source_index = 3;
	verify_list_add(&found, &more);
	compare(_i);
	expect_counts(0, 0, 0, 1, 0);
	ck_assert_int_eq(report.findings[0].item.offset, 150);
}
END_TEST

START_TEST(the_wrong_topic_is_one_missing_and_one_unexpected)
{
	sound(_i);
	found.items[7].topic = 1;
	compare(_i);
	expect_counts(1, 0, 0, 1, 0);
}
END_TEST

START_TEST(a_swap_is_out_of_order)
{
	int64_t offset;

	sound(true);
	offset = found.items[4].offset;
	found.items[4].offset = found.items[8].offset;
	found.items[8].offset = offset;
	compare(true);
	/* 8 6 4: two of them lie behind a later one. */
	expect_counts(0, 0, 0, 0, 2);
}
END_TEST

START_TEST(source_partitions_have_no_order_among_each_other)
{
	sound(true);
	for (size_t i = 0; i < found.count; i++) {
		found.items[i].partition = 0;
		if (found.items[i].source_partition == 1)
			found.items[i].offset -= 50;
	}
	compare(true);
	expect_counts(0, 0, 0, 0, 0);
}
END_TEST

START_TEST(what_is_optional_may_be_there_or_not)
{
	sound(_i);
	for (size_t i = RECORDS - 4; i < RECORDS; i++)
		expected.items[i].optional = true;
	found.count -= 2;
	compare(_i);
	expect_counts(0, 0, 0, 0, 0);
}
END_TEST

START_TEST(an_optional_one_twice_is_a_repeat)
{
	struct verify_item again;

	sound(_i);
	expected.items[RECORDS - 1].optional = true;
	again = found.items[RECORDS - 1];
	again.offset = 500;
	verify_list_add(&found, &again);
	compare(_i);
	expect_counts(0, 1, 0, 0, 0);
}
END_TEST

START_TEST(outside_of_the_ranges_is_told_apart)
{
	struct verify_item more = item(true, 1);

	sound(true);
	more.source_offset = 4; /* partition 1 begins at 5 */
	more.offset = 1;
	verify_list_add(&found, &more);
	more.source_offset = 1000;
	more.offset = 999;
	verify_list_add(&found, &more);
	more = item(false, 60); /* another program's */
	verify_list_add(&found, &more);
	compare(true);
	expect_counts(0, 0, 0, 0, 0);
	ck_assert_uint_eq(report.before, 1);
	ck_assert_uint_eq(report.after, 1);
	ck_assert_uint_eq(report.foreign, 1);
}
END_TEST

START_TEST(findings_are_limited_and_still_counted)
{
	for (int i = 0; i < VERIFY_FINDINGS_MAX + 30; i++) {
		struct verify_item it = item(true, i);

		verify_list_add(&expected, &it);
	}
	compare(true);
	ck_assert_uint_eq(report.counts[VERIFY_MISSING], VERIFY_FINDINGS_MAX + 30);
	ck_assert_uint_eq(report.finding_count, VERIFY_FINDINGS_MAX);
}
END_TEST

/* ---- what a record says of itself ---- */

static const char *const topics[] = {"in.a", "in.b"};
static const struct target targets[] = {{.topic = "out"}, {.topic = "big"}, {.topic = "out"}};
static struct pipeline pipeline = {
	.topics = topics,
	.topic_count = 2,
	.targets = targets,
	.target_count = 3,
	.errors = ERRORS_TO,
	.errors_topic = "dead",
	.lineage = true,
};
static struct arena *arena;

static void open_arena(void)
{
	arena = arena_new(1 << 16);
	pipeline.lineage = true;
}

static void close_arena(void)
{
	arena_free(arena);
}

static struct verify_item describe(const char *topic, const char *value,
				   const struct header *headers, size_t count)
{
	struct record record = {.key = bytes_str("k"),
				.value = bytes_str(value),
				.headers = headers,
				.header_count = count,
				.timestamp = 1};
	struct verify_item it;

	verify_list_describe(&pipeline, arena, topic, &record, &it);
	return it;
}

static struct header header(const char *name, const char *value)
{
	return (struct header){bytes_str(name), bytes_str(value)};
}

static bool same_content(const struct verify_item *a, const struct verify_item *b)
{
	return memcmp(&a->content, &b->content, sizeof(a->content)) == 0;
}

START_TEST(outputs_are_listed_once)
{
	ck_assert_str_eq(verify_list_topic(&pipeline, 0), "out");
	ck_assert_str_eq(verify_list_topic(&pipeline, 1), "big");
	ck_assert_str_eq(verify_list_topic(&pipeline, 2), "dead");
	ck_assert_ptr_null(verify_list_topic(&pipeline, 3));
	ck_assert_int_eq(verify_list_topic_index(&pipeline, "dead"), 2);
	ck_assert_int_eq(verify_list_topic_index(&pipeline, "in.a"), -1);
}
END_TEST

START_TEST(lineage_is_read)
{
	const struct header forged[] = {header("onced.source", "in.a/0/1/0"),
					header("onced.source", "in.b/3/77/2")};
	struct verify_item it = describe("big", "v", forged, 2);

	ck_assert(it.by_source && !it.dead);
	ck_assert_int_eq(it.topic, 1);
	ck_assert_int_eq(it.source_topic, 1);
	ck_assert_int_eq(it.source_partition, 3);
	ck_assert_int_eq(it.source_offset, 77);
	ck_assert_int_eq(it.source_index, 2);
	pipeline.lineage = false;
	it = describe("big", "v", forged, 2);
	ck_assert(!it.by_source);
}
END_TEST

START_TEST(what_is_no_lineage_is_foreign)
{
	static const char *const texts[] = {"",
					    "in.a",
					    "in.a/0/1",
					    "in.a/0/1/0/9",
					    "other/0/1/0",
					    "in.a/x/1/0",
					    "in.a/0/-1/0",
					    "in.a/0/99999999999999999999/0",
					    "in.a//1/0",
					    "in.a/4294967296/1/0",
					    "in.a/0/1/0 ",
					    "in.a/+0/1/0",
					    "in.a/0/ 1/0",
					    "in.a/0/1/00"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const struct header one = header("onced.source", texts[i]);
		struct verify_item it = describe("out", "v", &one, 1);

		ck_assert_msg(!it.by_source, "%s", texts[i]);
	}
}
END_TEST

START_TEST(a_dead_letter_is_known_whatever_its_reason_says)
{
	struct header headers[] = {header("mine", "1"),
				   header("onced.error.reason", "a.yaml:1: no"),
				   header("onced.error.topic", "in.b"),
				   header("onced.error.partition", "3"),
				   header("onced.error.offset", "77")};
	struct verify_item a = describe("dead", "v", headers, 5), b;

	ck_assert(a.dead && a.by_source);
	ck_assert_int_eq(a.source_topic, 1);
	ck_assert_int_eq(a.source_partition, 3);
	ck_assert_int_eq(a.source_offset, 77);
	headers[1] = header("onced.error.reason", "/etc/a.yaml:1: no");
	b = describe("dead", "v", headers, 5);
	ck_assert(same_content(&a, &b));
	headers[0] = header("mine", "2");
	b = describe("dead", "v", headers, 5);
	ck_assert(!same_content(&a, &b));
	b = describe("out", "v", headers, 5); /* not on the errors' topic */
	ck_assert(!b.dead);
}
END_TEST

START_TEST(content_tells_null_from_empty_and_headers_from_values)
{
	const struct header one = header("a", "bc"), two = header("ab", "c");
	const struct header both[] = {header("a", "1"), header("b", "2")};
	const struct header swapped[] = {header("b", "2"), header("a", "1")};
	struct verify_item a = describe("out", NULL, NULL, 0), b = describe("out", "", NULL, 0);

	ck_assert(!same_content(&a, &b));
	a = describe("out", "v", &one, 1);
	b = describe("out", "v", &two, 1);
	ck_assert(!same_content(&a, &b));
	a = describe("out", "v", both, 2);
	b = describe("out", "v", swapped, 2);
	ck_assert(!same_content(&a, &b));
	b = describe("out", "v", both, 2);
	ck_assert(same_content(&a, &b));
}
END_TEST

static void add_comparisons(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, NULL, clear);
	tcase_add_loop_test(tcase, what_is_sound_is_ok, 0, 2);
	tcase_add_loop_test(tcase, nothing_at_all_is_ok, 0, 2);
	tcase_add_loop_test(tcase, a_missing_record_is_found, 0, 2);
	tcase_add_loop_test(tcase, all_missing_are_found, 0, 2);
	tcase_add_loop_test(tcase, a_repeated_record_is_found_where_it_lies, 0, 2);
	tcase_add_loop_test(tcase, one_lost_and_one_repeated_do_not_even_out, 0, 2);
	tcase_add_loop_test(tcase, an_altered_record_is_found, 0, 2);
	tcase_add_test(tcase, an_altered_repeat_is_a_repeat);
	tcase_add_loop_test(tcase, an_unexpected_record_is_found, 0, 2);
	tcase_add_loop_test(tcase, the_wrong_topic_is_one_missing_and_one_unexpected, 0, 2);
	tcase_add_test(tcase, a_swap_is_out_of_order);
	tcase_add_test(tcase, source_partitions_have_no_order_among_each_other);
	tcase_add_loop_test(tcase, what_is_optional_may_be_there_or_not, 0, 2);
	tcase_add_loop_test(tcase, an_optional_one_twice_is_a_repeat, 0, 2);
	tcase_add_test(tcase, outside_of_the_ranges_is_told_apart);
	tcase_add_test(tcase, findings_are_limited_and_still_counted);
}

int main(void)
{
	TCase *comparing = tcase_create("compare"), *describing = tcase_create("describe");
	Suite *suite = suite_create("verify");
	SRunner *runner;
	int failed;

	add_comparisons(comparing);
	tcase_add_checked_fixture(describing, open_arena, close_arena);
	tcase_add_test(describing, outputs_are_listed_once);
	tcase_add_test(describing, lineage_is_read);
	tcase_add_test(describing, what_is_no_lineage_is_foreign);
	tcase_add_test(describing, a_dead_letter_is_known_whatever_its_reason_says);
	tcase_add_test(describing, content_tells_null_from_empty_and_headers_from_values);
	suite_add_tcase(suite, comparing);
	suite_add_tcase(suite, describing);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
