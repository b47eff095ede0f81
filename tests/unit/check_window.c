/*
 * window: goal: log time, markers and the rule for repeats are what docs/guarantee.md says.
 * Method: the examples of that page record by
 * record, the edges of the arithmetic, and the bound of the markers. (check_rebuild has the rest.)
 */
#include <check.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>

#include "core/window.h"
#include "lib/rng.h"
#include "lib/suite.h"

#define WITHIN 1600
#define Y2099 INT64_C(4070908800000)
#define NOW INT64_C(1700000000000)

static struct window window;
static int64_t next_offset;

static void setup(void)
{
	window_init(&window);
	next_offset = 0;
}

static struct entry feed(int64_t timestamp)
{
	return window_advance(&window, WITHIN, next_offset++, timestamp);
}

START_TEST(t_begins_as_the_first_timestamp_and_follows_the_lower_of_two)
{
	static const int64_t log[][2] = {
		/* timestamp, T after it */
		{NOW, NOW},           {NOW + 50, NOW},      {NOW + 60, NOW + 50},
		{NOW + 40, NOW + 50}, {NOW + 70, NOW + 50}, {NOW + 80, NOW + 70},
	};

	for (size_t i = 0; i < sizeof(log) / sizeof(log[0]); i++) {
		struct entry entry = feed(log[i][0]);

		ck_assert_int_eq(window.t, log[i][1]);
		ck_assert_int_eq(entry.t, log[i][1]);
		ck_assert_int_eq(entry.timestamp, log[i][0]);
		ck_assert_int_eq(window.p, log[i][0]);
	}
	ck_assert_int_eq(window.x, NOW + 80);
}
END_TEST

START_TEST(one_record_dated_2099_does_nothing_to_t)
{
	(void)feed(NOW);
	(void)feed(Y2099);
	ck_assert_int_eq(window.t, NOW);
	(void)feed(NOW + 10);
	ck_assert_int_eq(window.t, NOW + 10);
	ck_assert_int_eq(window.x, Y2099);
}
END_TEST

START_TEST(two_records_dated_2099_in_a_row_move_t)
{
	struct entry old = feed(NOW), later;

	(void)feed(Y2099);
	(void)feed(Y2099 + 5);
	ck_assert_int_eq(window.t, Y2099);
	later = feed(NOW + 1);
	ck_assert_int_eq(window.t, Y2099); /* it never falls */
	ck_assert(!window_is_duplicate(WITHIN, old, later));
	ck_assert(window_is_expired(WITHIN, old, window.t));
	/* What comes now is remembered by its own timestamp: T stands still, nothing expires. */
	ck_assert(window_is_duplicate(WITHIN, later, feed(NOW + 1 + WITHIN)));
	ck_assert(!window_is_duplicate(WITHIN, later, feed(NOW + 2 + WITHIN)));
}
END_TEST

START_TEST(a_first_record_dated_2099_moves_t)
{
	(void)feed(Y2099);
	ck_assert_int_eq(window.t, Y2099);
	(void)feed(NOW);
	ck_assert_int_eq(window.t, Y2099);
}
END_TEST

START_TEST(a_timestamp_below_zero_changes_nothing_and_counts_as_t)
{
	struct entry entry = feed(-1);
	uint64_t h = window.h;

	ck_assert_int_eq(entry.t, 0);
	ck_assert_int_eq(entry.timestamp, 0);
	ck_assert_int_eq(window.p, -1);
	(void)feed(NOW); /* still the first one with a timestamp */
	ck_assert_int_eq(window.t, NOW);
	(void)feed(NOW + 30);
	entry = feed(INT64_MIN);
	ck_assert_int_eq(entry.t, NOW);
	ck_assert_int_eq(entry.timestamp, NOW);
	ck_assert_int_eq(window.p, NOW + 30);
	ck_assert_int_eq(window.x, NOW + 30);
	ck_assert_uint_ne(window.h, h); /* but it is part of the log */
}
END_TEST

START_TEST(a_predecessor_that_is_deleted_leaves_t_a_lower_bound)
{
	window_init_unknown(&window);
	(void)feed(NOW);
	ck_assert_int_eq(window.t, 0);
	(void)feed(NOW - 10);
	ck_assert_int_eq(window.t, NOW - 10);
	window_init_unknown(&window);
	(void)feed(-1);
	ck_assert_int_eq(window.p, WINDOW_P_UNKNOWN);
}
END_TEST

START_TEST(without_a_window_an_unknown_log_time_stays_unknown)
{
	struct window before;

	window_init_unknown(&window);
	before = window;
	for (int i = 0; i < 3; i++)
		(void)window_advance(&window, 0, i, NOW + i);
	ck_assert(window_same(&window, &before));
	ck_assert_int_eq(window.x, 0);
	window_init(&window); /* while a known one goes on */
	(void)window_advance(&window, 0, 0, NOW);
	ck_assert_int_eq(window.t, NOW);
	ck_assert_uint_eq(window.marker_count, 0);
}
END_TEST

START_TEST(h_tells_logs_apart)
{
	struct window other;

	(void)feed(NOW);
	window_init(&other);
	(void)window_advance(&other, WITHIN, 0, NOW);
	ck_assert(window_same(&window, &other));
	(void)window_advance(&other, WITHIN, 1, NOW + 1);
	(void)window_advance(&window, WITHIN, 2, NOW + 1); /* another offset */
	ck_assert(!window_same(&window, &other));
	ck_assert_int_eq(window.t, other.t);
	window_init_unknown(&other);
	(void)window_advance(&other, WITHIN, 0, NOW);
	(void)window_advance(&other, WITHIN, 2, NOW + 1);
	ck_assert_uint_ne(window.h, other.h); /* nor one read from its middle */
}
END_TEST

START_TEST(a_repeat_is_within_the_window_by_both_measures)
{
	static const struct {
		struct entry seen, now;
		bool duplicate, expired;
	} rows[] = {
		{{100, 100}, {100 + WITHIN, 100 + WITHIN}, true, false},
		{{100, 100}, {101 + WITHIN, 100 + WITHIN}, false, true},
		{{100, 100}, {100 + WITHIN, 101 + WITHIN}, false, false},
		{{100, 9000}, {200, 50}, true, false}, /* disorder only brings it nearer */
		{{0, 0}, {INT64_MAX, 0}, false, true},
		{{INT64_MAX, INT64_MAX}, {INT64_MAX, 0}, true, false},
		{{0, INT64_MIN}, {0, INT64_MAX}, false, false}, /* saturates */
		{{INT64_MIN, 0}, {INT64_MAX, 0}, false, true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_msg(window_is_duplicate(WITHIN, rows[i].seen, rows[i].now) ==
				      rows[i].duplicate,
			      "row %zu", i);
		ck_assert_msg(window_is_expired(WITHIN, rows[i].seen, rows[i].now.t) ==
				      rows[i].expired,
			      "row %zu", i);
	}
}
END_TEST

START_TEST(arithmetic_saturates)
{
	ck_assert_int_eq(saturating_add(INT64_MAX, 1), INT64_MAX);
	ck_assert_int_eq(saturating_add(INT64_MIN, -1), INT64_MIN);
	ck_assert_int_eq(saturating_add(INT64_MAX, INT64_MIN), -1);
	ck_assert_int_eq(saturating_sub(INT64_MIN, 1), INT64_MIN);
	ck_assert_int_eq(saturating_sub(INT64_MAX, -1), INT64_MAX);
	ck_assert_int_eq(saturating_sub(0, INT64_MIN), INT64_MAX);
	ck_assert_int_eq(saturating_sub(5, 7), -2);
}
END_TEST

START_TEST(the_largest_timestamps_and_windows_are_fine)
{
	(void)window_advance(&window, INT64_MAX, INT64_MAX - 2, INT64_MAX);
	(void)window_advance(&window, INT64_MAX, INT64_MAX - 1, 0);
	(void)window_advance(&window, INT64_MAX, INT64_MAX, INT64_MAX);
	ck_assert_int_eq(window.t, INT64_MAX);
	ck_assert_uint_le(window.marker_count, MARKERS_MAX);
	ck_assert(!window_is_expired(INT64_MAX, (struct entry){0, 0}, window.t));
}
END_TEST

START_TEST(a_window_below_zero_ends_the_process)
{
	(void)window_advance(&window, -1, 0, NOW);
}
END_TEST

START_TEST(markers_stand_before_their_record_one_a_slice)
{
	struct marker w;

	ck_assert(!window_oldest(&window, &w));
	for (int i = 0; i < 100; i++)
		(void)feed(NOW + i * 10);
	ck_assert(window_oldest(&window, &w));
	ck_assert_int_eq(w.offset, 0);
	ck_assert_int_eq(w.t, 0);
	ck_assert_int_eq(w.p, -1);
	ck_assert_uint_eq(w.h, 0);
	for (uint32_t i = 2; i < window.marker_count; i++)
		ck_assert_int_ge(window.markers[i].t - window.markers[i - 1].t,
				 WITHIN / WINDOW_SLICES);
	/* T runs one record behind, the marker one more. */
	ck_assert_uint_eq(window.marker_count, 2 + 970 / (WITHIN / WINDOW_SLICES));
}
END_TEST

START_TEST(expired_markers_leave_and_the_oldest_stays_at_or_below_the_window)
{
	struct marker w;

	for (int i = 0; i < 3000; i++) {
		struct entry entry = feed(NOW + i * 7);

		ck_assert(window_oldest(&window, &w));
		ck_assert(window.marker_count == 1 || window.t - window.markers[1].t <= WITHIN);
		ck_assert_int_le(w.t, entry.t);
	}
	ck_assert_int_ge(w.t, window.t - WITHIN - 2 * WITHIN / WINDOW_SLICES);
}
END_TEST

START_TEST(markers_are_bounded_for_every_window)
{
	static const int64_t withins[] = {1,  2,  5,   15,   16,   17,       31,
					  33, 99, 160, 1601, 9999, 86400000, INT64_MAX / 2};
	struct rng rng = {(uint64_t)_i + 1};

	for (size_t i = 0; i < sizeof(withins) / sizeof(withins[0]); i++) {
		int64_t timestamp = NOW;

		window_init(&window);
		for (int64_t offset = 0; offset < 1000; offset++) {
			timestamp = saturating_add(timestamp,
						   (int64_t)(rng_next(&rng) %
							     (uint64_t)(withins[i] / 8 + 2)));
			(void)window_advance(&window, withins[i], offset, timestamp);
			ck_assert_uint_le(window.marker_count, WINDOW_SLICES + 2);
		}
	}
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("window");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, t_begins_as_the_first_timestamp_and_follows_the_lower_of_two);
	tcase_add_test(tcase, one_record_dated_2099_does_nothing_to_t);
	tcase_add_test(tcase, two_records_dated_2099_in_a_row_move_t);
	tcase_add_test(tcase, a_first_record_dated_2099_moves_t);
	tcase_add_test(tcase, a_timestamp_below_zero_changes_nothing_and_counts_as_t);
	tcase_add_test(tcase, a_predecessor_that_is_deleted_leaves_t_a_lower_bound);
	tcase_add_test(tcase, without_a_window_an_unknown_log_time_stays_unknown);
	tcase_add_test(tcase, h_tells_logs_apart);
	tcase_add_test(tcase, a_repeat_is_within_the_window_by_both_measures);
	tcase_add_test(tcase, arithmetic_saturates);
	tcase_add_test(tcase, the_largest_timestamps_and_windows_are_fine);
	tcase_add_test_raise_signal(tcase, a_window_below_zero_ends_the_process, SIGABRT);
	tcase_add_test(tcase, markers_stand_before_their_record_one_a_slice);
	tcase_add_test(tcase, expired_markers_leave_and_the_oldest_stays_at_or_below_the_window);
	tcase_add_loop_test(tcase, markers_are_bounded_for_every_window, 0, 3);
	return suite_run("window", tcase);
}
