/*
 * sim: the world of the simulation: one input topic, two output topics, one of dead letters, up to
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
#define SIM_DEFS 7
#define SIM_STATELESS 4
#define SIM_PARTITIONS_MAX 4
#define SIM_IDS 12

/* A definition in the oracle's words. */
struct sim_rule {
	bool filter_first; /* before dedup; else behind it */
	int64_t within;    /* -1 = no dedup */
	bool copy;         /* to "copy" as well as to "out" */
	enum { SIM_ERRORS_DEAD, SIM_ERRORS_NOTHING, SIM_ERRORS_NEVER } errors;
};

struct sim_host {
	const char *name;
	struct fake_disk *disk;     /* NULL = the first host's: two workers of one process */
	struct fake_disk *old_disk; /* a snapshot of earlier, to be put back */
	struct pipeline pipeline;   /* of the running worker */
	struct broker *broker;      /* NULL = not running */
	struct store *store;
	struct worker *worker;
	struct worker_stats stats;
	int64_t frozen_turns;
	bool again; /* it stopped for crashes, and somebody has seen to that */
};

/* What an admin did to a partition's offsets, and nobody has settled yet. */
enum sim_reset {
	SIM_RESET_NONE,
	SIM_RESET_FOREIGN, /* C with another program's metadata */
	SIM_RESET_OURS,    /* C gone, or with an older M */
	SIM_RESET_COUNT,   /* there are more partitions than M says */
};

struct sim {
	uint64_t seed;
	struct rng rng;
	struct rng meanwhile; /* who goes on while another one is in a call */
	bool in_meanwhile;
	struct fake_kafka *kafka;
	struct fk_topic *in, *out, *copy, *dead;
	struct sim_host hosts[SIM_HOSTS];
	int32_t partitions; /* of the input at first; what has come since begins at its beginning */
	int host_count;
	bool one_process;
	int def;
	bool adopt;      /* from.adopt, of hosts that start from now on */
	bool gap_accept; /* on_gap: accept */
	bool start_latest;
	bool greedy;            /* `commit:` allows batches of any size */
	size_t batch_bytes_max; /* 0 = a megabyte */
	bool ignore_taint;
	bool ignore_membership;
	int64_t timestamp;
	int64_t appended[FK_PARTITIONS];
	enum sim_reset reset[FK_PARTITIONS];
	int64_t reset_ranges[FK_PARTITIONS]; /* committed ranges when it was reset */
	bool offsets_moved;                  /* some reset happened: results may come again */
	bool retention_used;
	bool found_anew;     /* someone stopped as the input is another one, or ends below C */
	char complaint[512]; /* why it is wrong; empty = right */
};

struct sim_plan {
	uint64_t seed;
	int hosts;
	int32_t partitions;
	struct fk_faults faults;
	bool ignore_taint;
	bool ignore_membership;
	bool one_process;
	bool twins; /* two hosts were given the same instance: they fence each other */
	bool gap_accept;
	bool start_latest;
	bool meanwhile; /* hosts go on while another one is in a call, not only between its turns */
};

void sim_init(struct sim *sim, const struct sim_plan *plan);
void sim_fini(struct sim *sim);
/* --- sim_defs.c --- */
const struct pipeline *sim_pipeline(int def);
struct sim_rule sim_rule(int def);
/* --- sim_engine.c --- */
struct expr_engine *sim_engine(void);

void sim_start(struct sim *sim, struct sim_host *host);
/* kill -9; takes the whole process with it. */
void sim_kill(struct sim *sim, struct sim_host *host);
/* SIGTERM; true when it drained in the given number of turns, else it is killed. */
bool sim_drain(struct sim *sim, struct sim_host *host);
/* SIGSTOP for so many turns. */
void sim_freeze(struct sim *sim, struct sim_host *host, int64_t turns);
/* One turn; restarts nothing. A host that died or stopped is not running afterwards. */
void sim_turn(struct sim *sim, struct sim_host *host);
void sim_append(struct sim *sim, int count);
struct fake_disk *sim_disk(struct sim *sim, const struct sim_host *host);
/* Is C at the end everywhere? */
bool sim_at_end(const struct sim *sim);
/* Faults off; whoever is down comes back; turns until the end or the limit. False: not reached. */
bool sim_finish(struct sim *sim);
/* Starts who is down and turns until the end, or until nobody runs; as things are. */
bool sim_run(struct sim *sim);

/* --- sim_admin.c: what people do to a cluster; all hosts are down afterwards --- */
/* Another definition, another disk. */
void sim_change_definition(struct sim *sim);
void sim_change_disk(struct sim *sim, struct sim_host *host);
/* Moves, removes or replaces some partition's C behind the hosts' back. */
void sim_reset_offsets(struct sim *sim);
void sim_add_partition(struct sim *sim);
/* Is something waiting for an `accept`? */
bool sim_needs_accept(const struct sim *sim);
/* onced offsets accept: the real plan, committed. */
void sim_accept(struct sim *sim);
/* Complains if a host went on where it had to stop. After each turn. */
void sim_watch_resets(struct sim *sim);
/* Retention: the oldest records go; beyond: also those that were not processed. */
void sim_delete_records(struct sim *sim, bool beyond);

/* The topic is another one, which differs below C; false: not in a way that has to be found. */
bool sim_make_anew(struct sim *sim);
/* The log ends below some C; false: there is none to cut. */
bool sim_cut_log(struct sim *sim);

void sim_complain(struct sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* --- oracle.c --- */
/* Fills sim->complaint, true if all is right. must_end: C has to be at the end. */
bool oracle_check(struct sim *sim, bool must_end);
/* The marks on the disks of hosts that drained at the end: what is alive, and nothing else. */
bool oracle_check_disks(struct sim *sim);

#endif
