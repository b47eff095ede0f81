/*
 * recover: goal: the verdict is the first row of docs/guarantee.md's table that applies. Method:
 * one case in which K is state(C); each row changes what makes it apply; then pairs of rows, in
 * which the earlier one has to win. The end of a replay and gaps: check_recover_end.
 */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/recover.h"
#include "lib/recover_case.h"
#include "lib/suite.h"

static struct recover_in in;
static struct recover_out out;

static void setup(void)
{
	struct window *window = &in.checkpoint.window;

	in = recover_case(100, 200);
	in.start = 33;
	in.now_ms = 1234;
	in.m_form = META_OURS;
	in.m = (struct meta){.k = 5, .n = 4, .d = 7, .g = 77, .b = 12, .v = 1000};
	in.m.t = 5000, in.m.p = 5001, in.m.x = 5100, in.m.h = 0xabc;
	in.m.has_w = true;
	in.m.w = (struct marker){60, 4000, 4001, 0xdef};
	in.has_checkpoint = true;
	in.checkpoint = (struct checkpoint){.x = 100, .k = 5, .d = 7, .g = 77, .b = 12, .v = 1000};
	*window = (struct window){.t = 5000, .p = 5001, .x = 5100, .h = 0xabc, .marker_count = 2};
	window->markers[0] = in.m.w;
	window->markers[1] = (struct marker){80, 4500, 4501, 0x123};
	memset(&out, 0xee, sizeof(out));
}

/* --- what makes a row apply --- */

static void nothing(void)
{
}

static void newer(void)
{
	in.m_form = META_NEWER;
}

static void other_cluster(void)
{
	in.m.k = 6;
}

static void other_count(void)
{
	in.m.n = 3;
}

static void no_c(void)
{
	in.has_c = false;
}

static void no_k(void)
{
	in.has_checkpoint = false;
}

static void foreign(void)
{
	in.m_form = META_FOREIGN;
}

static void adopt(void)
{
	in.m_form = META_FOREIGN;
	in.adopt = true;
}

static void moved_back(void)
{
	in.c = 99;
}

static void went_back(void)
{
	in.known_c = 101;
	in.known_g = in.m.g;
}

static void other_g(void)
{
	in.checkpoint.g = in.known_g = 76;
	in.known_c = 101;
}

static void beyond(void)
{
	in.high_watermark = 99;
}

static void deleted(void)
{
	in.log_start = 101;
}

static void accept(void)
{
	in.gap_accept = true;
}

/* K is older than C: still matches. */
static void behind(void)
{
	in.checkpoint.x = 70;
	in.checkpoint.window.h = 0x777;
}

static void other_prefix(void)
{
	in.checkpoint.d = 8;
}

static void wider(void)
{
	in.window_ms = 1001;
}

static void compacted(void)
{
	in.compacted = true;
}

static void w_deleted(void)
{
	in.log_start = 61;
}

static void stateless(void)
{
	in.stateful = false;
	in.window_ms = 0;
}

static void no_marker(void)
{
	in.m.has_w = false;
}

static void nothing_yet(void)
{
	in.m.b = in.c;
}

/* --- the STOPs, and their order --- */

static const struct stop_row {
	void (*change[3])(void);
	enum stop_reason reason;
} stops[] = {
	{{newer}, STOP_NEWER_FORMAT},
	{{other_cluster}, STOP_OTHER_CLUSTER},
	{{other_count}, STOP_PARTITION_COUNT},
	{{no_c}, STOP_OFFSETS_EXPIRED},
	{{foreign}, STOP_FOREIGN_OFFSETS},
	{{moved_back}, STOP_OFFSETS_MOVED_BACK},
	{{beyond}, STOP_BEYOND_LOG},
	{{deleted}, STOP_DELETED_BEFORE_PROCESSED},
	/* K does not make a STOP go away: whatever its prefix, and without it too */
	{{newer, no_k}, STOP_NEWER_FORMAT},
	{{other_cluster, no_k}, STOP_OTHER_CLUSTER},
	{{other_count, no_k}, STOP_PARTITION_COUNT},
	{{foreign, no_k}, STOP_FOREIGN_OFFSETS},
	{{moved_back, other_prefix}, STOP_OFFSETS_MOVED_BACK},
	{{beyond, no_k}, STOP_BEYOND_LOG},
	{{deleted, no_k}, STOP_DELETED_BEFORE_PROCESSED},
	{{no_c, other_prefix}, STOP_OFFSETS_EXPIRED},
	{{went_back, no_k}, STOP_OFFSETS_MOVED_BACK},
	{{went_back, stateless}, STOP_OFFSETS_MOVED_BACK},
	/* adoption is about foreign offsets only, and not a licence to lose or to read nothing */
	{{adopt, newer}, STOP_NEWER_FORMAT},
	{{adopt, no_c}, STOP_OFFSETS_EXPIRED},
	{{adopt, beyond}, STOP_BEYOND_LOG},
	{{adopt, deleted}, STOP_DELETED_BEFORE_PROCESSED},
	{{accept, beyond}, STOP_BEYOND_LOG},
	{{accept, moved_back}, STOP_OFFSETS_MOVED_BACK},
	/* of two rows the first */
	{{other_cluster, other_count}, STOP_OTHER_CLUSTER},
	{{other_cluster, moved_back}, STOP_OTHER_CLUSTER},
	{{other_cluster, beyond}, STOP_OTHER_CLUSTER},
	{{other_cluster, deleted}, STOP_OTHER_CLUSTER},
	{{other_count, moved_back}, STOP_PARTITION_COUNT},
	{{other_count, deleted}, STOP_PARTITION_COUNT},
	{{newer, beyond}, STOP_NEWER_FORMAT},
	{{newer, deleted}, STOP_NEWER_FORMAT},
	{{foreign, moved_back}, STOP_FOREIGN_OFFSETS},
	{{foreign, beyond}, STOP_FOREIGN_OFFSETS},
	{{foreign, deleted}, STOP_FOREIGN_OFFSETS},
	{{moved_back, deleted}, STOP_OFFSETS_MOVED_BACK},
	{{moved_back, beyond}, STOP_OFFSETS_MOVED_BACK},
	/* without a stateful step there are the two that compare C with the log */
	{{stateless, beyond}, STOP_BEYOND_LOG},
	{{stateless, deleted}, STOP_DELETED_BEFORE_PROCESSED},
	{{stateless, foreign, deleted}, STOP_DELETED_BEFORE_PROCESSED},
};

START_TEST(a_row_that_stops)
{
	for (int i = 0; i < 3 && stops[_i].change[i]; i++)
		stops[_i].change[i]();
	recover_decide(&in, &out);
	ck_assert_int_eq(out.verdict, VERDICT_STOP);
	ck_assert_int_eq(out.reason, stops[_i].reason);
}
END_TEST

/* --- the rows that go on --- */

static const struct row {
	void (*change[4])(void);
	enum verdict verdict;
	int64_t start, c, g, b;
	bool keep, first, gap;
	int64_t t; /* of the window at start */
	uint64_t h;
} rows[] = {
	/* no C, no K; nothing else is looked at */
	{{no_c, no_k}, VERDICT_LIVE, 33, 33, 1234, 33, false, true, false, 0, 0},
	{{no_c, no_k, beyond}, VERDICT_LIVE, 33, 33, 1234, 33, false, true, false, 0, 0},
	{{no_c, no_k, compacted}, VERDICT_LIVE, 33, 33, 1234, 33, false, true, false, 0, 0},
	/* C, M not ours, adopted */
	{{adopt}, VERDICT_SCRATCH, 10, 100, 1234, 10, false, true, false, 0, 0},
	{{adopt, no_k}, VERDICT_SCRATCH, 10, 100, 1234, 10, false, true, false, 0, 0},
	{{adopt, moved_back}, VERDICT_SCRATCH, 10, 99, 1234, 10, false, true, false, 0, 0},
	{{adopt, deleted, accept}, VERDICT_SCRATCH, 101, 101, 1234, 101, false, true, false, 0, 0},
	/* C < log start, accepted: nothing can be replayed */
	{{deleted, accept, no_k}, VERDICT_SCRATCH, 101, 101, 77, 12, false, true, false, 0, 1},
	/* K matches and K.h = M.h: whatever the log start, the window of M, the input's policy */
	{{nothing}, VERDICT_LIVE, 100, 100, 77, 12, true, false, false, 5000, 0xabc},
	{{w_deleted}, VERDICT_LIVE, 100, 100, 77, 12, true, false, false, 5000, 0xabc},
	{{compacted}, VERDICT_LIVE, 100, 100, 77, 12, true, false, false, 5000, 0xabc},
	{{deleted, accept}, VERDICT_LIVE, 101, 101, 77, 12, true, true, false, 5000, 0xabc},
	/* K matches and is behind */
	{{behind}, VERDICT_REPLAY, 70, 100, 77, 12, true, false, false, 5000, 0x777},
	{{behind, w_deleted}, VERDICT_REPLAY, 70, 100, 77, 12, true, false, false, 5000, 0x777},
	{{behind, compacted}, VERDICT_REPLAY, 70, 100, 77, 12, true, false, false, 5000, 0x777},
	{{behind, no_marker}, VERDICT_REPLAY, 70, 100, 77, 12, true, false, false, 5000, 0x777},
	/* no K, or one that does not match */
	{{no_k}, VERDICT_REBUILD, 60, 100, 77, 12, false, false, false, 4000, 0xdef},
	{{moved_back, other_g}, VERDICT_REBUILD, 60, 99, 77, 12, false, false, false, 4000, 0xdef},
	{{other_prefix}, VERDICT_REBUILD, 60, 100, 77, 12, false, false, false, 4000, 0xdef},
	/* a wider window than M's, no marker, or the marker is deleted: from scratch */
	{{no_k, wider}, VERDICT_SCRATCH, 12, 100, 77, 12, false, false, false, 0, 0},
	{{no_k, no_marker}, VERDICT_SCRATCH, 12, 100, 77, 12, false, false, false, 0, 0},
	{{no_k, w_deleted}, VERDICT_SCRATCH, 61, 100, 77, 12, false, false, false, 0, 1},
	{{no_k, wider, w_deleted}, VERDICT_SCRATCH, 61, 100, 77, 12, false, false, false, 0, 1},
	/* nothing was processed since b: the empty state is the right one */
	{{no_k, no_marker, nothing_yet},
	 VERDICT_LIVE,
	 100,
	 100,
	 77,
	 100,
	 false,
	 false,
	 false,
	 0,
	 0},
	/* a compacted input tells nothing */
	{{no_k, compacted}, VERDICT_GAP, 100, 100, 77, 12, false, true, true, 5000, 0xabc},
	{{other_prefix, wider, compacted},
	 VERDICT_GAP,
	 100,
	 100,
	 77,
	 12,
	 false,
	 true,
	 true,
	 5000,
	 0xabc},
	/* without a stateful step C alone counts */
	{{stateless}, VERDICT_LIVE, 100, 100, 77, 12, false, false, false, 5000, 0xabc},
	{{stateless, other_cluster, other_count},
	 VERDICT_LIVE,
	 100,
	 100,
	 77,
	 12,
	 false,
	 false,
	 false,
	 5000,
	 0xabc},
	{{stateless, moved_back}, VERDICT_LIVE, 99, 99, 77, 12, false, false, false, 5000, 0xabc},
	{{stateless, no_c}, VERDICT_LIVE, 33, 33, 1234, 33, false, true, false, 0, 0},
	{{stateless, deleted, accept},
	 VERDICT_LIVE,
	 101,
	 101,
	 77,
	 12,
	 false,
	 true,
	 false,
	 5000,
	 0xabc},
	{{stateless, foreign}, VERDICT_LIVE, 100, 100, 1234, 10, false, true, false, 0, 1},
	{{stateless, newer}, VERDICT_LIVE, 100, 100, 1234, 10, false, true, false, 0, 1},
};

START_TEST(a_row_that_goes_on)
{
	const struct row *row = &rows[_i];

	for (int i = 0; i < 4 && row->change[i]; i++)
		row->change[i]();
	recover_decide(&in, &out);
	ck_assert_int_eq(out.verdict, row->verdict);
	ck_assert_int_eq(out.reason, STOP_NONE);
	ck_assert_int_eq(out.start, row->start);
	ck_assert_int_eq(out.c, row->c);
	ck_assert_int_eq(out.g, row->g);
	ck_assert_int_eq(out.b, row->b);
	ck_assert_int_eq(out.keep_state, row->keep);
	ck_assert_int_eq(out.commit_first, row->first);
	ck_assert_int_eq(out.gap.open, row->gap);
	ck_assert_int_eq(out.window.t, row->t);
	ck_assert_uint_eq(out.window.h, row->h);
}
END_TEST

/* --- what a K has to agree in, and the edges of the comparisons --- */

START_TEST(k_matches_by_generation_base_and_prefix)
{
	static const struct {
		int64_t g, b;
		uint64_t d;
		bool matches;
	} ks[] = {{77, 12, 7, true}, {76, 12, 7, false}, {77, 13, 7, false}, {77, 12, 8, false}};

	for (size_t i = 0; i < 4; i++) {
		in.checkpoint.g = ks[i].g;
		in.checkpoint.b = ks[i].b;
		in.checkpoint.d = ks[i].d;
		recover_decide(&in, &out);
		ck_assert_int_eq(out.verdict, ks[i].matches ? VERDICT_LIVE : VERDICT_REBUILD);
	}
}
END_TEST

START_TEST(the_prefix_in_m_does_not_matter)
{
	in.m.d = 99; /* another definition was at work meanwhile: K is of the present one */
	recover_decide(&in, &out);
	ck_assert_int_eq(out.verdict, VERDICT_LIVE);
	behind();
	recover_decide(&in, &out);
	ck_assert_int_eq(out.verdict, VERDICT_REPLAY);
}
END_TEST

START_TEST(each_of_t_p_h_tells_a_k_that_is_behind)
{
	const struct window same = in.checkpoint.window;

	in.checkpoint.x = 90;
	recover_decide(&in, &out);
	/* Control records only since then, or an offset that somebody moved: one looks. */
	ck_assert_int_eq(out.verdict, VERDICT_REPLAY);
	ck_assert_int_eq(out.start, 90);
	in.log_start = 95;
	recover_decide(&in, &out);
	ck_assert_int_eq(out.verdict, VERDICT_REPLAY);
	ck_assert_int_eq(out.start, 95);
	in.log_start = 100;
	recover_decide(&in, &out);
	ck_assert_int_eq(out.verdict, VERDICT_LIVE);
	ck_assert_int_eq(out.start, 100);
	in.log_start = 0;
	in.checkpoint.window.t++;
	recover_decide(&in, &out);
	ck_assert_int_eq(out.verdict, VERDICT_REPLAY);
	in.checkpoint.window = same;
	in.checkpoint.window.p++;
	recover_decide(&in, &out);
	ck_assert_int_eq(out.verdict, VERDICT_REPLAY);
	in.checkpoint.window = same;
	in.checkpoint.window.h++;
	recover_decide(&in, &out);
	ck_assert_int_eq(out.verdict, VERDICT_REPLAY);
}
END_TEST

START_TEST(c_may_stand_at_either_end_of_the_log)
{
	in.high_watermark = 100;
	recover_decide(&in, &out);
	ck_assert_int_eq(out.verdict, VERDICT_LIVE);
	in.log_start = 100;
	recover_decide(&in, &out);
	ck_assert_int_eq(out.verdict, VERDICT_LIVE);
	no_k(); /* all was deleted that was processed: nothing to read it from */
	recover_decide(&in, &out);
	ck_assert_int_eq(out.verdict, VERDICT_SCRATCH);
	ck_assert_int_eq(out.start, 100);
}
END_TEST

START_TEST(a_replay_begins_at_or_above_log_start_and_w)
{
	behind();
	in.log_start = 70;
	in.m.w.offset = 70;
	recover_decide(&in, &out);
	ck_assert_int_eq(out.verdict, VERDICT_REPLAY);
	in.m.w.offset = 71;
	recover_decide(&in, &out);
	ck_assert_int_eq(out.verdict, VERDICT_REBUILD);
	ck_assert_int_eq(out.start, 71);
	in.m.w.offset = 70;
	in.log_start = 71;
	recover_decide(&in, &out);
	ck_assert_int_eq(out.verdict, VERDICT_SCRATCH);
	ck_assert_int_eq(out.start, 71);
}
END_TEST

START_TEST(a_rebuild_needs_w_in_the_log_and_no_wider_window)
{
	no_k();
	in.log_start = 60;
	in.window_ms = 1000;
	recover_decide(&in, &out);
	ck_assert_int_eq(out.verdict, VERDICT_REBUILD);
	ck_assert_int_eq(out.window.p, 4001);
	ck_assert_uint_eq(out.window.marker_count, 1);
	ck_assert_int_eq(out.window.markers[0].offset, 60);
	in.window_ms = 999;
	recover_decide(&in, &out);
	ck_assert_int_eq(out.verdict, VERDICT_REBUILD);
}
END_TEST

START_TEST(a_rebuild_from_the_base_knows_that_nothing_came_before)
{
	no_k();
	no_marker();
	recover_decide(&in, &out);
	ck_assert_int_eq(out.start, 12);
	ck_assert_int_eq(out.window.p, -1);
	in.log_start = 13;
	recover_decide(&in, &out);
	ck_assert_int_eq(out.start, 13);
	ck_assert_int_eq(out.window.p, WINDOW_P_UNKNOWN);
}
END_TEST

START_TEST(whatever_yields_a_state_inherits_the_gap)
{
	static void (*const changes[])(void) = {nothing, behind, no_k, w_deleted, stateless};

	changes[_i]();
	in.m.a = (struct gap){true, 4900, 5050};
	in.checkpoint.gap = (struct gap){true, 1, 2}; /* K's own is older: M's counts */
	recover_decide(&in, &out);
	ck_assert_int_ne(out.verdict, VERDICT_STOP);
	ck_assert(out.gap.open);
	ck_assert_int_eq(out.gap.t, 4900);
	ck_assert_int_eq(out.gap.x, 5050);
}
END_TEST

START_TEST(a_log_that_ends_before_it_begins_is_the_adapters_fault)
{
	in.log_start = 201;
	recover_decide(&in, &out);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("recover");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_loop_test(tcase, a_row_that_stops, 0, (int)(sizeof(stops) / sizeof(stops[0])));
	tcase_add_loop_test(tcase, a_row_that_goes_on, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(tcase, k_matches_by_generation_base_and_prefix);
	tcase_add_test(tcase, the_prefix_in_m_does_not_matter);
	tcase_add_test(tcase, each_of_t_p_h_tells_a_k_that_is_behind);
	tcase_add_test(tcase, c_may_stand_at_either_end_of_the_log);
	tcase_add_test(tcase, a_replay_begins_at_or_above_log_start_and_w);
	tcase_add_test(tcase, a_rebuild_needs_w_in_the_log_and_no_wider_window);
	tcase_add_test(tcase, a_rebuild_from_the_base_knows_that_nothing_came_before);
	tcase_add_loop_test(tcase, whatever_yields_a_state_inherits_the_gap, 0, 5);
	tcase_add_test_raise_signal(tcase, a_log_that_ends_before_it_begins_is_the_adapters_fault,
				    SIGABRT);
	return suite_run("recover", tcase);
}
