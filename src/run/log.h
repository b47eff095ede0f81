/*
 * log: one call, two places: journald with native fields, or plain lines on a terminal. Never a
 * record's content, never a secret. Repeats (same place in the code, same pipeline) are limited to a few a second and the
 * rest is counted: "(and 41 like it)".
 *
 * Thread: any. Blocks: as long as a write to the journal's socket or to stderr does.
 */
#ifndef ONCED_RUN_LOG_H
#define ONCED_RUN_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum log_level { LOG_LEVEL_ERROR = 3, LOG_LEVEL_WARNING = 4, LOG_LEVEL_NOTICE = 5, LOG_LEVEL_INFO = 6, LOG_LEVEL_DEBUG = 7 };

/* What the line is about; NULL and -1 = not said. */
struct log_where {
	const char *pipeline;
	int worker;
	const char *topic;
	int32_t partition;
	int64_t offset;
};

#define LOG_NOWHERE ((struct log_where){NULL, -1, NULL, -1, -1})

/* event: a short stable name ("recover", "commit-unknown", "park"), becomes ONCED_EVENT. */
void log_event(enum log_level level, const char *event, const struct log_where *where,
	       const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Chooses journal or stderr (sd_journal_stream: $JOURNAL_STREAM), and the level. Once, at start. */
void log_open(enum log_level level, bool force_stderr);

#endif
