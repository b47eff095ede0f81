/*
 * verify: goal: every kind of harm is found, with the right coordinates, and nothing else is; what
 * cannot be judged is no finding; and it makes no difference how little memory there is. Method: a
 * sound world, with and without lineage, and a table of harms, each done to it by itself, each
 * judged twice: with room for everything, and with so little that nearly all of it goes through the
 * temporary file.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verify_progress.h"
#include "lib/rng.h"
#include "lib/suite.h"
#include "lib/verify_world.h"

#define RECORDS VERIFY_WORLD_RECORDS
#define world verify_world
#define report verify_world_report

static struct verify_item *add_found(const struct verify_item *it, int64_t offset)
{
	struct verify_item *at = &world.found[world.found_count++];

	*at = *it;
	at->offset = offset;
	return at;
}

/* ---- the table of harms ---- */

static void harm_nothing(void)
{
}

static void harm_everything_gone(void)
{
	world.found_count = 0;
}

static void harm_one_gone(void)
{
	world.found[7] = world.found[--world.found_count];
}

static void harm_one_again(void)
{
	(void)add_found(&world.found[7], 500);
}

/* They must not even out. */
static void harm_one_gone_one_again(void)
{
	world.found[2] = world.found[9];
	world.found[2].offset = 500;
}

static void harm_other_content(void)
{
	world.found[7].content.bytes[5] = 1;
}

static void harm_again_with_other_content(void)
{
	add_found(&world.found[RECORDS - 1], 500)->content.bytes[5] = 1;
}

static void harm_another_one(void)
{
	struct verify_item more = verify_world_item(world.lineage, 50);

	more.source_index = 3;
	(void)add_found(&more, 500);
}

static void harm_other_topic(void)
{
	world.found[7].topic = 1;
}

static void harm_from_above_c(void)
{
	struct verify_item more = verify_world_item(world.lineage, 50);

	more.source_offset = 5000;
	(void)add_found(&more, 500);
}

static void harm_from_no_partition(void)
{
	struct verify_item more = verify_world_item(world.lineage, 50);

	more.source_partition = 2;
	(void)add_found(&more, 500);
}

/* 8 6 4: two of them lie behind a later one. */
static void harm_swap(void)
{
	int64_t offset = world.found[4].offset;

	world.found[4].offset = world.found[8].offset;
	world.found[8].offset = offset;
}

/* 0 2 .. 18 4: what comes after it is in order. */
static void harm_late(void)
{
	world.found[4].offset = 900;
}

/* Source partitions have no order among each other. */
static void harm_interleaved(void)
{
	for (size_t i = 0; i < world.found_count; i++) {
		world.found[i].partition = 0;
		if (world.found[i].source_partition == 1)
			world.found[i].offset -= 50;
	}
}

static void harm_optional_gone(void)
{
	for (size_t i = RECORDS - 4; i < RECORDS; i++)
		world.expected[i].optional = true;
	world.found_count -= 2;
}

/* Of two with one content the one that must be there takes what is there. */
static void harm_optional_of_two_gone(void)
{
	world.expected[6].optional = true;
	world.found[6] = world.found[--world.found_count];
}

static void harm_optional_again(void)
{
	world.expected[RECORDS - 1].optional = true;
	(void)add_found(&world.found[RECORDS - 1], 500);
}

static void harm_unsure_gone(void)
{
	world.expected[18].unsure = world.expected[19].unsure = true;
	world.found_count -= 2;
}

static void harm_unsure_again(void)
{
	world.expected[19].unsure = true;
	(void)add_found(&world.found[19], 500);
}

/* A program that writes to the same topic. */
static void harm_foreign(void)
{
	struct verify_item more = verify_world_item(false, 50);

	(void)add_found(&more, 50);
}

static void harm_from_below_the_base(void)
{
	struct verify_item more = verify_world_item(true, 1);

	more.source_offset = 4;
	(void)add_found(&more, 1);
}

static struct verify_item dead_letter(int i)
{
	struct verify_item it = verify_world_item(true, i);

	it.dead = true;
	it.topic = 1;
	it.source_index = 0;
	it.content.bytes[5] = 9;
	return it;
}

static void harm_dead_letter_gone(void)
{
	world.expected[world.expected_count++] = dead_letter(30);
}

static void harm_dead_letter_again(void)
{
	struct verify_item dead = dead_letter(30);

	world.expected[world.expected_count++] = dead;
	(void)add_found(&dead, 500);
	(void)add_found(&dead, 501);
}

static void harm_dead_letter_of_nothing(void)
{
	struct verify_item dead = dead_letter(30);

	(void)add_found(&dead, 500);
}

/* The broker refused what record 7 gave: no harm. */
static void harm_refused(void)
{
	struct verify_item dead = dead_letter(7);

	dead.sending = true;
	harm_one_gone();
	(void)add_found(&dead, 500);
}

static void harm_refused_twice(void)
{
	struct verify_item dead = dead_letter(7);

	harm_refused();
	dead.sending = true;
	(void)add_found(&dead, 501);
}

/* A dead letter and the result of the same record. */
static void harm_refused_and_there(void)
{
	struct verify_item dead = dead_letter(7);

	dead.sending = true;
	(void)add_found(&dead, 500);
}

/* By content it cannot be told where an unexpected one comes from, nor by source where one that is
 * gone would have been: deleted outputs. Output partition 0 begins at source offset 14. */
static void harm_outputs_deleted(void)
{
	for (size_t i = 0; i < 3; i++)
		world.parts.outputs[i].span.start = 1;
	world.parts.outputs[1].span.start = world.parts.outputs[2].span.start = 0;
	for (size_t i = 0; i < world.found_count; i++)
		if (world.found[i].source_partition == 0 && world.found[i].source_offset < 14)
			world.found[i--] = world.found[--world.found_count];
	for (size_t i = 0; i < world.found_count; i++)
		if (world.found[i].source_partition == 0 && world.found[i].source_offset == 20)
			world.found[i--] = world.found[--world.found_count];
}

static void harm_output_compacted(void)
{
	world.parts.outputs[0].compacted = true;
	harm_one_gone();
}

static void harm_not_judged(void)
{
	world.parts.all[1].judged = false;
	harm_one_gone(); /* 7 is of partition 1 */
	(void)add_found(&world.found[9], 500);
	world.found[9].partition = 0;
}

static void harm_input_cut(void)
{
	struct verify_item more = verify_world_item(world.lineage, 50);

	world.parts.all[0].has_past = true;
	more.source_offset = world.lineage ? 4 : 60;
	(void)add_found(&more, 1);
}

/* What is there once more is found nevertheless. */
static void harm_input_cut_and_one_again(void)
{
	world.parts.all[0].has_past = true;
	harm_one_again();
}

struct counts {
	uint64_t kinds[VERIFY_KINDS]; /* missing repeated altered unexpected disordered */
	uint64_t maybe_missing, maybe_ours, foreign, refused;
};

static const struct harm {
	const char *name;
	void (*do_it)(void);
	struct counts by_content, by_source;
} harms[] = {
	{"nothing", harm_nothing, {{0}, 0, 0, 0, 0}, {{0}, 0, 0, 0, 0}},
	{"everything gone", harm_everything_gone, {{RECORDS}, 0, 0, 0, 0}, {{RECORDS}, 0, 0, 0, 0}},
	{"one gone", harm_one_gone, {{1}, 0, 0, 0, 0}, {{1}, 0, 0, 0, 0}},
	{"one again", harm_one_again, {{0, 1}, 0, 0, 0, 0}, {{0, 1, 0, 0, 1}, 0, 0, 0, 0}},
	{"one gone, one again",
	 harm_one_gone_one_again,
	 {{1, 1}, 0, 0, 0, 0},
	 {{1, 1, 0, 0, 1}, 0, 0, 0, 0}},
	{"other content", harm_other_content, {{1, 0, 0, 1}, 0, 0, 0, 0}, {{0, 0, 1}, 0, 0, 0, 0}},
	{"again with other content",
	 harm_again_with_other_content,
	 {{0, 0, 0, 1}, 0, 0, 0, 0},
	 {{0, 1}, 0, 0, 0, 0}},
	{"another one", harm_another_one, {{0, 0, 0, 1}, 0, 0, 0, 0}, {{0, 0, 0, 1}, 0, 0, 0, 0}},
	{"other topic", harm_other_topic, {{1, 0, 0, 1}, 0, 0, 0, 0}, {{1, 0, 0, 1}, 0, 0, 0, 0}},
	{"from above C", harm_from_above_c, {{0, 0, 0, 1}, 0, 0, 0, 0}, {{0, 0, 0, 1}, 0, 0, 0, 0}},
	{"from no partition",
	 harm_from_no_partition,
	 {{0, 0, 0, 1}, 0, 0, 0, 0},
	 {{0, 0, 0, 1}, 0, 0, 0, 0}},
	{"swap", harm_swap, {{0}, 0, 0, 0, 0}, {{0, 0, 0, 0, 2}, 0, 0, 0, 0}},
	{"late", harm_late, {{0}, 0, 0, 0, 0}, {{0, 0, 0, 0, 1}, 0, 0, 0, 0}},
	{"interleaved", harm_interleaved, {{0}, 0, 0, 0, 0}, {{0}, 0, 0, 0, 0}},
	{"optional gone", harm_optional_gone, {{0}, 0, 0, 0, 0}, {{0}, 0, 0, 0, 0}},
	{"optional of two gone", harm_optional_of_two_gone, {{0}, 0, 0, 0, 0}, {{0}, 0, 0, 0, 0}},
	{"optional again", harm_optional_again, {{0, 1}, 0, 0, 0, 0}, {{0, 1}, 0, 0, 0, 0}},
	{"unsure gone", harm_unsure_gone, {{0}, 2, 0, 0, 0}, {{0}, 2, 0, 0, 0}},
	{"unsure again", harm_unsure_again, {{0, 1}, 0, 0, 0, 0}, {{0, 1}, 0, 0, 0, 0}},
	{"foreign", harm_foreign, {{0, 0, 0, 1}, 0, 0, 0, 0}, {{0}, 0, 0, 1, 0}},
	{"from below the base", harm_from_below_the_base, {{0}, 0, 1, 0, 0}, {{0}, 0, 1, 0, 0}},
	{"dead letter gone", harm_dead_letter_gone, {{1}, 0, 0, 0, 0}, {{1}, 0, 0, 0, 0}},
	{"dead letter again", harm_dead_letter_again, {{0, 1}, 0, 0, 0, 0}, {{0, 1}, 0, 0, 0, 0}},
	{"dead letter of nothing",
	 harm_dead_letter_of_nothing,
	 {{0, 0, 0, 1}, 0, 0, 0, 0},
	 {{0, 0, 0, 1}, 0, 0, 0, 0}},
	{"refused", harm_refused, {{0}, 0, 0, 0, 1}, {{0}, 0, 0, 0, 1}},
	{"refused twice", harm_refused_twice, {{0, 1}, 0, 0, 0, 1}, {{0, 1}, 0, 0, 0, 1}},
	{"refused and there",
	 harm_refused_and_there,
	 {{0, 0, 0, 1}, 0, 0, 0, 1},
	 {{0, 0, 0, 1}, 0, 0, 0, 1}},
	{"outputs deleted", harm_outputs_deleted, {{0}, 3, 0, 0, 0}, {{1}, 2, 0, 0, 0}},
	{"output compacted", harm_output_compacted, {{0}, 1, 0, 0, 0}, {{0}, 1, 0, 0, 0}},
	{"not judged", harm_not_judged, {{0}, 1, 1, 0, 0}, {{0}, 0, 10, 0, 0}},
	{"input cut", harm_input_cut, {{0}, 0, 1, 0, 0}, {{0}, 0, 1, 0, 0}},
	{"input cut, one again",
	 harm_input_cut_and_one_again,
	 {{0, 1}, 0, 0, 0, 0},
	 {{0, 1, 0, 0, 1}, 0, 0, 0, 0}},
};
#define HARMS (sizeof(harms) / sizeof(harms[0]))

/* Loop index: a harm, by content and then by source. */
START_TEST(each_harm_is_found_and_nothing_else)
{
	const struct harm *harm = &harms[_i / 2];
	const struct counts *counts = _i % 2 ? &harm->by_source : &harm->by_content;

	verify_world_sound(_i % 2, RECORDS);
	harm->do_it();
	verify_world_compare();
	for (int kind = 0; kind < VERIFY_KINDS; kind++)
		ck_assert_msg(report.counts[kind] == counts->kinds[kind], "%s, by %s: %d %s",
			      harm->name, _i % 2 ? "source" : "content", (int)report.counts[kind],
			      verify_kind_name((enum verify_kind)kind));
	ck_assert_msg(report.maybe_missing == counts->maybe_missing, "%s: %d maybe missing",
		      harm->name, (int)report.maybe_missing);
	ck_assert_msg(report.maybe_ours == counts->maybe_ours, "%s: %d maybe ours", harm->name,
		      (int)report.maybe_ours);
	ck_assert_msg(report.foreign == counts->foreign, "%s: foreign", harm->name);
	ck_assert_msg(report.refused == counts->refused, "%s: refused", harm->name);
}
END_TEST

START_TEST(nothing_at_all_is_ok)
{
	verify_world_sound(_i, 0);
	verify_world_compare();
	for (int kind = 0; kind < VERIFY_KINDS; kind++)
		ck_assert_uint_eq(report.counts[kind], 0);
}
END_TEST

START_TEST(a_missing_one_is_named_by_its_source)
{
	verify_world_sound(_i, RECORDS);
	harm_one_gone();
	verify_world_compare();
	/* By content it is one of the two with that content: 6 or 7. */
	if (_i)
		ck_assert_int_eq(report.examples[VERIFY_MISSING][0].source_offset, 17);
	else
		ck_assert_int_eq(report.examples[VERIFY_MISSING][0].content.bytes[0], 3);
}
END_TEST

START_TEST(a_found_one_is_named_by_its_place)
{
	verify_world_sound(_i, RECORDS);
	harm_one_again();
	harm_another_one();
	world.found[world.found_count - 1].offset = 501;
	verify_world_compare();
	ck_assert_int_eq(report.examples[VERIFY_REPEATED][0].offset, 500);
	ck_assert_int_eq(report.examples[VERIFY_UNEXPECTED][0].offset, 501);
}
END_TEST

START_TEST(examples_are_limited_and_counts_are_not)
{
	verify_world_sound(true, 300);
	world.found_count = 0;
	verify_world_compare();
	ck_assert_uint_eq(report.counts[VERIFY_MISSING], 300);
	ck_assert_int_eq(report.examples[VERIFY_MISSING][VERIFY_EXAMPLES_MAX - 1].source_partition,
			 0);
}
END_TEST

/* Many harms at once, at random: whatever is judged, it is the same with little memory; and what
 * was done is what is counted. Seed: the loop index. */
START_TEST(little_memory_gives_the_same_report)
{
	struct rng rng = {(uint64_t)_i + 1};
	uint64_t gone = 0, again = 0;

	verify_world_sound(true, 1500);
	for (int n = 0; n < 200; n++) {
		size_t at = rng_below(&rng, (uint32_t)world.found_count);

		if (rng_below(&rng, 2)) {
			world.found[at] = world.found[--world.found_count];
			gone++;
		} else {
			struct verify_item other = world.found[at];

			(void)add_found(&other, 5000 + n);
			again++;
		}
	}
	verify_world_compare();
	/* One that was repeated and then lost once counts as neither. */
	ck_assert_uint_eq(gone - report.counts[VERIFY_MISSING],
			  again - report.counts[VERIFY_REPEATED]);
	ck_assert_uint_gt(report.counts[VERIFY_MISSING], 0);
	ck_assert_uint_gt(report.counts[VERIFY_REPEATED], 0);
}
END_TEST

START_TEST(the_progress_says_how_far_how_fast_and_how_long)
{
	struct verify_progress progress = {.what = "reading input", .total = 4000, .done = 1000};
	char text[120];

	verify_progress_text(&progress, 2000, text, sizeof(text));
	ck_assert_str_eq(text, "reading input: 25%, 1000 records, 500 records/s, 0:00:06 left");
	progress.done = 4001; /* a marker more than the ends of the log promise */
	verify_progress_text(&progress, 2000, text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, ": 100%, "));
	ck_assert_ptr_nonnull(strstr(text, " 0:00:00 left"));
	progress.total = progress.done = 0;
	verify_progress_text(&progress, 0, text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, ": 100%, "));
}
END_TEST

static void add_comparisons(TCase *tcase)
{
	tcase_add_checked_fixture(tcase, NULL, verify_world_clear);
	tcase_add_loop_test(tcase, each_harm_is_found_and_nothing_else, 0, (int)HARMS * 2);
	tcase_add_loop_test(tcase, nothing_at_all_is_ok, 0, 2);
	tcase_add_loop_test(tcase, a_missing_one_is_named_by_its_source, 0, 2);
	tcase_add_loop_test(tcase, a_found_one_is_named_by_its_place, 0, 2);
	tcase_add_test(tcase, examples_are_limited_and_counts_are_not);
	tcase_add_test(tcase, the_progress_says_how_far_how_fast_and_how_long);
	tcase_add_loop_test(tcase, little_memory_gives_the_same_report, 0, 5);
}

int main(void)
{
	TCase *tcase = tcase_create("verify");

	add_comparisons(tcase);
	return suite_run("verify", tcase);
}
