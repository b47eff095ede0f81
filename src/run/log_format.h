/*
 * log_format: what a log line looks like, as pure functions: the plain line for stderr and the
 * journal's fields. Nothing here writes anything.
 *
 *   2026-11-24T14:00:00.123Z warning payments/1 payments/3@4711: text
 */
#ifndef ONCED_RUN_LOG_FORMAT_H
#define ONCED_RUN_LOG_FORMAT_H

#include <stddef.h>
#include <sys/uio.h>

#include "run/log.h"

#define LOG_TEXT_MAX 1024
/* An escaped byte takes four. */
#define LOG_LINE_MAX (4 * LOG_TEXT_MAX + 512)
#define LOG_FIELDS_MAX 14
#define LOG_FIELD_BYTES 256

struct log_fields {
	struct iovec iov[LOG_FIELDS_MAX];
	size_t count;
	char message[4 * LOG_TEXT_MAX + 16];
	char text[LOG_FIELDS_MAX][LOG_FIELD_BYTES];
};

/* Control characters (C0, DEL) become \xNN, a backslash stays: a line is one line, and a terminal
 * obeys none of it. Cut to size - 1 bytes, never within an escape. Returns the length. */
size_t log_format_escape(char *line, size_t size, const char *text);

/* The whole line with its newline; returns its length. */
size_t log_format_line(char line[LOG_LINE_MAX], enum log_level level, const struct log_where *where,
		       int64_t wall_ms, const char *text);

/* NAME=value for sd_journal_sendv; the iovecs point into *ret. */
void log_format_fields(struct log_fields *ret, const struct log_place *place, enum log_level level,
		       const char *event, const struct log_where *where, const char *text);

const char *log_level_name(enum log_level level);

#endif
