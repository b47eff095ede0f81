/*
 * reset_plan: goal: `offsets reset` moves C to any place of the log, says truly how many records
 * that repeats or skips, and leaves what the daemon goes on with at once: with the state that was
 * asked for, whatever lay in its store before. Method: each case through the plan, and the plan's
 * metadata through core/recover, the old checkpoint still there.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "cli/reset_plan.h"
#include "lib/recover_case.h"
#include "lib/suite.h"

#define G 1234567

static struct recover_in in;
static struct reset_plan plan;

static void setup(void)
{
	in = recover_case(50, 100);
	in.m_form = META_OURS;
	in.m = (struct meta){.k = 5, .n = 4, .d = 7, .g = 99, .b = 10, .v = 1000, .p = -1};
	in.has_checkpoint = true;
	in.checkpoint = (struct checkpoint){.x = 50, .k = 5, .d = 7, .g = 99, .b = 10};
}

/* What the daemon does next, with its old checkpoint still there. */
static struct recover_out verdict_after(void)
{
	char text[META_MAX];
	size_t length = meta_write(&plan.meta, text);
	struct recover_out out;

	in.has_c = true;
	in.c = plan.to;
	in.m_form = meta_read(bytes_of(text, length), &in.m);
	ck_assert_int_eq(in.m_form, META_OURS);
	recover_decide(&in, &out);
	ck_assert_int_eq(out.verdict == VERDICT_STOP ? (int)out.reason : 0, 0);
	ck_assert_int_eq(out.c, plan.to);
	ck_assert_int_eq(out.g, G);
	ck_assert(!out.keep_state); /* never the old one */
	return out;
}

static void make(int64_t to, enum reset_state state)
{
	ck_assert(reset_plan_make(&in, to, state, G, &plan));
	ck_assert_int_eq(plan.to, to);
}

/* Each kind of stop, by what is wrong before the reset. Loop index. */
static void break_it(int what)
{
	switch (what) {
	case 0: /* nothing */
		break;
	case 1:
		in.has_c = false; /* expired */
		break;
	case 2:
		in.m_form = META_FOREIGN;
		break;
	case 3:
		in.m_form = META_NEWER;
		break;
	case 4:
		in.m.k = 6; /* another cluster */
		break;
	case 5:
		in.m.n = 3; /* partitions added */
		break;
	case 6:
		in.c = 20; /* moved back */
		break;
	case 7:
		in.c = 200; /* made anew */
		break;
	case 8:
		in.c = 4; /* deleted before it was processed */
		break;
	default:
		ck_abort_msg("no such case");
	}
}
#define BREAKS 9

START_TEST(rebuild_counts_the_log_as_seen)
{
	struct recover_out out;

	break_it(_i);
	make(40, RESET_REBUILD);
	ck_assert_int_eq(plan.meta.b, 10);
	out = verdict_after();
	ck_assert_int_eq(out.verdict, VERDICT_SCRATCH);
	ck_assert_int_eq(out.start, 10);
}
END_TEST

START_TEST(empty_counts_nothing_as_seen)
{
	struct recover_out out;

	break_it(_i);
	make(40, RESET_EMPTY);
	ck_assert_int_eq(plan.meta.b, 40);
	ck_assert_int_eq(plan.meta.p, -1); /* as at a first start, so that h can be checked */
	out = verdict_after();
	ck_assert_int_eq(out.verdict, VERDICT_LIVE);
	ck_assert_int_eq(out.start, 40);
	ck_assert(!out.gap.open);
}
END_TEST

START_TEST(a_pipeline_without_state_is_moved)
{
	break_it(_i);
	in.stateful = false;
	in.window_ms = 0;
	make(40, RESET_UNSAID);
	ck_assert_int_eq(verdict_after().verdict, VERDICT_LIVE);
}
END_TEST

START_TEST(a_compacted_input_goes_on)
{
	in.compacted = true;
	make(40, RESET_REBUILD);
	ck_assert_int_eq(verdict_after().verdict, VERDICT_GAP);
	setup();
	in.compacted = true;
	make(40, RESET_EMPTY);
	ck_assert_int_eq(verdict_after().verdict, VERDICT_LIVE);
}
END_TEST

static void expect(int64_t again, int64_t skipped, int64_t gone)
{
	ck_assert_int_eq(plan.again, again);
	ck_assert_int_eq(plan.skipped, skipped);
	ck_assert_int_eq(plan.gone, gone);
}

START_TEST(what_it_costs_is_said)
{
	make(40, RESET_EMPTY);
	expect(10, 0, 0);
	make(50, RESET_EMPTY);
	expect(0, 0, 0);
	make(100, RESET_EMPTY);
	expect(0, 50, 0);
	in.c = 4; /* 4 to 9 are deleted */
	make(10, RESET_EMPTY);
	expect(0, 0, 6);
	make(30, RESET_EMPTY);
	expect(0, 20, 6);
	in.c = 200; /* beyond the end: what is there was never processed, or is another's */
	make(10, RESET_EMPTY);
	expect(90, 0, 0);
	in.has_c = false;
	make(30, RESET_EMPTY);
	ck_assert(!plan.has_from);
	expect(0, 0, 0);
}
END_TEST

START_TEST(outside_of_the_log_is_refused)
{
	ck_assert(reset_plan_make(&in, 10, RESET_EMPTY, G, &plan));
	ck_assert(reset_plan_make(&in, 100, RESET_EMPTY, G, &plan));
	ck_assert(!reset_plan_make(&in, 9, RESET_EMPTY, G, &plan));
	ck_assert(!reset_plan_make(&in, 101, RESET_EMPTY, G, &plan));
}
END_TEST

START_TEST(where_to_is_read)
{
	static const char *const wrong[] = {
		"",    "-1", "1.5", "0x10", "Earliest", "2026-01-31", "99999999999999999999",
		"now", " 1", "1 "};
	struct reset_to to;

	ck_assert(reset_to_parse("0", &to));
	ck_assert_int_eq(to.target, RESET_TO_OFFSET);
	ck_assert(reset_to_parse("1234", &to));
	ck_assert_int_eq(to.value, 1234);
	ck_assert(reset_to_parse("earliest", &to));
	ck_assert_int_eq(to.target, RESET_TO_EARLIEST);
	ck_assert(reset_to_parse("latest", &to));
	ck_assert_int_eq(to.target, RESET_TO_LATEST);
	ck_assert(reset_to_parse("1970-01-01T00:00:01.5Z", &to));
	ck_assert_int_eq(to.target, RESET_TO_TIME);
	ck_assert_int_eq(to.value, 1500);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_msg(!reset_to_parse(wrong[i], &to), "%s", wrong[i]);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("reset");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_loop_test(tcase, rebuild_counts_the_log_as_seen, 0, BREAKS);
	tcase_add_loop_test(tcase, empty_counts_nothing_as_seen, 0, BREAKS);
	tcase_add_loop_test(tcase, a_pipeline_without_state_is_moved, 0, BREAKS);
	tcase_add_test(tcase, a_compacted_input_goes_on);
	tcase_add_test(tcase, what_it_costs_is_said);
	tcase_add_test(tcase, outside_of_the_log_is_refused);
	tcase_add_test(tcase, where_to_is_read);
	return suite_run("reset", tcase);
}
