/*
 * recover, its end: goal: what follows when a replay has reached C, and what an open gap stops.
 * Method: each verdict with a window that is M's, and with one that differs in one field; gaps at
 * their edges; then lives of a partition in which one verdict follows the other over a small log.
 */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/recover.h"
#include "lib/suite.h"

#define WITHIN 1000

static struct recover_in in;
static struct recover_out decided;
static struct window window;
static struct gap gap;
static bool first;

static void setup(void)
{
	memset(&in, 0, sizeof(in));
	in.stateful = true;
	in.d = 7;
	in.window_ms = WITHIN;
	in.n = 1;
	in.high_watermark = 200;
	in.has_c = true;
	in.c = 100;
	in.m_form = META_OURS;
	in.m = (struct meta){.n = 1, .d = 7, .g = 77, .b = 12, .v = WITHIN};
	in.m.t = 5000;
	in.m.p = 5001;
	in.m.x = 5100;
	in.m.h = 0xabc;
	memset(&decided, 0, sizeof(decided));
	decided.start = 60;
	decided.c = 100;
	decided.b = 12;
	window = (struct window){.t = 5000, .p = 5001, .x = 5100, .h = 0xabc, .marker_count = 1};
	window.markers[0] = (struct marker){60, 4000, 4001, 0xdef};
	gap = (struct gap){true, -1, -1};
	first = true;
}

static enum recover_end finish(enum verdict verdict)
{
	decided.verdict = verdict;
	return recover_finish(&in, &decided, &window, &gap, &first);
}

/* Not as M has it, in T, p or h. */
static void differ(int field)
{
	window.t += field == 0;
	window.p += field == 1;
	window.h += field == 2;
}

START_TEST(a_replay_that_comes_out_as_m_is_recovered)
{
	static const enum verdict verdicts[] = {VERDICT_LIVE, VERDICT_REPLAY, VERDICT_REBUILD};

	ck_assert_int_eq(finish(verdicts[_i]), RECOVERED);
	ck_assert(!gap.open);
	ck_assert(!first);
	ck_assert_uint_eq(window.marker_count, 1);
}
END_TEST

/* M without a T, and the K of a rebuild that has read no record yet: equal, but no state of C. */
START_TEST(what_is_not_known_is_not_equal)
{
	in.log_start = 61;
	in.m.t = in.m.x = 0;
	in.m.p = WINDOW_P_UNKNOWN;
	in.m.h = 1;
	in.has_checkpoint = true;
	in.checkpoint = (struct checkpoint){.x = 61, .d = 7, .g = 77, .b = 12};
	window_init_unknown(&in.checkpoint.window);
	recover_decide(&in, &decided);
	ck_assert_int_eq(decided.verdict, VERDICT_REPLAY);
	ck_assert_int_eq(decided.start, 61);
	window = decided.window;
	(void)window_advance(&window, WITHIN, 61, 5000);
	ck_assert_int_eq(finish(VERDICT_REPLAY), RECOVER_AGAIN);
}
END_TEST

/* It was written amid a rebuild from `begins`: its own marks are all it has. */
static void k_amid_a_rebuild(int64_t begins)
{
	in.m.has_w = true;
	in.m.w = (struct marker){60, 4000, 4001, 0xdef};
	in.has_checkpoint = true;
	in.checkpoint = (struct checkpoint){.x = 70, .d = 7, .g = 77, .b = 12, .v = WITHIN};
	in.checkpoint.window = window;
	in.checkpoint.window.h = 0x123;
	in.checkpoint.window.markers[0].offset = begins;
	recover_decide(&in, &decided);
}

/* C went back in the brokers: for this one the rebuild has begun too late. */
START_TEST(a_k_that_does_not_reach_back_to_w_is_not_used)
{
	k_amid_a_rebuild(60);
	ck_assert_int_eq(decided.verdict, VERDICT_REPLAY);
	ck_assert_int_eq(decided.start, 70);
	k_amid_a_rebuild(61);
	ck_assert_int_eq(decided.verdict, VERDICT_REBUILD);
	ck_assert_int_eq(decided.start, 60);
	ck_assert(!decided.keep_state);
	in.c = in.checkpoint.x; /* nor if it stands at that C */
	in.m.h = in.checkpoint.window.h;
	recover_decide(&in, &decided);
	ck_assert_int_eq(decided.verdict, VERDICT_REBUILD);
}
END_TEST

START_TEST(a_replay_from_k_that_comes_out_otherwise_drops_k)
{
	differ(_i);
	ck_assert_int_eq(finish(VERDICT_REPLAY), RECOVER_AGAIN);
}
END_TEST

START_TEST(a_rebuild_that_comes_out_otherwise_is_not_the_input)
{
	differ(_i);
	ck_assert_int_eq(finish(VERDICT_REBUILD), RECOVER_STOP);
}
END_TEST

START_TEST(a_scratch_from_the_base_is_complete_and_says_so_in_a_new_m)
{
	decided.start = decided.b;
	ck_assert_int_eq(finish(VERDICT_SCRATCH), RECOVERED);
	ck_assert(!gap.open);
	ck_assert(first);
	ck_assert_int_eq(window.markers[0].offset, 60); /* its own markers stay */
}
END_TEST

START_TEST(a_scratch_from_the_base_that_comes_out_otherwise_is_not_the_input)
{
	decided.start = decided.b;
	differ(_i);
	ck_assert_int_eq(finish(VERDICT_SCRATCH), RECOVER_STOP);
}
END_TEST

START_TEST(a_scratch_from_elsewhere_is_a_gap_with_the_facts_of_m)
{
	/* Even where T came out the same and the first records are old: a late one may be first. */
	window = (struct window){.t = 5000, .p = 5001, .x = 5050, .h = 0x55, .marker_count = 1};
	ck_assert_int_eq(finish(VERDICT_SCRATCH), RECOVERED);
	ck_assert(gap.open);
	ck_assert_int_eq(gap.t, 5000);
	ck_assert_int_eq(gap.x, 5100);
	ck_assert(first);
	ck_assert_int_eq(window.p, 5001);
	ck_assert_int_eq(window.x, 5100);
	ck_assert_uint_eq(window.h, 0xabc);
	ck_assert_uint_eq(window.marker_count, 1);
	ck_assert_int_eq(window.markers[0].offset, 100);
}
END_TEST

START_TEST(an_adopted_log_is_all_there_is_to_know)
{
	in.m_form = META_FOREIGN;
	memset(&in.m, 0, sizeof(in.m));
	decided.start = decided.b;
	decided.commit_first = true;
	ck_assert_int_eq(finish(VERDICT_SCRATCH), RECOVERED);
	ck_assert(!gap.open);
	ck_assert(first);
	ck_assert_int_eq(window.t, 5000);
}
END_TEST

/* What an admin accepted has no T: what comes out is it. */
START_TEST(an_accepted_log_is_complete_from_its_base_and_else_a_gap_of_what_is_there)
{
	in.m.t = in.m.x = 0;
	in.m.p = WINDOW_P_UNKNOWN;
	in.m.h = 0;
	decided.start = decided.b;
	ck_assert_int_eq(finish(VERDICT_SCRATCH), RECOVERED);
	ck_assert(!gap.open);
	ck_assert(first);
	decided.start = decided.b + 1;
	ck_assert_int_eq(finish(VERDICT_SCRATCH), RECOVERED);
	ck_assert(gap.open);
	ck_assert_int_eq(gap.t, 5000);
	ck_assert_int_eq(gap.x, 5100);
	ck_assert_int_eq(window.t, 5000);
}
END_TEST

START_TEST(a_gap_is_kept_and_committed_first)
{
	decided.gap = (struct gap){true, 5000, 5100};
	decided.commit_first = true;
	ck_assert_int_eq(finish(VERDICT_GAP), RECOVERED);
	ck_assert(gap.open);
	ck_assert_int_eq(gap.t, 5000);
	ck_assert(first);
}
END_TEST

START_TEST(an_older_gap_outlives_a_replay)
{
	static const enum verdict verdicts[] = {VERDICT_LIVE, VERDICT_REPLAY, VERDICT_REBUILD};

	decided.gap = (struct gap){true, 4900, 5090};
	ck_assert_int_eq(finish(verdicts[_i]), RECOVERED);
	ck_assert(gap.open);
	ck_assert_int_eq(gap.t, 4900);
	ck_assert_int_eq(gap.x, 5090);
}
END_TEST

/* x is the highest timestamp of the whole log; a rebuild sees only that of its suffix. A gap that
 * opens later reaches as far as x, so M's must not be lost. */
START_TEST(the_highest_timestamp_outlives_a_rebuild)
{
	window.x = 5050;
	ck_assert_int_eq(finish(VERDICT_REBUILD), RECOVERED);
	ck_assert_int_eq(window.x, 5100);
	window.x = 5050;
	ck_assert_int_eq(finish(VERDICT_REPLAY), RECOVERED);
	ck_assert_int_eq(window.x, 5100);
}
END_TEST

START_TEST(a_stop_has_no_end)
{
	(void)finish(VERDICT_STOP);
}
END_TEST

/* --- gaps --- */

START_TEST(a_gap_is_hit_within_its_reach_by_both_measures)
{
	static const struct {
		struct gap gap;
		int64_t within;
		struct entry now;
		bool hit;
	} rows[] = {
		{{true, 5000, 5100}, WITHIN, {6000, 6100}, true},
		{{true, 5000, 5100}, WITHIN, {6001, 6100}, false},
		{{true, 5000, 5100}, WITHIN, {6000, 6101}, false},
		{{true, 5000, 5100}, WITHIN, {5000, 0}, true}, /* a late one, however late */
		{{false, 5000, 5100}, WITHIN, {5000, 5000}, false},
		{{true, INT64_MAX - 5, INT64_MAX - 5}, WITHIN, {INT64_MAX, INT64_MAX}, true},
		{{true, 0, 0}, INT64_MAX, {INT64_MAX, INT64_MAX}, true},
		{{true, 5000, 5100}, 0, {5000, 5100}, true},
		{{true, 5000, 5100}, 0, {5001, 5100}, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(gap_is_hit(&rows[i].gap, rows[i].within, rows[i].now) == rows[i].hit,
			      "row %zu", i);
}
END_TEST

START_TEST(a_gap_closes_once_t_has_left_its_reach)
{
	struct gap open = {true, 5000, 5100};

	gap_advance(&open, WITHIN, 6000);
	ck_assert(open.open);
	gap_advance(&open, WITHIN, 6001);
	ck_assert(!open.open);
	gap_advance(&open, WITHIN, 0);
	ck_assert(!open.open);
	open = (struct gap){true, INT64_MAX - 5, 0};
	gap_advance(&open, WITHIN, INT64_MAX); /* saturated: it stays */
	ck_assert(open.open);
}
END_TEST

/* --- lives --- */

/* A log of one record a second; each step decides, replays and finishes as a worker does, and then
 * M is what it would commit at c. */
#define RECORD_MS(offset) (1000000 + 1000 * (offset))

static void advance(int64_t to, int64_t from)
{
	for (int64_t offset = from; offset < to; offset++)
		(void)window_advance(&window, in.window_ms, offset, RECORD_MS(offset));
}

static enum verdict assign(void)
{
	recover_decide(&in, &decided);
	if (decided.verdict == VERDICT_STOP)
		return VERDICT_STOP;
	window = decided.window;
	advance(decided.c, decided.start);
	ck_assert_int_eq(recover_finish(&in, &decided, &window, &gap, &first), RECOVERED);
	return decided.verdict;
}

/* Processes up to c and commits. */
static void commit(int64_t c)
{
	advance(c, in.has_c ? in.c : decided.c);
	in.has_c = true;
	in.c = c;
	in.m_form = META_OURS;
	in.m = (struct meta){.k = in.k,
			     .n = in.n,
			     .d = in.d,
			     .g = decided.g,
			     .b = decided.b,
			     .v = in.window_ms,
			     .t = window.t,
			     .p = window.p,
			     .x = window.x,
			     .h = window.h,
			     .a = gap};
	in.m.has_w = window_oldest(&window, &in.m.w);
}

static void life(void)
{
	memset(&in, 0, sizeof(in));
	in.stateful = true;
	in.d = 7;
	in.n = 1;
	in.window_ms = 10000;
	in.high_watermark = 1000;
	in.now_ms = 55;
}

START_TEST(a_host_without_state_comes_back_again_and_again)
{
	life();
	ck_assert_int_eq(assign(), VERDICT_LIVE);
	commit(0);
	ck_assert_int_eq(assign(), VERDICT_LIVE); /* nothing was processed yet */
	commit(5);
	ck_assert_int_eq(assign(), VERDICT_REBUILD);
	ck_assert_int_eq(decided.start, 0);
	commit(500);
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(assign(), VERDICT_REBUILD);
		ck_assert_int_ge(decided.start, in.c - 14);
		commit(in.c + 7);
	}
	in.window_ms = 20000; /* a wider window is only in the whole log */
	ck_assert_int_eq(assign(), VERDICT_SCRATCH);
	ck_assert_int_eq(decided.start, 0);
	ck_assert(!gap.open);
	commit(in.c);
	ck_assert_int_eq(assign(), VERDICT_REBUILD);
}
END_TEST

START_TEST(a_gap_of_an_idle_partition_is_rebuilt_at_its_own_marker)
{
	life();
	ck_assert_int_eq(assign(), VERDICT_LIVE);
	commit(100);
	in.log_start = 100; /* retention took all of it */
	ck_assert_int_eq(assign(), VERDICT_SCRATCH);
	ck_assert(gap.open);
	ck_assert_int_eq(gap.t, RECORD_MS(98));
	ck_assert_int_eq(gap.x, RECORD_MS(99));
	commit(100);
	ck_assert_int_eq(assign(), VERDICT_REBUILD); /* and nothing has to be read */
	ck_assert_int_eq(decided.start, 100);
	ck_assert(gap.open);
}
END_TEST

START_TEST(a_dedup_step_can_be_added_after_foreign_offsets)
{
	life();
	in.stateful = false;
	in.window_ms = 0;
	in.has_c = true;
	in.c = 50;
	in.m_form = META_FOREIGN;
	ck_assert_int_eq(assign(), VERDICT_LIVE);
	commit(80);
	ck_assert_int_eq(assign(), VERDICT_LIVE);
	commit(90);
	in.stateful = true;
	in.window_ms = 10000;
	ck_assert_int_eq(assign(), VERDICT_SCRATCH);
	ck_assert_int_eq(decided.start, 0);
	ck_assert(!gap.open);
	commit(90);
	ck_assert_int_eq(assign(), VERDICT_REBUILD);
}
END_TEST

START_TEST(a_dedup_step_can_be_taken_away_and_added_again)
{
	life();
	ck_assert_int_eq(assign(), VERDICT_LIVE);
	commit(40);
	in.stateful = false;
	in.window_ms = 0;
	ck_assert_int_eq(assign(), VERDICT_LIVE);
	commit(80);
	in.stateful = true;
	in.window_ms = 10000;
	ck_assert_int_eq(assign(), VERDICT_SCRATCH);
	ck_assert_int_eq(decided.start, 0);
	ck_assert(!gap.open);
}
END_TEST

START_TEST(every_reason_and_verdict_has_words_of_its_own)
{
	for (int i = 0; i <= STOP_NOT_THE_INPUT; i++)
		for (int j = 0; j < i; j++)
			ck_assert_str_ne(stop_reason_text((enum stop_reason)i),
					 stop_reason_text((enum stop_reason)j));
	for (int i = 0; i <= VERDICT_STOP; i++)
		for (int j = 0; j < i; j++)
			ck_assert_str_ne(verdict_name((enum verdict)i),
					 verdict_name((enum verdict)j));
	ck_assert_str_eq(stop_reason_text((enum stop_reason)99), "?");
	ck_assert_str_eq(verdict_name((enum verdict)99), "?");
}
END_TEST

START_TEST(a_gap_takes_m_and_a_marker_at_c)
{
	in.log_start = 80; /* w and b are deleted, and what is left is compacted */
	in.compacted = true;
	in.m.a = (struct gap){true, 1, 2}; /* an older one */
	recover_decide(&in, &decided);
	ck_assert_int_eq(decided.verdict, VERDICT_GAP);
	ck_assert_int_eq(decided.gap.t, 5000);
	ck_assert_int_eq(decided.gap.x, 5100);
	ck_assert_int_eq(decided.window.p, 5001);
	ck_assert_int_eq(decided.window.x, 5100);
	ck_assert_uint_eq(decided.window.marker_count, 1);
	ck_assert_int_eq(decided.window.markers[0].offset, 100);
	ck_assert_int_eq(decided.window.markers[0].t, 5000);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("recover_end");

	tcase_add_test(tcase, a_k_that_does_not_reach_back_to_w_is_not_used);
	tcase_add_test(tcase, what_is_not_known_is_not_equal);
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_loop_test(tcase, a_replay_that_comes_out_as_m_is_recovered, 0, 3);
	tcase_add_loop_test(tcase, a_replay_from_k_that_comes_out_otherwise_drops_k, 0, 3);
	tcase_add_loop_test(tcase, a_rebuild_that_comes_out_otherwise_is_not_the_input, 0, 3);
	tcase_add_test(tcase, a_scratch_from_the_base_is_complete_and_says_so_in_a_new_m);
	tcase_add_loop_test(tcase,
			    a_scratch_from_the_base_that_comes_out_otherwise_is_not_the_input, 0,
			    3);
	tcase_add_test(tcase, a_scratch_from_elsewhere_is_a_gap_with_the_facts_of_m);
	tcase_add_test(tcase, an_adopted_log_is_all_there_is_to_know);
	tcase_add_test(tcase,
		       an_accepted_log_is_complete_from_its_base_and_else_a_gap_of_what_is_there);
	tcase_add_test(tcase, a_gap_is_kept_and_committed_first);
	tcase_add_loop_test(tcase, an_older_gap_outlives_a_replay, 0, 3);
	tcase_add_test(tcase, the_highest_timestamp_outlives_a_rebuild);
	tcase_add_test_raise_signal(tcase, a_stop_has_no_end, SIGABRT);
	tcase_add_test(tcase, a_gap_is_hit_within_its_reach_by_both_measures);
	tcase_add_test(tcase, a_gap_closes_once_t_has_left_its_reach);
	tcase_add_test(tcase, a_host_without_state_comes_back_again_and_again);
	tcase_add_test(tcase, a_gap_of_an_idle_partition_is_rebuilt_at_its_own_marker);
	tcase_add_test(tcase, a_dedup_step_can_be_added_after_foreign_offsets);
	tcase_add_test(tcase, a_dedup_step_can_be_taken_away_and_added_again);
	tcase_add_test(tcase, every_reason_and_verdict_has_words_of_its_own);
	tcase_add_test(tcase, a_gap_takes_m_and_a_marker_at_c);
	return suite_run("recover_end", tcase);
}
