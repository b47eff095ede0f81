/*
 * status: the one line that says how the daemon is, for systemctl and the terminal:
 *
 *   2 pipelines, 8 partitions, lag 120, last commit 0.4 s ago; payments/1: broker away: ...
 *
 * Summed up from the workers' counters and the pipelines' states. Pure; thread: main.
 */
#ifndef ONCED_RUN_STATUS_H
#define ONCED_RUN_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STATUS_TROUBLE_MAX 320

struct status {
	bool stopping;
	int pipelines;
	int parked;
	int restarting;
	int64_t partitions;
	int64_t lag; /* of the workers that know theirs */
	bool lag_unknown;
	int64_t replay_left;
	int64_t last_commit_ms; /* monotonic; 0 = none */
	int troubles;
	char trouble[STATUS_TROUBLE_MAX]; /* the first one */
	const char *note;                 /* borrowed; what else there is to say, NULL = nothing */
};

void status_init(struct status *status);

/* One worker's counters. partitions and lag: -1 = not known. */
void status_add(struct status *status, int64_t partitions, int64_t lag, int64_t replay_left,
		int64_t last_commit_ms);

/* why may be empty: then nothing is added. worker: -1 = the whole pipeline. */
void status_add_trouble(struct status *status, const char *pipeline, int worker, const char *why);

/* A start that is worth more time: nothing is left to replay, or there is a reason in `trouble`, or
 * the replay has moved lately (still_ms: for how long replay_left has not changed). */
bool status_gets_on(const struct status *status, int64_t still_ms);
#define STATUS_STALL_MS 30000

/* Always NUL-terminated; one line as long as the troubles are. */
void status_text(const struct status *status, int64_t now_ms, char *text, size_t size);

#endif
