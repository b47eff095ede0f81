/*
 * signals: goal: the three signals are events and never an end, also when they come before anybody
 * waits, and in threads that begin later. Method: raised in this process, of which each test has
 * its own. The clock is here too: what ends a sleep is a wake.
 */
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/suite.h"
#include "run/clock_real.h"
#include "run/signals.h"

#define FOR_EVER_MS 60000 /* never waited for: Check ends the test before */

START_TEST(a_signal_is_the_event_of_its_name)
{
	static const struct {
		int signal;
		enum signal_event event;
	} rows[] = {{SIGTERM, SIGNAL_STOP}, {SIGINT, SIGNAL_STOP}, {SIGHUP, SIGNAL_RELOAD}};

	signals_block();
	ck_assert_int_eq(kill(getpid(), rows[_i].signal), 0);
	ck_assert_int_eq(signals_wait(FOR_EVER_MS), rows[_i].event);
	ck_assert_int_eq(signals_wait(0), SIGNAL_NONE); /* once */
}
END_TEST

START_TEST(one_that_came_while_nobody_waited_is_not_lost)
{
	signals_block();
	ck_assert_int_eq(kill(getpid(), SIGHUP), 0);
	ck_assert_int_eq(kill(getpid(), SIGTERM), 0);
	for (int i = 0; i < 2; i++)
		ck_assert_int_ne(signals_wait(0), SIGNAL_NONE);
	ck_assert_int_eq(signals_wait(0), SIGNAL_NONE);
}
END_TEST

static void *raise_and_end(void *argument)
{
	(void)argument;
	ck_assert_int_eq(kill(getpid(), SIGTERM), 0);
	return NULL;
}

START_TEST(a_thread_of_later_has_them_blocked_too)
{
	pthread_t thread;

	signals_block();
	ck_assert_int_eq(pthread_create(&thread, NULL, raise_and_end, NULL), 0);
	ck_assert_int_eq(signals_wait(FOR_EVER_MS), SIGNAL_STOP);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
END_TEST

START_TEST(a_closed_pipe_is_an_error_of_the_write)
{
	int ends[2];

	signals_block();
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(close(ends[0]), 0);
	ck_assert_int_eq(write(ends[1], "x", 1), -1);
	ck_assert_int_eq(errno, EPIPE);
}
END_TEST

START_TEST(the_clocks_go_forward)
{
	struct clock_real clock;
	int64_t before;

	clock_real_init(&clock);
	before = clock.clock.ops->monotonic_ms(&clock.clock);
	ck_assert_int_ge(clock.clock.ops->monotonic_ms(&clock.clock), before);
	ck_assert_int_gt(clock.clock.ops->wall_ms(&clock.clock), INT64_C(1577836800000));
	clock.clock.ops->sleep_ms(&clock.clock, 2);
	ck_assert_int_ge(clock.clock.ops->monotonic_ms(&clock.clock), before + 2);
	clock_real_fini(&clock);
}
END_TEST

static void *sleep_for_ever(void *argument)
{
	struct clock *clock = argument;

	clock->ops->sleep_ms(clock, FOR_EVER_MS);
	return NULL;
}

START_TEST(a_wake_ends_the_sleeps_of_now_and_of_later)
{
	struct clock_real clock;
	pthread_t threads[2];

	clock_real_init(&clock);
	ck_assert_int_eq(pthread_create(&threads[0], NULL, sleep_for_ever, &clock), 0);
	clock_real_wake(&clock);
	ck_assert_int_eq(pthread_create(&threads[1], NULL, sleep_for_ever, &clock), 0);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	clock_real_fini(&clock);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("signals");

	tcase_set_timeout(tcase, 20);
	tcase_add_loop_test(tcase, a_signal_is_the_event_of_its_name, 0, 3);
	tcase_add_test(tcase, one_that_came_while_nobody_waited_is_not_lost);
	tcase_add_test(tcase, a_thread_of_later_has_them_blocked_too);
	tcase_add_test(tcase, a_closed_pipe_is_an_error_of_the_write);
	tcase_add_test(tcase, the_clocks_go_forward);
	tcase_add_test(tcase, a_wake_ends_the_sleeps_of_now_and_of_later);
	return suite_run("signals", tcase);
}
