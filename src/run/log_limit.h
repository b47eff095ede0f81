/*
 * log_limit: how many like lines are let through. Per (event, pipeline): LOG_BURST lines in
 * LOG_INTERVAL_MS, then none until the interval ends; what was held back is counted and told with
 * the next line that passes, or by a sweep. Pure: the time is the caller's. A fixed table; when it
 * is full, the entry that was idle the longest makes room (its count is told first by the sweep,
 * or lost: the log is not the accounting).
 *
 * Thread: the caller's lock.
 */
#ifndef ONCED_RUN_LOG_LIMIT_H
#define ONCED_RUN_LOG_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/pipeline.h"

#define LOG_BURST 10
#define LOG_INTERVAL_MS 10000
#define LOG_KINDS_MAX 128

struct log_kind {
	const char *event;                 /* lives for ever; NULL = free */
	char pipeline[NAME_MAX_BYTES + 1]; /* "" = none */
	int64_t since_ms;                  /* the interval's beginning */
	int passed;
	uint64_t held;
};

struct log_limit {
	struct log_kind kinds[LOG_KINDS_MAX];
};

/* May the line pass? Then *ret_held is how many were held back before it. */
bool log_limit_pass(struct log_limit *limit, const char *event, const char *pipeline,
	int64_t now_ms, uint64_t *ret_held);

/* The next kind whose interval is over and that held lines back: they are told now and forgotten.
 * False when there is none. *ret_pipeline ("" = none) is borrowed until the next call. */
bool log_limit_sweep(struct log_limit *limit, int64_t now_ms, const char **ret_event,
	const char **ret_pipeline, uint64_t *ret_held);

#endif
