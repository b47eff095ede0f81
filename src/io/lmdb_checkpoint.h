/*
 * lmdb_checkpoint: the thread that writes. One per environment; it takes the handles' jobs in their
 * order and runs each as one LMDB transaction: entries, K, and a look at old entries.
 */
#ifndef ONCED_IO_LMDB_CHECKPOINT_H
#define ONCED_IO_LMDB_CHECKPOINT_H

#include "io/lmdb_env.h"

/* Starts and ends the thread; no job may be left at the end. RETRY: no thread to be had. */
int lmdb_checkpoint_begin(struct lmdb_env *env, struct err *err) CHECKED;
void lmdb_checkpoint_end(struct lmdb_env *env);

/* Thread: the worker's. The job is the checkpointer's until lmdb_checkpoint_is_done. */
void lmdb_checkpoint_submit(struct lmdb_env *env, struct lmdb_job *job);
bool lmdb_checkpoint_is_done(struct lmdb_env *env, struct lmdb_job *job, bool wait);

/* The job itself; the thread calls it. Returns 0 or -1 with job->err. */
int lmdb_checkpoint_run(struct lmdb_env *env, struct lmdb_job *job);

#endif
