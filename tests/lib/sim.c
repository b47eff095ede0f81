/* sim: see sim.h. */
#include "lib/sim.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "lib/tally.h"
#include "run/log.h"

#define FINISH_TURNS 60000
#define DRAIN_TURNS 2000
#define FROZEN_MS 1500 /* of each turn */
#define MEANWHILE_PER_MILLE 100
#define MEANWHILE_TURNS 10

static const char *const topics[] = {"in"};

void sim_complain(struct sim *sim, const char *format, ...)
{
	va_list args;

	if (sim->complaint[0])
		return; /* the first one tells most */
	va_start(args, format);
	(void)vsnprintf(sim->complaint, sizeof(sim->complaint), format, args);
	va_end(args);
}

/* The hosts are not in step: while one is in a call, another may be told of its partitions, read C,
 * commit. Not within one process, which dies as a whole. */
static void meanwhile(void *arg, const struct broker *busy)
{
	struct sim *sim = arg;
	struct sim_host *host;

	if (sim->in_meanwhile || !rng_chance(&sim->meanwhile, MEANWHILE_PER_MILLE))
		return;
	host = &sim->hosts[rng_below(&sim->meanwhile, (uint32_t)sim->host_count)];
	if (!host->broker || host->broker == busy)
		return;
	sim->in_meanwhile = true;
	tally(TALLY_MEANWHILE);
	for (uint32_t n = 1 + rng_below(&sim->meanwhile, MEANWHILE_TURNS); n > 0 && host->broker;
	     n--)
		sim_turn(sim, host);
	sim->in_meanwhile = false;
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
	sim->copy = fake_kafka_topic(sim->kafka, "copy", 2);
	sim->dead = fake_kafka_topic(sim->kafka, "dead", 1);
	sim->meanwhile.state = plan->seed ^ 0xACE;
	if (plan->meanwhile && !plan->one_process)
		fake_kafka_meanwhile(sim->kafka, meanwhile, sim);
	sim->partitions = plan->partitions;
	sim->host_count = plan->hosts;
	sim->one_process = plan->one_process;
	sim->ignore_taint = plan->ignore_taint;
	sim->ignore_membership = plan->ignore_membership;
	sim->gap_accept = plan->gap_accept;
	sim->start_latest = plan->start_latest;
	sim->timestamp = 1000;
	for (int i = 0; i < plan->hosts; i++) {
		sim->hosts[i].name = plan->twins && i == 2 ? names[0] : names[i];
		if (i == 0 || !sim->one_process)
			sim->hosts[i].disk = fake_disk_new();
	}
}

void sim_fini(struct sim *sim)
{
	for (int i = 0; i < sim->host_count; i++)
		if (sim->hosts[i].broker)
			sim_kill(sim, &sim->hosts[i]);
	for (int i = 0; i < sim->host_count; i++) {
		fake_disk_free(sim->hosts[i].disk);
		fake_disk_free(sim->hosts[i].old_disk);
	}
	fake_kafka_free(sim->kafka);
}

struct fake_disk *sim_disk(struct sim *sim, const struct sim_host *host)
{
	return host->disk ? host->disk : sim->hosts[0].disk;
}

void sim_start(struct sim *sim, struct sim_host *host)
{
	struct fake_broker_conf conf = {.instance = host->name,
					.topics = topics,
					.topic_count = 1,
					.def = sim->def,
					.ignore_taint = sim->ignore_taint,
					.ignore_membership = sim->ignore_membership};
	struct worker_conf worker = {
		.pipeline = &host->pipeline,
		.engine = sim_engine(),
		.clock = fake_kafka_clock(sim->kafka),
		.stats = &host->stats,
		.overlay_bytes_max = 16 * 4 * sizeof(struct overlay_item),
		.batch_bytes_max = sim->batch_bytes_max ? sim->batch_bytes_max : 1 << 20,
		.checkpoint_every_ms = 50,
		.retry_ms_max = 2000,
		.poll_ms_max = 10,
	};
	struct err err;

	must(!host->broker);
	memset(&host->stats, 0, sizeof(host->stats));
	host->frozen_turns = 0;
	host->again = false;
	host->pipeline = *sim_pipeline(sim->def);
	host->pipeline.adopt = sim->adopt;
	host->pipeline.on_gap = sim->gap_accept ? GAP_ACCEPT : GAP_STOP;
	host->pipeline.start = sim->start_latest ? START_LATEST : START_EARLIEST;
	if (sim->greedy) {
		host->pipeline.commit_records = 1000000;
		host->pipeline.commit_bytes = 1 << 30;
		host->pipeline.commit_every_ms = 5000;
	}
	if (sim->def == SIM_STATELESS)
		tally(TALLY_DEF_STATELESS);
	host->broker = fake_broker_new(sim->kafka, &conf);
	host->store = fake_store_new(sim_disk(sim, host), host->broker, rng_next(&sim->rng),
				     fake_kafka_rate(sim->kafka, FK_FAULT_DISK));
	fake_store_fail_reads(host->store, fake_kafka_rate(sim->kafka, FK_FAULT_READ));
	worker.broker = host->broker;
	worker.store = host->store;
	must(worker_new(&worker, &host->worker, &err) == 0);
}

static void gone(struct sim_host *host)
{
	for (uint64_t i = 0; i < host->stats.gap_accepted; i++)
		tally(TALLY_GAP_ACCEPTED);
	worker_free(host->worker);
	host->worker = NULL;
	host->broker = NULL; /* the cluster keeps the handle: its session has to run out */
	host->store = NULL;
}

void sim_kill(struct sim *sim, struct sim_host *host)
{
	for (int i = 0; i < sim->host_count; i++) {
		struct sim_host *other = &sim->hosts[i];

		if (!other->broker || (other != host && !sim->one_process))
			continue;
		tally(TALLY_KILL);
		fake_broker_kill(other->broker);
		fake_store_crash(other->store);
		gone(other);
	}
}

/* errors: stop. Everything before the record must be committed, and nothing of it or behind it. */
static bool stopped_at_a_record(struct sim *sim, const char *message)
{
	const char *place = strstr(message, "in/");
	long long offset;
	int p;

	if (sim_rule(sim->def).errors != SIM_ERRORS_NEVER || !place ||
	    sscanf(place, "in/%d/%lld", &p, &offset) != 2)
		return false;
	fake_kafka_write_markers(sim->kafka); /* C may be decided, and not readable yet */
	for (int64_t o = sim->in->parts[p].c; o < offset; o++)
		if (sim->in->parts[p].entries[o].kind == FK_DATA &&
		    sim->in->parts[p].entries[o].state == FK_COMMITTED)
			return false;
	tally(TALLY_ERRORS_STOP);
	return sim->in->parts[p].c <= offset &&
	       strchr("e!#%", sim->in->parts[p].entries[offset].value[0]);
}

/* Five ends without an orderly word, and batches of one: who kills at random gets there. */
static bool stopped_by_crashes(struct sim *sim, struct sim_host *host, const char *message)
{
	if (!strstr(message, "the process died 5 times"))
		return false;
	tally(TALLY_CRASH_LOOP);
	fake_disk_forget_crashes(sim_disk(sim, host));
	host->again = true;
	return true;
}

static void stopped(struct sim *sim, struct sim_host *host, const struct err *err)
{
	tally(TALLY_STOPPED);
	if (strstr(err->msg, "lost with the state"))
		tally(TALLY_GAP_STOPPED);
	if (strstr(err->msg, "not the one that was processed") ||
	    strstr(err->msg, "beyond the end of the log"))
		sim->found_anew = true;
	if (err->code == EXIT_FENCED)
		return;
	if (err->code != EXIT_DATA)
		sim_complain(sim, "%s stopped with %d: %s", host->name, err->code, err->msg);
	else if (!stopped_by_crashes(sim, host, err->msg) && !sim->retention_used &&
		 !sim_needs_accept(sim) && !stopped_at_a_record(sim, err->msg))
		sim_complain(sim, "%s stopped: %s", host->name, err->msg);
}

void sim_freeze(struct sim *sim, struct sim_host *host, int64_t turns)
{
	(void)sim;
	tally(TALLY_FREEZE);
	host->frozen_turns = turns;
	(void)fake_broker_freeze(host->broker, true);
}

void sim_turn(struct sim *sim, struct sim_host *host)
{
	struct err err = {0};
	int rc;

	if (host->frozen_turns > 0) {
		fake_kafka_tick(sim->kafka, FROZEN_MS);
		if (--host->frozen_turns == 0 && fake_broker_freeze(host->broker, false))
			tally(TALLY_ZOMBIE);
		return;
	}
	rc = worker_turn(host->worker, &err);
	sim_watch_resets(sim);
	if (fake_disk_went_back(sim_disk(sim, host)))
		sim_complain(sim, "%s: a checkpoint went back", host->name);
	if (rc == 0)
		return;
	if (fake_broker_is_dead(host->broker)) {
		sim_kill(sim, host);
		return;
	}
	if (rc < 0)
		stopped(sim, host, &err);
	host->broker->ops->close(host->broker);
	host->store->ops->close(host->store);
	gone(host);
}

bool sim_drain(struct sim *sim, struct sim_host *host)
{
	worker_stop(host->worker);
	for (int i = 0; i < DRAIN_TURNS; i++) {
		sim_turn(sim, host);
		if (!host->broker) {
			tally(TALLY_DRAIN);
			return true;
		}
	}
	sim_kill(sim, host);
	return false;
}

static int64_t a_timestamp(struct sim *sim)
{
	uint32_t dice = rng_below(&sim->rng, 100);
	int64_t timestamp;

	sim->timestamp += (int64_t)rng_below(&sim->rng, 150);
	timestamp = sim->timestamp;
	if (dice < 15) {
		tally(TALLY_DISORDER);
		timestamp -= (int64_t)rng_below(&sim->rng, 2500);
	} else if (dice < 18) {
		tally(TALLY_NO_TIMESTAMP);
		return -1;
	} else if (dice < 19) {
		tally(TALLY_FUTURE);
		timestamp = 4070908800000; /* 2099 */
	} else if (dice < 22) {
		sim->timestamp += (int64_t)rng_below(&sim->rng, 4000); /* a pause */
	}
	return timestamp < -1 ? 0 : timestamp;
}

/* x filtered, e an error, ! refused by its delivery report, # and % too large: see the fakes. */
void sim_append(struct sim *sim, int count)
{
	for (int i = 0; i < count; i++) {
		int32_t p = (int32_t)rng_below(&sim->rng, (uint32_t)sim->in->count);
		uint32_t dice = rng_below(&sim->rng, 100);
		int64_t timestamp = a_timestamp(sim);
		char key[24], value[32];
		char flag = '.';

		if (dice < 20)
			flag = "xxxxxxxxxxeeeee!!##%"[dice];
		(void)snprintf(key, sizeof(key), "k%" PRIu32, rng_below(&sim->rng, SIM_IDS));
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
	if (sim_rule(sim->def).errors == SIM_ERRORS_NEVER)
		sim->def = 1; /* the same prefix, and it can get to the end */
	for (int i = 0; i < sim->host_count; i++)
		if (sim->hosts[i].broker) /* it may have a countdown or a failing disk */
			sim_kill(sim, &sim->hosts[i]);
	if (sim_needs_accept(sim))
		sim_accept(sim);
	return sim_run(sim);
}

bool sim_run(struct sim *sim)
{
	for (int i = 0; i < sim->host_count; i++)
		if (!sim->hosts[i].broker)
			sim_start(sim, &sim->hosts[i]);
	for (int turns = 0; turns < FINISH_TURNS; turns++) {
		bool running = false;

		for (int i = 0; i < sim->host_count; i++) {
			if (sim->hosts[i].broker)
				sim_turn(sim, &sim->hosts[i]);
			else if (sim->hosts[i].again)
				sim_start(sim, &sim->hosts[i]);
			running = running || sim->hosts[i].broker || sim->hosts[i].again;
		}
		if (sim->complaint[0] || sim_at_end(sim))
			return sim_at_end(sim);
		if (!running)
			return false;
	}
	return false;
}
