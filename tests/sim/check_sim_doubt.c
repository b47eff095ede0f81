/*
 * sim_doubt: goal: what stands between an assignment and work, and comes about too seldom for a
 * random schedule, costs neither a record nor the process. Method: each case is made on purpose,
 * then the outputs are looked at.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sim.h"
#include "lib/suite.h"

#define TURNS 5000
#define IDS 60
#define A_WINDOW 1200 /* a little more than the first definition's */
#define REBALANCES 40
#define POISON 35 /* the offset of a record on which the process dies */
#define DEATHS 20 /* until it is found: from batches of a million to one, then five alone */

static struct sim sim;

static void begin(int hosts, int32_t partitions)
{
	const struct sim_plan plan = {.seed = 1, .hosts = hosts, .partitions = partitions};

	sim_init(&sim, &plan);
}

static void append(int32_t partition, char flag, int id, int64_t timestamp)
{
	char key[24], value[32];

	(void)snprintf(key, sizeof(key), "k%d", id);
	(void)snprintf(value, sizeof(value), "%c%d.%lld", flag, (int)partition,
		       (long long)sim.appended[partition]++);
	fake_kafka_append(sim.kafka, sim.in, partition, key, value, timestamp, false);
}

static int64_t outputs(void)
{
	int64_t count = 0;

	for (int32_t p = 0; p < sim.out->count; p++)
		for (int64_t o = 0; o < sim.out->parts[p].count; o++)
			count += sim.out->parts[p].entries[o].kind == FK_DATA &&
				 sim.out->parts[p].entries[o].state == FK_COMMITTED;
	return count;
}

static void turns(struct sim_host *host, int count)
{
	for (int i = 0; i < count && host->broker; i++) {
		fake_kafka_tick(sim.kafka, 5);
		sim_turn(&sim, host);
	}
}

/* All of what an adopted partition replays is seen, also what a checkpoint on the way took over. */
START_TEST(adopted_state_outlives_its_checkpoints)
{
	struct fk_part *part;

	begin(1, 1);
	sim.def = 1;
	sim.adopt = true;
	for (int id = 0; id < IDS; id++)
		append(0, '.', id, 1000 + id);
	part = &sim.in->parts[0];
	part->has_c = true;
	part->c = part->count; /* another program's */
	for (int id = 0; id < IDS; id++)
		append(0, '.', id, 1100 + id);
	append(0, '.', IDS, 1200);
	sim_start(&sim, &sim.hosts[0]);
	for (int i = 0; i < TURNS && !sim_at_end(&sim); i++)
		turns(&sim.hosts[0], 1);
	ck_assert_msg(sim_at_end(&sim), "%s", sim.complaint);
	ck_assert_uint_gt(sim.hosts[0].stats.checkpoints, 1);
	ck_assert_int_eq(outputs(), 1);
	sim_fini(&sim);
}
END_TEST

/* A local state that turns out not to be C's, on a disk that is full: waits, and then rebuilds. */
START_TEST(state_of_another_log_on_a_full_disk)
{
	static const struct fk_faults full = {.per_mille = {[FK_FAULT_DISK] = 1000}};
	static const struct fk_faults none;

	begin(1, 2);
	sim_append(&sim, 40);
	sim_start(&sim, &sim.hosts[0]);
	for (int i = 0; i < TURNS && !sim_at_end(&sim); i++)
		turns(&sim.hosts[0], 1);
	ck_assert(sim_drain(&sim, &sim.hosts[0]));
	sim.hosts[0].old_disk = fake_disk_copy(sim.hosts[0].disk);
	sim_append(&sim, 8); /* the replay: fewer ids than memory holds */
	sim_start(&sim, &sim.hosts[0]);
	for (int i = 0; i < TURNS && !sim_at_end(&sim); i++)
		turns(&sim.hosts[0], 1);
	sim_kill(&sim, &sim.hosts[0]);
	fake_disk_free(sim.hosts[0].disk);
	sim.hosts[0].disk = sim.hosts[0].old_disk;
	sim.hosts[0].old_disk = NULL;
	fake_disk_spoil(sim.hosts[0].disk);
	sim_append(&sim, 40);
	fake_kafka_faults(sim.kafka, &full);
	sim_start(&sim, &sim.hosts[0]);
	fake_kafka_faults(sim.kafka, &none);
	turns(&sim.hosts[0], TURNS);
	ck_assert_msg(sim.hosts[0].broker != NULL, "%s", sim.complaint);
	ck_assert(!sim_at_end(&sim));
	fake_store_heal(sim.hosts[0].store);
	for (int i = 0; i < TURNS && !sim_at_end(&sim); i++)
		turns(&sim.hosts[0], 1);
	ck_assert_msg(oracle_check(&sim, true), "%s", sim.complaint);
	sim_fini(&sim);
}
END_TEST

/* A partition that is taken away again and again before anything of it could be committed: nobody
 * has died, so no record is to blame. */
START_TEST(rebalances_are_no_crashes)
{
	static const struct fk_faults refusing = {.per_mille = {[FK_FAULT_ABORT] = 1000}};
	static const struct fk_faults none;
	struct sim_host *host, *other;

	begin(2, 2);
	host = &sim.hosts[0];
	other = &sim.hosts[1];
	sim_append(&sim, 40);
	sim_start(&sim, host);
	turns(host, 100);
	ck_assert_msg(host->stats.commits > 0, "%s", sim.complaint);
	sim_append(&sim, 40);
	fake_kafka_faults(sim.kafka, &refusing);
	for (int i = 0; i < REBALANCES; i++) {
		sim_start(&sim, other);
		for (int turn = 0; turn < 100 && host->broker && other->broker; turn++) {
			turns(host, 1);
			turns(other, 1);
		}
		ck_assert_msg(host->broker && other->broker, "%d: %s", i, sim.complaint);
		(void)sim_drain(&sim, other);
		fake_kafka_tick(sim.kafka, 60000); /* its session */
		turns(host, 100);
		ck_assert_msg(host->broker != NULL, "%d: %s", i, sim.complaint);
	}
	fake_kafka_faults(sim.kafka, &none);
	ck_assert(sim_finish(&sim));
	ck_assert_msg(oracle_check(&sim, true), "%s", sim.complaint);
	sim_fini(&sim);
}
END_TEST

/* Partition 1 has a C that is never stable. The other one gets on, whichever host has it. */
static void only_partition_0_gets_on(struct sim_host *host, struct sim_host *other)
{
	struct fk_part *parts = sim.in->parts;

	sim_start(&sim, other);
	for (int i = 0; i < TURNS && parts[0].c < parts[0].count && host->broker && other->broker;
	     i++) {
		turns(host, 1);
		turns(other, 1);
	}
	ck_assert_msg(host->broker && other->broker, "%s", sim.complaint);
	ck_assert_int_eq(parts[0].c, parts[0].count);
	ck_assert_int_lt(parts[1].c, parts[1].count);
	parts[1].end_lost = false;
	ck_assert(sim_finish(&sim));
	ck_assert_msg(oracle_check(&sim, true), "%s", sim.complaint);
	sim_fini(&sim);
}

static void begin_with_a_commit(void)
{
	begin(2, 2);
	sim_append(&sim, 40);
	sim_start(&sim, &sim.hosts[0]);
	for (int i = 0; i < TURNS && !sim_at_end(&sim); i++)
		turns(&sim.hosts[0], 1);
	ck_assert_msg(sim_at_end(&sim), "%s", sim.complaint);
}

START_TEST(an_end_that_is_lost_holds_up_nobody_else)
{
	begin_with_a_commit();
	ck_assert(sim_drain(&sim, &sim.hosts[0]));
	sim.in->parts[1].end_lost = true;
	sim_append(&sim, 40);
	sim_start(&sim, &sim.hosts[0]); /* is given both, and cannot decide */
	turns(&sim.hosts[0], 20);
	ck_assert(!sim.hosts[0].stats.ready);
	ck_assert_int_eq(sim.hosts[0].stats.lag, -1);
	only_partition_0_gets_on(&sim.hosts[0], &sim.hosts[1]);
}
END_TEST

START_TEST(nor_does_it_on_the_way_back)
{
	static const struct fk_faults failing = {.per_mille = {[FK_FAULT_LOST_UNKNOWN] = 1000}};
	static const struct fk_faults none;
	struct worker_stats *stats = &sim.hosts[0].stats;

	begin_with_a_commit();
	fake_kafka_faults(sim.kafka, &failing);
	sim_append(&sim, 40);
	for (int i = 0; i < TURNS && stats->unknowns == 0; i++)
		turns(&sim.hosts[0], 1);
	ck_assert_uint_gt(stats->unknowns, 0);
	fake_kafka_faults(sim.kafka, &none);
	sim.in->parts[1].end_lost = true;
	turns(&sim.hosts[0], 20); /* it asks for C, of both */
	ck_assert_int_eq(stats->lag, -1);
	only_partition_0_gets_on(&sim.hosts[0], &sim.hosts[1]);
}
END_TEST

/* The brokers confirm a commit and lose it. Nothing on disk knows of it yet; the worker does. */
START_TEST(a_commit_that_was_lost_is_a_stop)
{
	static const struct fk_faults failing = {.per_mille = {[FK_FAULT_LOST_UNKNOWN] = 1000}};
	static const struct fk_faults none;
	struct sim_host *host = &sim.hosts[0];
	struct fk_part *part;
	char metadata[FK_META];
	int64_t c;
	struct err why;
	int rc = 0;

	begin(1, 1);
	part = &sim.in->parts[0];
	sim_append(&sim, 10);
	sim_start(&sim, host);
	for (int i = 0; i < TURNS && !sim_at_end(&sim); i++)
		turns(host, 1);
	c = part->c;
	memcpy(metadata, part->metadata, sizeof(metadata));
	sim_append(&sim, 10);
	for (int i = 0; i < TURNS && part->c == c; i++)
		turns(host, 1);
	ck_assert_int_gt(part->c, c);
	fake_kafka_set_offset(part, c, metadata);
	fake_kafka_faults(sim.kafka, &failing);
	sim_append(&sim, 10);
	for (int i = 0; i < TURNS && host->stats.unknowns == 0; i++)
		turns(host, 1);
	fake_kafka_faults(sim.kafka, &none);
	for (int i = 0; i < TURNS && rc == 0; i++)
		rc = worker_turn(host->worker, &why);
	ck_assert_int_eq(rc, -1);
	ck_assert_int_eq(why.code, EXIT_DATA);
	ck_assert_msg(strstr(why.msg, "went back from") != NULL, "%s", why.msg);
	ck_assert_int_eq(part->c, c);
	sim_kill(&sim, host);
	sim_fini(&sim);
}
END_TEST

/* A record on which the process dies is found soon, also where others before it come through from
 * time to time: what a life has committed does not make the batches large again. */
START_TEST(a_record_that_kills_is_found_soon)
{
	struct sim_host *host;
	int deaths = 0;

	begin(1, 1);
	sim.greedy = true;
	host = &sim.hosts[0];
	for (int id = 0; id < IDS; id++)
		append(0, '.', id % SIM_IDS, 1000 + id);
	for (;; deaths++) {
		ck_assert_int_lt(deaths, DEATHS);
		sim_start(&sim, host);
		fake_broker_poison(host->broker, POISON);
		turns(host, TURNS);
		ck_assert_msg(!host->broker, "%s", sim.complaint);
		if (host->again)
			break;                     /* it has stopped with the record's name */
		fake_kafka_tick(sim.kafka, 60000); /* the session */
	}
	ck_assert_int_eq(sim.in->parts[0].c, POISON);
	ck_assert_msg(oracle_check(&sim, false), "%s", sim.complaint);
	sim_fini(&sim);
}
END_TEST

/* A member sleeps; its peer takes over, does the work, and is gone: the group is empty. Then it
 * wakes, with records in hand and no place in the group. False: the oracle complains. */
static bool wakes_in_an_empty_group(uint64_t seed, bool ignore_membership)
{
	struct sim_plan plan = {.seed = seed,
				.hosts = 2,
				.partitions = 1,
				.ignore_membership = ignore_membership};
	struct sim_host *sleeper, *peer;
	bool right;

	sim_init(&sim, &plan);
	sleeper = &sim.hosts[0];
	peer = &sim.hosts[1];
	for (int i = 0; i < IDS / 2; i++)
		append(0, '.', i % SIM_IDS, i * A_WINDOW / SIM_IDS); /* no id repeats within it */
	sim_start(&sim, sleeper);
	for (int i = 0; i < TURNS && !sim_at_end(&sim); i++)
		turns(sleeper, 1);
	(void)fake_broker_freeze(sleeper->broker, true);
	for (int i = IDS / 2; i < IDS; i++)
		append(0, '.', i % SIM_IDS, i * A_WINDOW / SIM_IDS);
	fake_kafka_tick(sim.kafka, 60000); /* its session */
	sim_start(&sim, peer);
	for (int i = 0; i < TURNS && !sim_at_end(&sim); i++)
		turns(peer, 1);
	ck_assert_msg(sim_at_end(&sim), "%s", sim.complaint);
	sim_kill(&sim, peer);
	fake_kafka_tick(sim.kafka, 60000);
	ck_assert(fake_broker_freeze(sleeper->broker, false));
	turns(sleeper, 200);
	right = oracle_check(&sim, true);
	sim_fini(&sim);
	return right;
}

/* The broker fences by member and generation, but takes offsets with generation -1 while the group
 * is empty, also from a static member (H3). */
START_TEST(a_member_that_wakes_in_an_empty_group_commits_nothing)
{
	int wrong = 0;

	for (uint64_t seed = 1; seed <= 50; seed++) {
		ck_assert_msg(wakes_in_an_empty_group(seed, false), "%s", sim.complaint);
		wrong += !wakes_in_an_empty_group(seed, true);
	}
	ck_assert_msg(wrong > 0, "its membership was not asked for, and nothing was found");
}
END_TEST

/* A state is made anew, and before its M is out the worker is no member any more; a checkpoint
 * comes, then the M and more of a peer, which it takes for its own, and another checkpoint. False:
 * the state on its disk lacks a mark. */
static bool loses_its_place_before_its_first_commit(uint64_t seed)
{
	static const struct fk_faults refusing = {.per_mille = {[FK_FAULT_ABORT] = 1000}};
	static const struct fk_faults none;
	struct sim_plan plan = {.seed = seed, .hosts = 2, .partitions = 1};
	struct sim_host *loser, *peer;
	bool right;

	sim_init(&sim, &plan);
	loser = &sim.hosts[0];
	peer = &sim.hosts[1];
	for (int id = 0; id < SIM_IDS; id++)
		append(0, '.', id, 1000 + id);
	fake_kafka_set_offset(&sim.in->parts[0], SIM_IDS, "another program's");
	sim.offsets_moved = true;
	sim_accept(&sim);
	append(0, '.', 0, 1100);
	sim_start(&sim, loser);
	for (int i = 0; i < TURNS && loser->stats.replayed < SIM_IDS; i++)
		sim_turn(&sim, loser); /* in no time: no checkpoint is due */
	fake_kafka_faults(sim.kafka, &refusing);
	for (int i = 0; i < 10; i++)
		sim_turn(&sim, loser);
	fake_broker_lose(loser->broker);
	fake_kafka_faults(sim.kafka, &none);
	turns(loser, 20);
	sim_start(&sim, peer);
	for (int i = 0; i < TURNS && !sim_at_end(&sim); i++) {
		turns(peer, 1);
		if (i % 3 == 0)
			turns(loser, 1);
	}
	turns(loser, 20);
	right = oracle_check(&sim, true) && oracle_check_disks(&sim);
	sim_fini(&sim);
	return right;
}

START_TEST(marks_of_a_partition_that_is_left_out_stay)
{
	for (uint64_t seed = 1; seed <= 100; seed++)
		ck_assert_msg(loses_its_place_before_its_first_commit(seed), "SEED=%d: %s",
			      (int)seed, sim.complaint);
}
END_TEST

/* `memory:` bounds a batch, whatever commit: allows. */
START_TEST(a_batch_keeps_to_its_memory)
{
	int64_t most = 0;

	begin(1, 1);
	sim.def = 1;
	sim.greedy = true;
	sim.batch_bytes_max = _i == 0 ? 64 : 0;
	for (int id = 0; id < IDS; id++)
		append(0, '.', id, 1000 + id);
	sim_start(&sim, &sim.hosts[0]);
	for (int i = 0; i < TURNS && !sim_at_end(&sim); i++) {
		turns(&sim.hosts[0], 1);
		if (sim.hosts[0].stats.overlay_bytes > most)
			most = sim.hosts[0].stats.overlay_bytes;
	}
	ck_assert_msg(sim_at_end(&sim), "%s", sim.complaint);
	if (_i == 0) /* the first M, then a few records each */
		ck_assert_uint_gt(sim.hosts[0].stats.commits, 10);
	ck_assert_int_le(most, (int64_t)((16 + 1) * 4 * sizeof(struct overlay_item)));
	sim_fini(&sim);
}
END_TEST

/* Each partition of an assignment is a sign of life: many of them are no hang. */
START_TEST(a_large_assignment_is_no_hang)
{
	struct sim_host *host;
	uint64_t turns_before = 0, in_one_turn = 0;

	begin(1, 4);
	host = &sim.hosts[0];
	sim_append(&sim, 20);
	sim_start(&sim, host);
	for (int i = 0; i < TURNS && !host->stats.ready; i++) {
		turns_before = host->stats.turns;
		turns(host, 1);
		in_one_turn = host->stats.turns - turns_before;
	}
	ck_assert(host->stats.ready);
	ck_assert_uint_ge(in_one_turn, 1 + 4);
	sim_fini(&sim);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("doubt");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, adopted_state_outlives_its_checkpoints);
	tcase_add_test(tcase, state_of_another_log_on_a_full_disk);
	tcase_add_test(tcase, rebalances_are_no_crashes);
	tcase_add_test(tcase, an_end_that_is_lost_holds_up_nobody_else);
	tcase_add_test(tcase, nor_does_it_on_the_way_back);
	tcase_add_test(tcase, a_commit_that_was_lost_is_a_stop);
	tcase_add_test(tcase, a_record_that_kills_is_found_soon);
	tcase_add_test(tcase, a_large_assignment_is_no_hang);
	tcase_add_test(tcase, marks_of_a_partition_that_is_left_out_stay);
	tcase_add_test(tcase, a_member_that_wakes_in_an_empty_group_commits_nothing);
	tcase_add_loop_test(tcase, a_batch_keeps_to_its_memory, 0, 2);
	return suite_run("sim_doubt", tcase);
}
