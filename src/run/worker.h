/*
 * worker: one thread's work: poll, run the steps, produce, commit. The one place that orders
 * effects; it sees ports only, so that the simulation runs this very code with a crash at every
 * step. worker.c is the loop and the batch, worker_record.c a record's way, worker_assign.c
 * assignment and recovery, worker_crashes.c the records that kill, worker_commit.c the
 * transaction's actions, worker_checkpoint.c the way to the store, worker_lag.c how far behind.
 *
 * Thread: its own, all calls but worker_stop and the stats. Blocks: worker_turn at most the
 * broker's call limits.
 */
#ifndef ONCED_RUN_WORKER_H
#define ONCED_RUN_WORKER_H

#include "core/pipeline.h"
#include "port/broker.h"
#include "port/clock.h"
#include "port/store.h"

/* Counters that others read: relaxed atomics, written by the worker only. */
struct worker_stats {
	_Atomic uint64_t records_in;  /* live records that a commit covers */
	_Atomic uint64_t records_out; /* outputs committed, dead letters excluded */
	_Atomic uint64_t duplicates, filtered, dead_letters, dropped_errors, unrouted;
	_Atomic uint64_t replayed; /* records read below C to rebuild state */
	_Atomic uint64_t commits, aborts, unknowns, taints, gap_accepted;
	_Atomic uint64_t checkpoints, checkpoint_failures;
	/* Raised by each turn, and by each partition of an assignment: the watchdog's sign of life.
	 */
	_Atomic uint64_t turns;
	_Atomic int64_t lag;        /* records between C and the known ends; -1 = not known */
	_Atomic int64_t partitions; /* assigned; -1 = never assigned yet */
	/* Records that a rebuild of the state would read: from the markers (w of M), and from where
	 * the state or the log began; about, as of a second ago. -1 = not known yet. */
	_Atomic int64_t since_marker, since_begin;
	_Atomic int64_t replay_left;    /* records still to replay before all partitions are live */
	_Atomic int64_t last_commit_ms; /* monotonic; 0 = none */
	_Atomic int64_t overlay_bytes;
	_Atomic bool at_end; /* every partition is live and at its end */
	_Atomic bool ready;  /* init_transactions done, subscribed, and assigned or idle */
	_Atomic bool live;   /* has been ready with no replay left */
};

struct worker_conf {
	const struct pipeline *pipeline;
	int index;
	struct broker *broker; /* borrowed, like all of these */
	struct store *store;   /* also without a dedup step: for its crash counts */
	struct expr_engine *engine;
	struct clock *clock;
	struct worker_stats *stats;
	size_t overlay_bytes_max;    /* the batch's marks, active and frozen together */
	size_t batch_bytes_max;      /* arena and payloads of one batch: then it ends */
	int64_t checkpoint_every_ms; /* about 1,000 */
	int64_t retry_ms_max;        /* of one call inside a transaction */
	int poll_ms_max;             /* longest wait when idle */
};

struct worker;

/* Compiles the pipeline's expressions. STOP (78) if one does not compile. Touches no broker yet. */
int worker_new(const struct worker_conf *conf, struct worker **ret, struct err *err) CHECKED;
void worker_free(struct worker *worker); /* NULL is fine; touches neither broker nor store */

/* A piece of work: at most one poll and what follows from it. 0: call again. 1: it has drained
 * after worker_stop. -1: STOP, with its exit code in err->code: the pipeline parks. Other kinds
 * are dealt with inside. */
int worker_turn(struct worker *worker, struct err *err) CHECKED;

/* Asks for a drain: commit what is in flight, checkpoint, unassign. Thread: any, signal-safe. */
void worker_stop(struct worker *worker);

/* Why it does not get on at the moment ("broker away: ..."); empty when all is well. Copies at most
 * size bytes. Thread: any. */
void worker_trouble(struct worker *worker, char *text, size_t size);

#endif
