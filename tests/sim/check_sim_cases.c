/*
 * Goal: what the worker does in the situations that have a name of their own. Method: one host or
 * two on the fakes, brought into each by hand; then what can be seen from outside: C, outputs, how
 * it stopped, what it said. The oracle has the last word here too.
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/sim.h"
#include "lib/suite.h"
#include "lib/tally.h"
#include "run/log.h"

#define TURNS 4000

static struct sim sim;
static struct err why; /* how the last host stopped */

static void begin(int hosts, int32_t partitions, int def)
{
	struct sim_plan plan = {.seed = 1, .hosts = hosts, .partitions = partitions};

	sim_init(&sim, &plan);
	sim.def = def;
}

static void append(int32_t p, const char *key, char flag)
{
	char value[32];

	sim.timestamp += 10;
	(void)snprintf(value, sizeof(value), "%c%d.%" PRId64, flag, (int)p, sim.appended[p]++);
	fake_kafka_append(sim.kafka, sim.in, p, key, value, sim.timestamp, false);
}

static bool run_until(bool (*holds)(void))
{
	for (int i = 0; i < TURNS; i++) {
		if (holds())
			return true;
		for (int h = 0; h < sim.host_count; h++)
			if (sim.hosts[h].broker)
				sim_turn(&sim, &sim.hosts[h]);
	}
	return false;
}

static bool at_end(void)
{
	return sim_at_end(&sim);
}

static bool stopped(void)
{
	return sim.hosts[0].broker == NULL;
}

/* Turns of the worker itself, as sim_turn would complain of the STOP. */
static void run_to_the_stop(void)
{
	struct sim_host *host = &sim.hosts[0];
	int rc = 0;

	for (int i = 0; i < TURNS && rc == 0; i++)
		rc = worker_turn(host->worker, &why);
	ck_assert_int_eq(rc, -1);
	ck_assert_int_eq(why.kind, ERR_STOP);
	sim_kill(&sim, host);
}

static void end(void)
{
	(void)oracle_check(&sim, false);
	ck_assert_msg(sim.complaint[0] == '\0', "%s", sim.complaint);
	sim_fini(&sim);
}

/* --- ownership --- */

static bool has_a_batch(void)
{
	return sim.hosts[0].stats.commits > 0 && fake_broker_in_txn(sim.hosts[0].broker);
}

START_TEST(a_batch_is_not_sealed_once_the_loss_is_known)
{
	int64_t sent = tally_of(TALLY_NO_MEMBER);

	begin(1, 1, 0);
	for (int i = 0; i < 3; i++)
		append(0, "k1", '.');
	sim_start(&sim, &sim.hosts[0]);
	ck_assert(run_until(has_a_batch));
	fake_broker_lose(sim.hosts[0].broker);
	fake_kafka_tick(sim.kafka, 50); /* the batch is due, before the news is polled */
	for (int i = 0; i < 5; i++)
		append(0, "k2", '.');
	ck_assert(run_until(at_end)); /* it joins again, and takes them up where C is */
	/* Nothing was even tried: the worker saw it before the adapter had to refuse. */
	ck_assert_int_eq(tally_of(TALLY_NO_MEMBER), sent);
	ck_assert_uint_gt(sim.hosts[0].stats.aborts, 0);
	end();
}
END_TEST

static bool has_positions(void)
{
	return sim.hosts[0].stats.ready;
}

/* The first M has to go out, cannot, and what ends that is an event: it has to be polled for. */
START_TEST(a_worker_that_is_no_member_polls)
{
	begin(1, 1, 0);
	append(0, "k1", '.');
	sim_start(&sim, &sim.hosts[0]);
	ck_assert(run_until(has_positions));
	ck_assert_uint_eq(sim.hosts[0].stats.commits, 0);
	fake_broker_lose(sim.hosts[0].broker);
	ck_assert(run_until(at_end));
	end();
}
END_TEST

static bool is_on_disk(void)
{
	const struct worker_stats *stats = &sim.hosts[0].stats;

	return stats->checkpoints > 0 && stats->overlay_bytes == 0 && sim_at_end(&sim);
}

START_TEST(a_worker_whose_state_was_taken_over_takes_it_back_and_forgets_nothing)
{
	struct broker *stranger = NULL;
	struct store_part part;
	struct checkpoint k;
	struct crash_count crashes;
	struct store *store;
	struct tp tp = {"in", 0};
	struct err err;
	bool has;

	begin(1, 1, 0);
	for (int i = 0; i < 6; i++)
		append(0, "k1", '.');
	append(0, "k2", '.');
	sim_start(&sim, &sim.hosts[0]);
	ck_assert(run_until(is_on_disk));
	/* Another worker of this process decides late, on an assignment that is gone. */
	store = fake_store_new(sim.hosts[0].disk, stranger, 1, 0);
	ck_assert_int_eq(store->ops->acquire(store, tp, &part, &has, &k, &crashes, &err), 0);
	ck_assert_int_eq(store->ops->reset(store, tp, &part, &err), 0);
	store->ops->close(store);
	sim.hosts[0].stats.checkpoints = 0;
	append(0, "k3", '.');
	ck_assert(run_until(is_on_disk)); /* or refused: then it is nowhere */
	append(0, "k3", '.');
	append(0, "k2", '.');
	ck_assert(run_until(at_end));
	end();
}
END_TEST

/* --- recovery --- */

START_TEST(an_adoption_that_takes_long_remembers_all_of_it)
{
	begin(1, 1, 0);
	for (int i = 0; i < 40; i++) {
		char key[16];

		(void)snprintf(key, sizeof(key), "k%d", i % SIM_IDS);
		append(0, key, i < SIM_IDS || i >= 36 ? '.' : 'x'); /* x leaves no mark */
	}
	fake_kafka_set_offset(&sim.in->parts[0], 36, "not ours");
	sim.adopt = true;
	sim.offsets_moved = true;
	sim_start(&sim, &sim.hosts[0]);
	for (int i = 0; i < TURNS && sim.hosts[0].stats.replayed < 36; i++) {
		sim_turn(&sim, &sim.hosts[0]);
		fake_kafka_tick(sim.kafka, 30); /* so that checkpoints fall into the replay */
	}
	ck_assert_uint_ge(sim.hosts[0].stats.checkpoints, 2);
	ck_assert(run_until(at_end)); /* k0 to k3 again: all seen */
	ck_assert_int_eq(fake_kafka_lso(&sim.out->parts[0]) + fake_kafka_lso(&sim.out->parts[1]),
			 0);
	end();
}
END_TEST

START_TEST(a_start_at_a_time_begins_at_the_first_record_of_it)
{
	struct sim_host *host = &sim.hosts[0];

	begin(1, 1, 0);
	for (int i = 0; i < 10; i++)
		append(0, "k1", 'x'); /* 1010, 1020, ... */
	append(0, "k2", '.');
	sim_start(&sim, host);
	host->pipeline.start = START_TIME;
	host->pipeline.start_ms = 1055;
	ck_assert(run_until(at_end));
	ck_assert_int_eq(sim.in->parts[0].ranges[0].from, 5);
	end();
}
END_TEST

/* The old count in M is what tells that a partition came later: as long as that one has no M of its
 * own, the others must not forget it, whoever commits first. */
START_TEST(without_a_state_m_keeps_the_count_it_began_with)
{
	begin(1, 1, SIM_STATELESS);
	sim.start_latest = true;
	sim_start(&sim, &sim.hosts[0]);
	ck_assert(run_until(at_end));
	append(0, "k1", '.');
	ck_assert(run_until(at_end));
	sim_kill(&sim, &sim.hosts[0]);
	fake_kafka_add_partition(sim.kafka, sim.in);
	append(0, "k1", '.');
	append(1, "k2", '.');
	sim_start(&sim, &sim.hosts[0]);
	ck_assert(run_until(at_end));
	ck_assert_ptr_nonnull(strstr(sim.in->parts[0].metadata, " n=1 "));
	ck_assert_ptr_nonnull(strstr(sim.in->parts[1].metadata, " n=2 "));
	ck_assert_int_eq(sim.in->parts[1].ranges[0].from, 0);
	end();
}
END_TEST

/* --- records --- */

START_TEST(refused_records_side_by_side_become_dead_letters)
{
	begin(1, 2, 0);
	for (int i = 0; i < 4; i++) {
		append(0, "k1", '.');
		append(i % 2, "k5", '#');
		append(i % 2, "k6", '!');
		append(1, "k2", '.');
	}
	sim_start(&sim, &sim.hosts[0]);
	ck_assert(run_until(at_end));
	end();
}
END_TEST

/* Its first output can be sent and its second cannot: neither is there, and a drop for each. */
START_TEST(records_with_one_refused_output_side_by_side_get_on)
{
	begin(1, 2, 5);
	for (int i = 0; i < 6; i++) {
		char key[16];

		(void)snprintf(key, sizeof(key), "k%d", i);
		append(i % 2, key, '%');
	}
	sim_start(&sim, &sim.hosts[0]);
	ck_assert(run_until(at_end));
	end();
}
END_TEST

START_TEST(errors_stop_stands_at_the_record)
{
	begin(1, 1, 6);
	for (int i = 0; i < 5; i++) {
		char key[16];

		(void)snprintf(key, sizeof(key), "k%d", i);
		append(0, key, '.');
	}
	append(0, "k7", 'e');
	append(0, "k8", '.');
	sim_start(&sim, &sim.hosts[0]);
	run_to_the_stop();
	ck_assert_int_eq(why.code, EXIT_DATA);
	ck_assert_msg(strstr(why.msg, "in/0/5: "), "%s", why.msg);
	ck_assert_msg(strstr(why.msg, "errors: {to: TOPIC}"), "%s", why.msg);
	ck_assert_int_eq(sim.in->parts[0].c, 5);
	sim.def = 1; /* its errors go to a topic */
	sim_start(&sim, &sim.hosts[0]);
	ck_assert(run_until(at_end));
	end();
}
END_TEST

START_TEST(a_record_that_kills_the_process_is_found_and_stops_it)
{
	int starts = 0;

	begin(1, 2, 0);
	for (int i = 0; i < SIM_IDS; i++) {
		char key[16];

		(void)snprintf(key, sizeof(key), "k%d", i);
		append(0, key, i == 7 ? '*' : '.');
		append(1, key, '.');
	}
	for (bool killed = true; killed && starts < 40; starts++) {
		struct sim_host *host = &sim.hosts[0];
		int rc = 0;

		sim_start(&sim, host);
		for (int i = 0; i < TURNS && rc == 0; i++)
			rc = worker_turn(host->worker, &why);
		killed = fake_broker_is_dead(host->broker);
		sim_kill(&sim, host);
	}
	/* Batches of eight, of one; then five starts with the record alone; and the STOP. */
	ck_assert_int_le(starts, 10);
	ck_assert_int_eq(why.code, EXIT_DATA);
	ck_assert_msg(strstr(why.msg, "in/0/7: "), "%s", why.msg);
	ck_assert_int_eq(sim.in->parts[0].c, 7);
	end();
}
END_TEST

/* --- the transaction --- */

static void read_log(FILE *log, char *text, size_t size)
{
	size_t length;

	rewind(log);
	length = fread(text, 1, size - 1, log);
	text[length] = '\0';
}

static bool has_settled(void)
{
	return sim.hosts[0].stats.unknowns > 0 && sim.hosts[0].stats.at_end;
}

/* A commit that is done, and says "again" until the worker gives up asking: then C says it. */
START_TEST(a_commit_that_never_answers_is_told_from_c)
{
	FILE *log = tmpfile();
	char text[8192];

	ck_assert_ptr_nonnull(log);
	begin(1, 1, 0);
	append(0, "k1", '.');
	append(0, "k2", '.');
	sim_start(&sim, &sim.hosts[0]);
	log_open(LOG_LEVEL_INFO, true);
	ck_assert_int_ge(dup2(fileno(log), STDERR_FILENO), 0);
	ck_assert(run_until(has_a_batch));
	fake_broker_mute_commit(sim.hosts[0].broker);
	(void)run_until(has_settled);
	read_log(log, text, sizeof(text));
	ck_assert_msg(strstr(text, "whose answer was lost was committed"), "%s", text);
	end();
	(void)fclose(log);
}
END_TEST

static void fence_every(int64_t ms)
{
	begin(1, 1, 0);
	sim_start(&sim, &sim.hosts[0]);
	for (int i = 0; i < 3; i++) {
		append(0, "k1", '.');
		ck_assert(run_until(has_a_batch));
		fake_kafka_fence(sim.kafka, sim.hosts[0].name);
		if (i == 2)
			return;
		ck_assert(run_until(at_end));
		fake_kafka_tick(sim.kafka, ms);
	}
}

START_TEST(a_producer_fenced_three_times_in_a_minute_is_a_stop)
{
	fence_every(1000);
	run_to_the_stop();
	ck_assert_int_eq(why.code, EXIT_FENCED);
	ck_assert_msg(strstr(why.msg, "give each its own `instance`"), "%s", why.msg);
	end();
}
END_TEST

START_TEST(a_producer_fenced_now_and_then_goes_on)
{
	fence_every(40000);
	ck_assert(run_until(at_end));
	ck_assert(!stopped());
	end();
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("cases");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_batch_is_not_sealed_once_the_loss_is_known);
	tcase_add_test(tcase, a_worker_that_is_no_member_polls);
	tcase_add_test(tcase,
		       a_worker_whose_state_was_taken_over_takes_it_back_and_forgets_nothing);
	tcase_add_test(tcase, an_adoption_that_takes_long_remembers_all_of_it);
	tcase_add_test(tcase, a_start_at_a_time_begins_at_the_first_record_of_it);
	tcase_add_test(tcase, without_a_state_m_keeps_the_count_it_began_with);
	tcase_add_test(tcase, refused_records_side_by_side_become_dead_letters);
	tcase_add_test(tcase, records_with_one_refused_output_side_by_side_get_on);
	tcase_add_test(tcase, errors_stop_stands_at_the_record);
	tcase_add_test(tcase, a_record_that_kills_the_process_is_found_and_stops_it);
	tcase_add_test(tcase, a_commit_that_never_answers_is_told_from_c);
	tcase_add_test(tcase, a_producer_fenced_three_times_in_a_minute_is_a_stop);
	tcase_add_test(tcase, a_producer_fenced_now_and_then_goes_on);
	return suite_run("sim_cases", tcase);
}
