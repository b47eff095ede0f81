/*
 * sim_disk: goal: with a disk that takes nothing, consumption goes on until the overlay's limit and
 * then stops for good, so that memory stays bounded; when the disk is well again all is processed.
 * Method: one host, every checkpoint fails, more input than the overlay holds.
 */
#include <check.h>
#include <stdlib.h>

#include "lib/sim.h"
#include "lib/suite.h"

#define TURNS 5000
#define STILL_TURNS 1000

static int64_t committed(const struct sim *sim)
{
	int64_t sum = 0;

	for (int32_t p = 0; p < sim->in->count; p++)
		sum += sim->in->parts[p].has_c ? sim->in->parts[p].c : 0;
	return sum;
}

START_TEST(refusing_disk_stops_intake_until_it_heals)
{
	const struct sim_plan plan = {.seed = (uint64_t)_i + 1,
				      .hosts = 1,
				      .partitions = 4,
				      .faults = {.per_mille = {[FK_FAULT_DISK] = 1000}}};
	struct sim sim;
	int64_t most = 0, before;

	sim_init(&sim, &plan);
	sim_append(&sim, 400);
	sim_start(&sim, &sim.hosts[0]);
	for (int turn = 0; turn < TURNS; turn++) {
		sim_turn(&sim, &sim.hosts[0]);
		ck_assert_msg(sim.hosts[0].broker != NULL, "%s", sim.complaint);
		if (sim.hosts[0].stats.overlay_bytes > most)
			most = sim.hosts[0].stats.overlay_bytes;
		if (turn == TURNS - STILL_TURNS)
			before = committed(&sim);
	}
	ck_assert_int_gt(before, 16); /* it went on while there was room */
	ck_assert_int_eq(committed(&sim), before);
	ck_assert(!sim_at_end(&sim));
	/* The limit, and one batch of eight on top of it. */
	ck_assert_int_le(most, (int64_t)((16 + 8 + 1) * 4 * sizeof(struct overlay_item)));
	ck_assert(sim_finish(&sim));
	ck_assert_msg(oracle_check(&sim, true), "%s", sim.complaint);
	sim_fini(&sim);
}
END_TEST

START_TEST(same_process_goes_on_when_it_heals)
{
	const struct sim_plan plan = {.seed = (uint64_t)_i + 1,
				      .hosts = 1,
				      .partitions = 4,
				      .faults = {.per_mille = {[FK_FAULT_DISK] = 1000}}};
	struct sim sim;

	sim_init(&sim, &plan);
	sim_append(&sim, 400);
	sim_start(&sim, &sim.hosts[0]);
	for (int turn = 0; turn < TURNS; turn++)
		sim_turn(&sim, &sim.hosts[0]);
	ck_assert(!sim_at_end(&sim));
	fake_store_heal(sim.hosts[0].store);
	for (int turn = 0; turn < TURNS && !sim_at_end(&sim); turn++)
		sim_turn(&sim, &sim.hosts[0]);
	ck_assert(sim_at_end(&sim));
	ck_assert_msg(oracle_check(&sim, true), "%s", sim.complaint);
	sim_fini(&sim);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("disk");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, refusing_disk_stops_intake_until_it_heals, 0, 20);
	tcase_add_loop_test(tcase, same_process_goes_on_when_it_heals, 0, 20);
	return suite_run("sim_disk", tcase);
}
