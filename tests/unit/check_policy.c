/*
 * policy: goal: what parks a pipeline, what restarts it and after how long, and when a worker
 * counts as hung. Method: the tables, value by value.
 */
#include <check.h>
#include <stdlib.h>

#include "lib/suite.h"
#include "run/policy.h"
#include "run/pulse.h"

static const struct {
	enum err_kind kind;
	int code;
	bool was_ready;
	enum policy_action action;
	int exit_code;
} table[] = {
	{ERR_STOP, EXIT_DATA, false, POLICY_PARK, 65},
	{ERR_STOP, EXIT_DATA, true, POLICY_PARK, 65},
	{ERR_STOP, EXIT_FENCED, true, POLICY_PARK, 76},
	{ERR_STOP, EXIT_PERMISSION, false, POLICY_PARK, 77},
	{ERR_STOP, EXIT_PERMISSION, true, POLICY_RESTART, 77},
	{ERR_STOP, EXIT_CONFIG, false, POLICY_PARK, 78},
	{ERR_STOP, EXIT_STATE, false, POLICY_PARK, 73},
	{ERR_STOP, EXIT_STATE, true, POLICY_RESTART, 73},
	{ERR_STOP, EXIT_INTERNAL, false, POLICY_RESTART, 70},
	{ERR_STOP, EXIT_INTERNAL, true, POLICY_RESTART, 70},
	{ERR_STOP, EXIT_UNAVAILABLE, true, POLICY_RESTART, 69},
	{ERR_STOP, 0, true, POLICY_PARK, 70}, /* a code that is none */
	{ERR_RETRY, 0, false, POLICY_RESTART, 70},
	{ERR_ABORT, 12, true, POLICY_RESTART, 70},
	{ERR_UNKNOWN, 1001, true, POLICY_RESTART, 70},
	{ERR_DATA, 0, true, POLICY_RESTART, 70},
};

#define ROWS ((int)(sizeof(table) / sizeof(table[0])))

START_TEST(every_end_has_its_action)
{
	struct err err = {.kind = table[_i].kind, .code = table[_i].code};

	ck_assert_int_eq(policy_decide(&err, table[_i].was_ready), table[_i].action);
	ck_assert_int_eq(policy_exit_code(&err), table[_i].exit_code);
}
END_TEST

START_TEST(backoff_doubles_up_to_a_minute)
{
	static const int64_t waits[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
	int64_t wait = 0;

	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		wait = policy_backoff_ms(wait, 10);
		ck_assert_int_eq(wait, waits[i]);
	}
}
END_TEST

START_TEST(backoff_begins_anew_after_a_quiet_time)
{
	ck_assert_int_eq(policy_backoff_ms(32000, RESTART_QUIET_MS - 1), 60000);
	ck_assert_int_eq(policy_backoff_ms(32000, RESTART_QUIET_MS), RESTART_FIRST_MS);
}
END_TEST

/* Looks each second until `to_ms`; what the last one says. */
static int64_t still_at(struct pulse *pulse, uint64_t turns, int64_t to_ms)
{
	int64_t still_ms = 0;

	for (int64_t now_ms = pulse->looked_ms + 1000; now_ms <= to_ms; now_ms += 1000)
		still_ms = pulse_still_ms(pulse, turns, now_ms);
	return still_ms;
}

START_TEST(a_worker_that_turns_has_a_pulse)
{
	struct pulse pulse;

	pulse_init(&pulse, 1000);
	ck_assert_int_eq(pulse_still_ms(&pulse, 0, 1000), 0);
	ck_assert_int_eq(pulse_still_ms(&pulse, 1, 50000), 0);
	ck_assert_int_eq(still_at(&pulse, 1, 70000), 20000);
	ck_assert_int_eq(still_at(&pulse, 1, 50000 + PULSE_HANG_MS), PULSE_HANG_MS);
	ck_assert_int_eq(pulse_still_ms(&pulse, 2, 200000), 0);
}
END_TEST

START_TEST(a_worker_that_never_turned_is_still_since_its_start)
{
	struct pulse pulse;

	pulse_init(&pulse, 5000);
	ck_assert_int_eq(still_at(&pulse, 0, 5000 + PULSE_SLOW_MS), PULSE_SLOW_MS);
	ck_assert_int_lt(PULSE_SLOW_MS, PULSE_HANG_MS);
}
END_TEST

START_TEST(a_process_that_was_stopped_is_no_hang)
{
	struct pulse pulse;

	pulse_init(&pulse, 1000);
	ck_assert_int_eq(still_at(&pulse, 0, 11000), 10000);
	ck_assert_int_eq(pulse_still_ms(&pulse, 0, 11000 + 10 * PULSE_HANG_MS),
			 10000 + PULSE_LOOK_MAX_MS);
	ck_assert_int_eq(pulse_still_ms(&pulse, 1, 12000 + 10 * PULSE_HANG_MS), 0);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("policy");

	tcase_add_loop_test(tcase, every_end_has_its_action, 0, ROWS);
	tcase_add_test(tcase, backoff_doubles_up_to_a_minute);
	tcase_add_test(tcase, backoff_begins_anew_after_a_quiet_time);
	tcase_add_test(tcase, a_worker_that_turns_has_a_pulse);
	tcase_add_test(tcase, a_worker_that_never_turned_is_still_since_its_start);
	tcase_add_test(tcase, a_process_that_was_stopped_is_no_hang);
	return suite_run("policy", tcase);
}
