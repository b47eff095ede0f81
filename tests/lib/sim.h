/*
 * sim: the world of the simulation: one input topic, one output topic, one of dead letters, up to
 * three hosts that run the real worker on fakes, all of it from one seed. oracle.c judges the end
 * and shares no code with the core.
 */
#ifndef ONCED_TESTS_SIM_H
#define ONCED_TESTS_SIM_H

#include "core/pipeline.h"
#include "lib/fake_kafka.h"
#include "lib/fake_store.h"
#include "run/worker.h"

#define SIM_HOSTS 3
#define SIM_DEFS 4
#define SIM_PARTITIONS_MAX 4

struct sim_host {
	const char *name;
	struct fake_disk *disk;
	struct fake_disk *old_disk; /* a snapshot of earlier, to be put back */
	struct broker *broker;      /* NULL = not running */
	struct store *store;
	struct worker *worker;
	struct worker_stats stats;
	int64_t frozen_turns;
};

struct sim {
	uint64_t seed;
	struct rng rng;
	struct fake_kafka *kafka;
	struct fk_topic *in, *out, *dead;
	struct sim_host hosts[SIM_HOSTS];
	int host_count;
	int def;
	bool ignore_taint;
	bool gap_accept;
	uint32_t disk_fail;
	int64_t timestamp;
	int64_t appended[SIM_PARTITIONS_MAX];
	bool retention_used;
	int stops, crashes;
	char complaint[512]; /* why it is wrong; empty = right */
};

struct sim_plan {
	uint64_t seed;
	int hosts;
	int32_t partitions;
	struct fk_faults faults;
	bool ignore_taint;
};

void sim_init(struct sim *sim, const struct sim_plan *plan);
void sim_fini(struct sim *sim);
const struct pipeline *sim_pipeline(int def);
struct expr_engine *sim_engine(void);

void sim_start(struct sim *sim, struct sim_host *host);
/* kill -9 */
void sim_kill(struct sim *sim, struct sim_host *host);
/* SIGTERM; true when it drained in the given number of turns, else it is killed. */
bool sim_drain(struct sim *sim, struct sim_host *host);
/* One turn; restarts nothing. A host that died or stopped is not running afterwards. */
void sim_turn(struct sim *sim, struct sim_host *host);
void sim_append(struct sim *sim, int count);
/* Is C at the end everywhere? */
bool sim_at_end(const struct sim *sim);
/* Faults off; whoever is down comes back; turns until the end or the limit. False: not reached. */
bool sim_finish(struct sim *sim);

void sim_complain(struct sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* oracle.c: fills sim->complaint, true if all is right. must_end: C has to be at the end. */
bool oracle_check(struct sim *sim, bool must_end);

#endif
