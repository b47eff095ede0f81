/*
 * run_thread: a worker's thread: it opens what the worker owns (engine, broker, store handle),
 * turns it until it ends, and closes all of that again. Main looks in through a lock.
 */
#ifndef ONCED_RUN_RUN_THREAD_H
#define ONCED_RUN_RUN_THREAD_H

#include <pthread.h>
#include <stdbool.h>

#include "config/config.h"
#include "io/lmdb_store.h"
#include "run/memory.h"
#include "run/pulse.h"
#include "run/worker.h"

/* The one-call retry limit inside a transaction: as long as the transaction may last. */
#define WORKER_RETRY_MS 10000
#define WORKER_CHECKPOINT_MS 1000
#define WORKER_POLL_MS 100

struct run_thread {
	/* Set by the caller before start; borrowed. */
	const struct config *config;
	const struct pipeline *pipeline;
	const struct memory_share *share;
	struct clock *clock;
	struct lmdb_env *env;
	int index;

	/* The thread's; the rest is read by main with the lock, or after `ended`. */
	struct worker_stats stats;
	pthread_t thread;
	bool started;         /* main's */
	struct pulse pulse;   /* main's */
	pthread_mutex_t lock; /* of the next three */
	struct worker *worker;
	struct expr_engine *engine;
	bool stop;
	_Atomic bool ended;
	int result; /* 1 = drained, -1 = err; after `ended` */
	struct err err;
};

void run_thread_init(struct run_thread *thread); /* zeroes all but what the caller set */

/* All below: thread main. start fails (70) only when the system has no thread left. */
int run_thread_start(struct run_thread *thread, int64_t now_ms, struct err *err) CHECKED;
void run_thread_stop(struct run_thread *thread);
bool run_thread_has_ended(const struct run_thread *thread);
void run_thread_join(struct run_thread *thread); /* after it has ended: does not block long */

/* Every tick: halts an expression that runs too long. */
void run_thread_watch(struct run_thread *thread);
void run_thread_trouble(struct run_thread *thread, char *text, size_t size);

#endif
