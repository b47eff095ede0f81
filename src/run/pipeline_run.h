/*
 * pipeline_run: one pipeline at work: its environment, and one thread per worker, each with
 * its own broker, store handle, engine and counters. It starts, drains, restarts after a wait,
 * parks (policy.h); it never harms another pipeline.
 *
 *   WAITING --start--> UP --a worker failed--> DRAINING --all joined--> WAITING or PARKED
 *   UP, DRAINING --stop, all joined--> DONE         WAITING --stop--> DONE
 *
 * Thread: main, all calls. Blocks: for local disk when an environment is opened; else not (joins
 * only threads that have said they ended).
 */
#ifndef ONCED_RUN_PIPELINE_RUN_H
#define ONCED_RUN_PIPELINE_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "port/clock.h"
#include "run/memory.h"
#include "run/status.h"

struct pipeline_run;

enum run_state { RUN_WAITING, RUN_UP, RUN_DRAINING, RUN_PARKED, RUN_DONE };

/* Holds the configuration, which is where the pipeline is, so that it outlives a reload; borrows
 * the clock. Nothing is opened yet. */
struct pipeline_run *pipeline_run_new(struct config *config, const struct pipeline *pipeline,
				      const struct memory_share *share, struct clock *clock);
void pipeline_run_free(struct pipeline_run *run); /* in WAITING, PARKED, DONE */

/* Looks after it: starts when due, collects workers that ended, halts runaway expressions, logs. */
void pipeline_run_tick(struct pipeline_run *run, int64_t now_ms);

/* Asks for a drain; no restart from then on. */
void pipeline_run_stop(struct pipeline_run *run);

/* Was it asked to? */
bool pipeline_run_is_leaving(const struct pipeline_run *run);

/* WAITING: it need not wait any longer. */
void pipeline_run_hurry(struct pipeline_run *run);

enum run_state pipeline_run_state(const struct pipeline_run *run);

/* All workers own their partitions, or have none to own, and have replayed; or it is parked. */
bool pipeline_run_is_live(const struct pipeline_run *run);

/* PARKED: the exit code that it stands for, and when it was parked. */
int pipeline_run_exit_code(const struct pipeline_run *run);
int64_t pipeline_run_parked_ms(const struct pipeline_run *run);

/* The longest that a worker stands still, ms; *ret_worker says which. 0 when none runs. */
int64_t pipeline_run_still_ms(struct pipeline_run *run, int64_t now_ms, int *ret_worker);

/* What its workers may take of `memory:`, and how many they are. */
int64_t pipeline_run_bytes(const struct pipeline_run *run);
int pipeline_run_workers(const struct pipeline_run *run);

/* How many records a rebuild of its state would read: from the markers, or (whole) from where the
 * state or the log begins. -1 = not known, as not all of its workers have partitions. */
int64_t pipeline_run_rebuild_records(const struct pipeline_run *run, bool whole);

/* Why it does not get on; "" when all is well. Always NUL-terminated. */
void pipeline_run_trouble(struct pipeline_run *run, char *text, size_t size);

void pipeline_run_status(struct pipeline_run *run, struct status *status);

const char *pipeline_run_name(const struct pipeline_run *run);

#endif
