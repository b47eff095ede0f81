/*
 * log: one call, two places: journald with native fields, or plain lines on stderr. Never a
 * record's content, never a secret. Repeats (same event, same pipeline) are limited, see
 * log_limit.h, and the rest is counted: "(and 41 like it)".
 *
 * Thread: any. Blocks: as long as a write to the journal's socket or to stderr does.
 */
#ifndef ONCED_RUN_LOG_H
#define ONCED_RUN_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_NOTICE = 5,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7
};

/* What the line is about; NULL and -1 = not said. */
struct log_where {
	const char *pipeline;
	int worker;
	const char *topic;
	int32_t partition;
	int64_t offset;
	const struct err *error; /* becomes ONCED_ERROR; its place counts if no topic is given */
};

#define LOG_NOWHERE ((struct log_where){NULL, -1, NULL, -1, -1, NULL})

/* The place in the code; becomes CODE_FILE, CODE_LINE, CODE_FUNC. */
struct log_place {
	const char *file;
	int line;
	const char *func;
};

#define LOG_HERE (&(const struct log_place){__FILE__, __LINE__, __func__})

/* log_event(level, event, where, format, ...)
 * event: a name of log_catalog.h ("recover", "offsets-expired"), becomes ONCED_EVENT and, by the
 * catalog, MESSAGE_ID; a string that lives for ever. where: may be NULL. */
#define log_event(...) log_event_at(LOG_HERE, __VA_ARGS__)

void log_event_at(const struct log_place *place, enum log_level level, const char *event,
		  const struct log_where *where, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* Chooses journal or stderr (sd_journal_stream: $JOURNAL_STREAM), and the level. Once, at start;
 * until then warnings and worse go to stderr. */
void log_open(enum log_level level, bool force_stderr);

/* Another level, from now on. Thread: main. */
void log_set_level(enum log_level level);

/* Prints the counts of repeats whose interval has ended. Thread: main, about once a second. */
void log_tick(void);

#endif
