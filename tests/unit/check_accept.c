/*
 * accept_plan: goal: `offsets accept` settles every STOP that it is offered for, and only those:
 * after it the daemon's own verdict is one to go on with. Method: each case through the plan, and
 * the plan's metadata through core/recover.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "cli/accept_plan.h"
#include "lib/recover_case.h"
#include "lib/suite.h"

static struct recover_in in;
static struct accept_plan plan;

static void stateful(void)
{
	in = recover_case(50, 100);
	in.m_form = META_FOREIGN;
}

/* What the daemon does next, with its old checkpoint still there. */
static enum verdict verdict_after(void)
{
	char text[META_MAX];
	size_t length = meta_write(&plan.meta, text);
	struct recover_out out;

	in.has_c = true;
	in.c = plan.offset;
	in.m_form = meta_read(bytes_of(text, length), &in.m);
	ck_assert_int_eq(in.m_form, META_OURS);
	recover_decide(&in, &out);
	ck_assert_int_eq(out.verdict == VERDICT_STOP ? (int)out.reason : 0, 0);
	ck_assert_int_eq(out.c, plan.offset);
	ck_assert_int_eq(out.g, 1234567);
	return out.verdict;
}

START_TEST(foreign_offsets_are_taken_as_they_stand)
{
	accept_plan_make(&in, false, 1234567, &plan);
	ck_assert_int_eq(plan.kind, ACCEPT_C);
	ck_assert_int_eq(plan.offset, 50);
	ck_assert_int_eq(plan.meta.b, 10);
	ck_assert_int_eq(plan.meta.n, 4);
	ck_assert_int_eq(verdict_after(), VERDICT_SCRATCH);
}
END_TEST

START_TEST(offsets_moved_back_are_taken)
{
	in.m_form = META_OURS;
	in.m = (struct meta){.k = 5, .n = 4, .d = 7, .g = 99, .v = 1000, .p = -1};
	in.has_checkpoint = true;
	in.checkpoint = (struct checkpoint){.x = 80, .k = 5, .d = 7, .g = 99};
	accept_plan_make(&in, false, 1234567, &plan);
	ck_assert_int_eq(plan.kind, ACCEPT_C);
	ck_assert_int_eq(plan.offset, 50);
	ck_assert_int_eq(verdict_after(), VERDICT_SCRATCH);
}
END_TEST

START_TEST(another_cluster_and_partition_count_are_taken)
{
	in.m_form = META_OURS;
	in.m = (struct meta){.k = 6, .n = 3, .d = 7, .g = 99, .v = 1000, .p = -1};
	accept_plan_make(&in, false, 1234567, &plan);
	ck_assert_int_eq(verdict_after(), VERDICT_SCRATCH);
}
END_TEST

START_TEST(expired_offsets_come_back_from_the_state)
{
	in.has_c = false;
	in.has_checkpoint = true;
	in.checkpoint = (struct checkpoint){.x = 80, .k = 5, .d = 7, .g = 99};
	accept_plan_make(&in, false, 1234567, &plan);
	ck_assert_int_eq(plan.kind, ACCEPT_X);
	ck_assert_int_eq(plan.offset, 80);
	ck_assert_int_eq(verdict_after(), VERDICT_SCRATCH);
}
END_TEST

START_TEST(an_offset_before_the_log_becomes_its_start)
{
	in.c = 4;
	accept_plan_make(&in, false, 1234567, &plan);
	ck_assert_int_eq(plan.kind, ACCEPT_LOG_START);
	ck_assert_int_eq(plan.offset, 10);
	ck_assert_int_eq(verdict_after(), VERDICT_LIVE); /* nothing below it can be read */
}
END_TEST

START_TEST(a_compacted_input_goes_on)
{
	in.compacted = true;
	accept_plan_make(&in, false, 1234567, &plan);
	ck_assert_int_eq(plan.kind, ACCEPT_C);
	ck_assert_int_eq(verdict_after(), VERDICT_GAP);
}
END_TEST

START_TEST(a_pipeline_without_state_goes_on)
{
	in.stateful = false;
	in.window_ms = 0;
	accept_plan_make(&in, false, 1234567, &plan);
	ck_assert_int_eq(verdict_after(), VERDICT_LIVE);
}
END_TEST

START_TEST(an_offset_beyond_the_log_is_not_the_truth)
{
	in.c = 101;
	accept_plan_make(&in, false, 1234567, &plan);
	ck_assert_int_eq(plan.kind, ACCEPT_BEYOND);
	in.c = 100;
	accept_plan_make(&in, false, 1234567, &plan);
	ck_assert_int_eq(plan.kind, ACCEPT_C);
}
END_TEST

/* With the others' M renewed nothing would tell any more that it came after them. */
START_TEST(a_partition_that_was_added_begins_at_its_beginning)
{
	in.has_c = false;
	in.start = in.high_watermark; /* from.start: latest */
	accept_plan_make(&in, true, 1234567, &plan);
	ck_assert_int_eq(plan.kind, ACCEPT_ADDED);
	ck_assert_int_eq(plan.offset, 10);
	ck_assert_int_eq(verdict_after(), VERDICT_LIVE);
}
END_TEST

START_TEST(a_first_start_has_nothing_to_accept)
{
	in.has_c = false;
	accept_plan_make(&in, false, 1234567, &plan);
	ck_assert_int_eq(plan.kind, ACCEPT_NOTHING);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("accept");

	tcase_add_checked_fixture(tcase, stateful, NULL);
	tcase_add_test(tcase, foreign_offsets_are_taken_as_they_stand);
	tcase_add_test(tcase, offsets_moved_back_are_taken);
	tcase_add_test(tcase, another_cluster_and_partition_count_are_taken);
	tcase_add_test(tcase, expired_offsets_come_back_from_the_state);
	tcase_add_test(tcase, an_offset_before_the_log_becomes_its_start);
	tcase_add_test(tcase, a_compacted_input_goes_on);
	tcase_add_test(tcase, a_pipeline_without_state_goes_on);
	tcase_add_test(tcase, an_offset_beyond_the_log_is_not_the_truth);
	tcase_add_test(tcase, a_partition_that_was_added_begins_at_its_beginning);
	tcase_add_test(tcase, a_first_start_has_nothing_to_accept);
	return suite_run("accept", tcase);
}
