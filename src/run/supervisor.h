/*
 * supervisor: the daemon's main thread: it starts the pipelines, waits for signals, and every
 * SUPERVISOR_TICK_MS looks after all of them: what ended, what hangs, what to tell the service
 * manager. It never calls Kafka. SIGHUP is reload.h's.
 *
 * SIGTERM and SIGINT drain all workers within SUPERVISOR_STOP_MS; a second one, or the budget's
 * end, ends the process at once, which loses nothing: what was not committed is read again.
 */
#ifndef ONCED_RUN_SUPERVISOR_H
#define ONCED_RUN_SUPERVISOR_H

#include "config/config.h"

#define SUPERVISOR_TICK_MS 100
#define SUPERVISOR_STOP_MS 20000
/* STATUS at most so often, and the terminal's progress line. */
#define SUPERVISOR_STATUS_MS 1000
#define SUPERVISOR_PROGRESS_MS 5000
/* Until READY the service manager is told so often that the start still gets on, and to wait so
 * long. */
#define SUPERVISOR_EXTEND_EVERY_MS 10000
#define SUPERVISOR_EXTEND_MS 60000

/* Until the end. config: its hold is given over. files: what it was loaded from, for reloads;
 * borrowed. Returns the exit code: 0 after a signal, the first parked pipeline's when none is left.
 * Thread: main, before any other thread. */
int supervisor_run(const struct config_request *files, struct config *config);

#endif
