/*
 * Goal: the oracle can fail. Method: the naive worker (naive.h) goes through the same world, with a
 * crash at every step; it must be found losing records, and repeating them, and must be right when
 * nothing goes wrong.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/naive.h"
#include "lib/suite.h"

#define RUN_TURNS 200

struct found {
	int lost, repeated, right;
};

/* Only records that the naive worker and definition 0 treat alike: no errors, no refusals. */
static void append_plain(struct sim *sim, int count)
{
	static const char *const keys[] = {"k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7"};
	char value[32];

	for (int i = 0; i < count; i++) {
		memcpy(value, ".0.00", 6);
		value[3] = (char)('0' + sim->appended[0] / 10);
		value[4] = (char)('0' + sim->appended[0]++ % 10);
		sim->timestamp += 90;
		fake_kafka_append(sim->kafka, sim->in, 0, keys[rng_below(&sim->rng, 8)], value,
				  sim->timestamp, false);
	}
}

static void run(struct sim *sim, struct overlay *marks, int64_t crash_in)
{
	static const char *const topics[] = {"in"};
	struct fake_broker_conf conf = {.instance = "naive", .topics = topics, .topic_count = 1};
	struct broker *broker = fake_broker_new(sim->kafka, &conf);
	struct naive *naive = naive_new(sim, broker, marks);

	fake_broker_crash_in(broker, crash_in);
	for (int i = 0; i < RUN_TURNS && naive_turn(naive) == 0; i++)
		;
	fake_broker_kill(broker);
	naive_free(naive);
}

static bool crash_at(int64_t k, struct found *found)
{
	struct sim_plan plan = {.seed = 5, .hosts = 1, .partitions = 1};
	struct overlay marks;
	struct sim sim;
	bool more;

	overlay_init(&marks);
	sim_init(&sim, &plan);
	append_plain(&sim, 12);
	run(&sim, &marks, k);
	more = !sim_at_end(&sim);
	append_plain(&sim, 6);
	run(&sim, &marks, -1);
	if (oracle_check(&sim, true))
		found->right++;
	else if (strstr(sim.complaint, "0 outputs for 1"))
		found->lost++;
	else if (strstr(sim.complaint, "2 outputs for"))
		found->repeated++;
	overlay_fini(&marks);
	sim_fini(&sim);
	return more;
}

START_TEST(the_naive_worker_is_found_losing_and_repeating)
{
	struct found found = {0};
	int64_t k = 0;

	while (crash_at(k, &found))
		k++;
	ck_assert_int_gt(found.lost, 0);
	ck_assert_int_gt(found.repeated, 0);
	ck_assert_int_gt(found.right, 0); /* and it is not the oracle that always complains */
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("naive");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, the_naive_worker_is_found_losing_and_repeating);
	return suite_run("sim_naive", tcase);
}
