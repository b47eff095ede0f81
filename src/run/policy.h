/*
 * policy: what becomes of a pipeline after a worker of it has ended, as pure functions.
 *
 *   what ended it                          then
 *   STOP 65, 76, 78                        park: it would end the same way again
 *   STOP 73, 77 before it was ever ready   park: the directory, the rights were never right
 *   STOP 73, 77 later, 70, any other kind  restart: a disk may heal, a right may come back
 *
 * A restart waits RESTART_FIRST_MS, doubled each time up to RESTART_MAX_MS; a pipeline that ran for
 * RESTART_QUIET_MS begins anew.
 */
#ifndef ONCED_RUN_POLICY_H
#define ONCED_RUN_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define RESTART_FIRST_MS 1000
#define RESTART_MAX_MS 60000
#define RESTART_QUIET_MS 300000

enum policy_action { POLICY_PARK, POLICY_RESTART };

enum policy_action policy_decide(const struct err *err, bool was_ready);

/* The wait before this restart. last_ms: the wait before the one that just ended, 0 = it was the
 * first start. ran_ms: how long it ran. */
int64_t policy_backoff_ms(int64_t last_ms, int64_t ran_ms);

/* The exit code that a parked pipeline stands for; 1..255. */
int policy_exit_code(const struct err *err);

#endif
