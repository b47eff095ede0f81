/*
 * Goal: a crash at any step, and a failure of any call, neither loses nor repeats a record. Method:
 * a small run of one host, with every call to the broker or the store in turn as the place where
 * the process dies; then a restart, with the state as it was left, with none, and with an old one;
 * then the oracle. The same with every call in turn failing once in each way it can.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/sim.h"
#include "lib/suite.h"

enum afterwards { SAME_STATE, NO_STATE, OLD_STATE };

#define RUN_TURNS 120

/* One run with the crash at call k. False: it ended before it got there. */
static bool crash_at(int64_t k, enum afterwards afterwards, uint64_t seed)
{
	struct sim_plan plan = {.seed = seed, .hosts = 1, .partitions = 2};
	struct sim sim;
	bool crashed;

	sim_init(&sim, &plan);
	sim_append(&sim, 12);
	sim_start(&sim, &sim.hosts[0]);
	for (int i = 0; i < RUN_TURNS && sim.hosts[0].broker; i++)
		sim_turn(&sim, &sim.hosts[0]);
	sim.hosts[0].old_disk = fake_disk_copy(sim.hosts[0].disk);
	sim_append(&sim, 14);
	ck_assert_msg(sim.hosts[0].broker != NULL, "stopped: %s", sim.complaint);
	fake_broker_crash_in(sim.hosts[0].broker, k);
	for (int i = 0; i < RUN_TURNS && sim.hosts[0].broker; i++)
		sim_turn(&sim, &sim.hosts[0]);
	crashed = sim.hosts[0].broker == NULL;
	if (!crashed)
		sim_kill(&sim, &sim.hosts[0]);
	if (afterwards == NO_STATE || afterwards == OLD_STATE) {
		fake_disk_free(sim.hosts[0].disk);
		sim.hosts[0].disk =
			afterwards == OLD_STATE ? sim.hosts[0].old_disk : fake_disk_new();
		if (afterwards == OLD_STATE)
			sim.hosts[0].old_disk = NULL;
	}
	sim_append(&sim, 10);
	if (!sim_finish(&sim))
		sim_complain(&sim, "the end was not reached");
	(void)oracle_check(&sim, true);
	ck_assert_msg(sim.complaint[0] == '\0', "crash at call %lld, afterwards %d, seed %llu: %s",
		      (long long)k, (int)afterwards, (unsigned long long)seed, sim.complaint);
	sim_fini(&sim);
	return crashed;
}

static void every_step(enum afterwards afterwards)
{
	for (uint64_t seed = 1; seed <= 3; seed++) {
		int64_t k = 0;

		while (crash_at(k, afterwards, seed))
			k++;
		ck_assert_msg(k > 40, "only %lld steps", (long long)k);
	}
}

START_TEST(crash_at_every_step_then_same_state)
{
	every_step(SAME_STATE);
}
END_TEST

START_TEST(crash_at_every_step_then_no_state)
{
	every_step(NO_STATE);
}
END_TEST

START_TEST(crash_at_every_step_then_old_state)
{
	every_step(OLD_STATE);
}
END_TEST

/* One run in which call k fails. False: it ended before it got there. */
static bool fail_at(int64_t k, enum fk_fault fault, uint64_t seed)
{
	struct sim_plan plan = {.seed = seed, .hosts = 1, .partitions = 2};
	struct sim sim;
	bool failed;

	sim_init(&sim, &plan);
	sim_append(&sim, 12);
	sim_start(&sim, &sim.hosts[0]);
	fake_broker_fail_in(sim.hosts[0].broker, k, fault);
	for (int i = 0; i < RUN_TURNS; i++) {
		if (i == RUN_TURNS / 2)
			sim_append(&sim, 10);
		sim_turn(&sim, &sim.hosts[0]);
		ck_assert_msg(sim.hosts[0].broker != NULL, "stopped: %s", sim.complaint);
	}
	failed = fake_broker_has_failed(sim.hosts[0].broker);
	if (!sim_run(&sim))
		sim_complain(&sim, "the end was not reached");
	(void)oracle_check(&sim, true);
	ck_assert_msg(sim.complaint[0] == '\0', "fault %d in call %lld, seed %llu: %s", (int)fault,
		      (long long)k, (unsigned long long)seed, sim.complaint);
	sim_fini(&sim);
	return failed;
}

START_TEST(every_call_fails_once)
{
	uint64_t seeds = getenv("SIM_SCHEDULES") ? 1 : 3; /* where each step takes long */

	for (uint64_t seed = 1; seed <= seeds; seed++) {
		int64_t k = 0;

		while (fail_at(k, (enum fk_fault)_i, seed))
			k++;
		ck_assert_msg(k > 40, "only %lld steps", (long long)k);
	}
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("every step");

	tcase_set_timeout(tcase, 300);
	tcase_add_test(tcase, crash_at_every_step_then_same_state);
	tcase_add_test(tcase, crash_at_every_step_then_no_state);
	tcase_add_test(tcase, crash_at_every_step_then_old_state);
	tcase_add_loop_test(tcase, every_call_fails_once, 0, FK_FAULT_DISK);
	return suite_run("sim_crash", tcase);
}
