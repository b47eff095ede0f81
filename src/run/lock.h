/*
 * lock: one process at a time runs a pipeline of a state directory. A pipeline with state has its
 * LMDB environment's lock; one without takes this one, <state_dir>/<pipeline>/run.lock, so that
 * `offsets accept` and a second daemon meet a lock in both cases. Released by the kernel however the
 * process ends.
 *
 * Thread: main. Does not wait.
 */
#ifndef ONCED_RUN_LOCK_H
#define ONCED_RUN_LOCK_H

#include "base/err.h"

/* Makes the state directory, and what is missing above it, with mode 0700 if it is not there. STOP (73). */
int lock_state_dir(const char *state_dir, struct err *err) CHECKED;

/* Makes <state_dir>/<pipeline> if need be and locks it. STOP (73): held by another process,
 * unreadable. */
int lock_take(const char *state_dir, const char *pipeline, int *ret_fd, struct err *err) CHECKED;

void lock_drop(int fd); /* -1 is fine */

#endif
