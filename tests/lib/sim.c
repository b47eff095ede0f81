/* sim: see sim.h. */
#include "lib/sim.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "run/log.h"

#define FINISH_TURNS 60000
#define DRAIN_TURNS 2000
#define IDS 12

static const char *const topics[] = {"in"};

static const struct step filter_first[] = {
	{.kind = STEP_FILTER, .where = "filter", .text = "f", .slot = 0},
	{.kind = STEP_DEDUP, .where = "dedup", .slot = -1, .within_ms = 1000},
};
static const struct step dedup_first[] = {
	{.kind = STEP_DEDUP, .where = "dedup", .slot = -1, .within_ms = 1000},
	{.kind = STEP_FILTER, .where = "filter", .text = "f", .slot = 0},
};
static const struct step wide[] = {
	{.kind = STEP_FILTER, .where = "filter", .text = "f", .slot = 0},
	{.kind = STEP_DEDUP, .where = "dedup", .slot = -1, .within_ms = 3000},
};
static const struct step narrow[] = {
	{.kind = STEP_FILTER, .where = "filter", .text = "f", .slot = 0},
	{.kind = STEP_DEDUP, .where = "dedup", .slot = -1, .within_ms = 300},
};
static const struct target to_out[] = {{.topic = "out", .where = "to", .slot = -1}};
static const struct expr_source exprs[] = {{"filter", "f"}};

#define DEFINITION(steps_, hash, dedup, gap)                                                       \
	{                                                                                          \
		.name = "sim", .file = "sim.yaml", .workers = 1, .topics = topics,                 \
		.topic_count = 1, .group = "g", .start = START_EARLIEST, .format = FORMAT_TEXT,    \
		.on_gap = (gap), .steps = (steps_), .step_count = 2, .dedup_index = (dedup),       \
		.prefix_hash = (hash), .targets = to_out, .target_count = 1, .errors = ERRORS_TO,  \
		.errors_topic = "dead", .commit_every_ms = 20, .commit_records = 8,                \
		.commit_bytes = 4096, .exprs = exprs, .expr_count = 1,                             \
	}

const struct pipeline *sim_pipeline(int def)
{
	static const struct pipeline definitions[SIM_DEFS] = {
		DEFINITION(filter_first, 0xA0, 1, GAP_STOP),
		DEFINITION(dedup_first, 0xA1, 0, GAP_STOP),
		DEFINITION(wide, 0xA2, 1, GAP_STOP),
		DEFINITION(narrow, 0xA3, 1, GAP_STOP),
	};

	must(def >= 0 && def < SIM_DEFS);
	return &definitions[def];
}

void sim_complain(struct sim *sim, const char *format, ...)
{
	va_list args;

	if (sim->complaint[0])
		return; /* the first one tells most */
	va_start(args, format);
	(void)vsnprintf(sim->complaint, sizeof(sim->complaint), format, args);
	va_end(args);
}

void sim_init(struct sim *sim, const struct sim_plan *plan)
{
	static const char *const names[SIM_HOSTS] = {"host-a", "host-b", "host-c"};

	/* Thousands of schedules: their warnings are no news. */
	log_open(getenv("SIM_LOG") ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR - 1, true);
	memset(sim, 0, sizeof(*sim));
	sim->seed = plan->seed;
	sim->rng.state = plan->seed;
	sim->kafka = fake_kafka_new(plan->seed ^ 0x5EED, &plan->faults);
	sim->in = fake_kafka_topic(sim->kafka, "in", plan->partitions);
	sim->out = fake_kafka_topic(sim->kafka, "out", 2);
	sim->dead = fake_kafka_topic(sim->kafka, "dead", 1);
	sim->host_count = plan->hosts;
	sim->ignore_taint = plan->ignore_taint;
	sim->disk_fail = plan->faults.disk;
	sim->timestamp = 1000;
	for (int i = 0; i < plan->hosts; i++) {
		sim->hosts[i].name = names[i];
		sim->hosts[i].disk = fake_disk_new();
	}
}

void sim_fini(struct sim *sim)
{
	for (int i = 0; i < sim->host_count; i++) {
		if (sim->hosts[i].broker)
			sim_kill(sim, &sim->hosts[i]);
		fake_disk_free(sim->hosts[i].disk);
		fake_disk_free(sim->hosts[i].old_disk);
	}
	fake_kafka_free(sim->kafka);
}

void sim_start(struct sim *sim, struct sim_host *host)
{
	struct fake_broker_conf conf = {host->name, topics, 1, sim->def, sim->ignore_taint};
	struct worker_conf worker = {
		.pipeline = sim_pipeline(sim->def),
		.engine = sim_engine(),
		.clock = fake_kafka_clock(sim->kafka),
		.stats = &host->stats,
		.overlay_bytes_max = 16 * 4 * sizeof(struct overlay_item),
		.batch_bytes_max = 1 << 20,
		.checkpoint_every_ms = 50,
		.retry_ms_max = 2000,
		.poll_ms_max = 10,
	};
	struct err err;

	must(!host->broker);
	memset(&host->stats, 0, sizeof(host->stats));
	host->frozen_turns = 0;
	host->broker = fake_broker_new(sim->kafka, &conf);
	host->store = fake_store_new(host->disk, host->broker, rng_next(&sim->rng), sim->disk_fail);
	worker.broker = host->broker;
	worker.store = host->store;
	must(worker_new(&worker, &host->worker, &err) == 0);
}

static void gone(struct sim_host *host)
{
	worker_free(host->worker);
	host->worker = NULL;
	host->broker = NULL; /* the cluster keeps the handle: its session has to run out */
	host->store = NULL;
}

void sim_kill(struct sim *sim, struct sim_host *host)
{
	sim->crashes++;
	fake_broker_kill(host->broker);
	fake_store_crash(host->store);
	gone(host);
}

void sim_turn(struct sim *sim, struct sim_host *host)
{
	struct err err = {0};
	int rc;

	if (host->frozen_turns > 0) {
		fake_kafka_tick(sim->kafka, 500);
		if (--host->frozen_turns == 0)
			fake_broker_freeze(host->broker, false);
		return;
	}
	rc = worker_turn(host->worker, &err);
	if (rc == 0)
		return;
	if (fake_broker_is_dead(host->broker)) {
		sim_kill(sim, host);
		return;
	}
	if (rc < 0) {
		sim->stops++;
		if (err.code == EXIT_DATA && !sim->retention_used)
			sim_complain(sim, "%s stopped: %s", host->name, err.msg);
		else if (err.code != EXIT_DATA && err.code != EXIT_FENCED)
			sim_complain(sim, "%s stopped with %d: %s", host->name, err.code, err.msg);
	}
	host->broker->ops->close(host->broker);
	host->store->ops->close(host->store);
	gone(host);
}

bool sim_drain(struct sim *sim, struct sim_host *host)
{
	worker_stop(host->worker);
	for (int i = 0; i < DRAIN_TURNS; i++) {
		sim_turn(sim, host);
		if (!host->broker)
			return true;
	}
	sim_kill(sim, host);
	return false;
}

void sim_append(struct sim *sim, int count)
{
	for (int i = 0; i < count; i++) {
		int32_t p = (int32_t)rng_below(&sim->rng, (uint32_t)sim->in->count);
		uint32_t dice = rng_below(&sim->rng, 100);
		char key[24], value[32];
		int64_t timestamp;
		char flag = dice < 10 ? 'x' : dice < 15 ? 'e' : dice < 17 ? '!' : '.';

		sim->timestamp += (int64_t)rng_below(&sim->rng, 150);
		timestamp = sim->timestamp;
		dice = rng_below(&sim->rng, 100);
		if (dice < 15)
			timestamp -= (int64_t)rng_below(&sim->rng, 2500); /* disorder */
		else if (dice < 18)
			timestamp = -1;
		else if (dice < 19)
			timestamp = 4070908800000; /* 2099 */
		else if (dice < 22)
			sim->timestamp += (int64_t)rng_below(&sim->rng, 4000); /* a pause */
		if (timestamp < -1)
			timestamp = 0;
		(void)snprintf(key, sizeof(key), "k%" PRIu32, rng_below(&sim->rng, IDS));
		(void)snprintf(value, sizeof(value), "%c%" PRId32 ".%" PRId64, flag, p,
			       sim->appended[p]++);
		fake_kafka_append(sim->kafka, sim->in, p, key, value, timestamp,
				  rng_chance(&sim->rng, 300));
	}
}

bool sim_at_end(const struct sim *sim)
{
	for (int32_t p = 0; p < sim->in->count; p++) {
		const struct fk_part *part = &sim->in->parts[p];

		if (part->pending_count > 0 || !part->has_c || part->c != part->count)
			return false;
	}
	return true;
}

bool sim_finish(struct sim *sim)
{
	static const struct fk_faults none;

	fake_kafka_faults(sim->kafka, &none);
	sim->disk_fail = 0;
	for (int i = 0; i < sim->host_count; i++) {
		struct sim_host *host = &sim->hosts[i];

		/* A dying host may still have a countdown or failing disk: begin it anew. */
		if (host->broker)
			sim_kill(sim, host);
		sim_start(sim, host);
	}
	for (int turns = 0; turns < FINISH_TURNS; turns++) {
		bool running = false;

		for (int i = 0; i < sim->host_count; i++) {
			if (sim->hosts[i].broker)
				sim_turn(sim, &sim->hosts[i]);
			running = running || sim->hosts[i].broker;
		}
		if (sim->complaint[0] || sim_at_end(sim))
			return sim_at_end(sim);
		if (!running)
			return false;
	}
	return false;
}
