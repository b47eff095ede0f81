/*
 * log: see log.h. One lock around the limiter only: the write itself is one call (a datagram or a
 * line), so lines of two threads never mix.
 */
#include "run/log.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* CODE_* are the caller's, not those of this file. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "io/clock_ms.h"
#include "run/log_format.h"
#include "run/log_limit.h"

static struct {
	pthread_mutex_t lock; /* of limit */
	struct log_limit limit;
	_Atomic int level;
	_Atomic bool journal;
} the_log = {.lock = PTHREAD_MUTEX_INITIALIZER, .level = LOG_LEVEL_WARNING};

/* $JOURNAL_STREAM names the device and inode of the stream that systemd gave us: someone may have
 * put another stderr in its place since. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t device, inode;
	struct stat st;

	if (!stream || sscanf(stream, "%" SCNuMAX ":%" SCNuMAX, &device, &inode) != 2)
		return false;
	return fstat(STDERR_FILENO, &st) == 0 && (uintmax_t)st.st_dev == device &&
	       (uintmax_t)st.st_ino == inode;
}

void log_open(enum log_level level, bool force_stderr)
{
	the_log.level = (int)level;
	the_log.journal = !force_stderr && stderr_is_journal();
}

void log_set_level(enum log_level level)
{
	the_log.level = (int)level;
}

static void write_line(enum log_level level, const struct log_where *where, const char *text)
{
	char line[LOG_LINE_MAX];
	size_t length = log_format_line(line, level, where, clock_ms(CLOCK_REALTIME), text);
	ssize_t written;

	do
		written = write(STDERR_FILENO, line, length);
	while (written < 0 && errno == EINTR);
	/* A log that cannot be written has nobody to tell. */
}

static void emit(const struct log_place *place, enum log_level level, const char *event,
		 const struct log_where *where, const char *text)
{
	struct log_fields fields;

	if (!the_log.journal) {
		write_line(level, where, text);
		return;
	}
	log_format_fields(&fields, place, level, event, where, text);
	/* Without a journal the line still goes to where stderr is. */
	if (sd_journal_sendv(fields.iov, (int)fields.count) < 0)
		write_line(level, where, text);
}

void log_event_at(const struct log_place *place, enum log_level level, const char *event,
		  const struct log_where *where, const char *format, ...)
{
	const struct log_where at = where ? *where : LOG_NOWHERE;
	char text[LOG_TEXT_MAX];
	uint64_t held = 0;
	va_list args;
	size_t length;
	bool passes;

	if ((int)level > the_log.level)
		return;
	(void)pthread_mutex_lock(&the_log.lock);
	passes = log_limit_pass(&the_log.limit, event, at.pipeline, clock_ms(CLOCK_MONOTONIC),
				&held);
	(void)pthread_mutex_unlock(&the_log.lock);
	if (!passes)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	length = strlen(text);
	if (held > 0)
		(void)snprintf(text + length, sizeof(text) - length, " (and %" PRIu64 " like it)",
			       held);
	emit(place, level, event, &at, text);
}

void log_tick(void)
{
	char pipeline[NAME_MAX_BYTES + 1];
	char text[LOG_TEXT_MAX];
	const char *event, *name;
	uint64_t held;
	bool found;

	do {
		(void)pthread_mutex_lock(&the_log.lock);
		found = log_limit_sweep(&the_log.limit, clock_ms(CLOCK_MONOTONIC), &event, &name,
					&held);
		if (found)
			(void)snprintf(pipeline, sizeof(pipeline), "%s", name);
		(void)pthread_mutex_unlock(&the_log.lock);
		if (found) {
			struct log_where where = LOG_NOWHERE;

			where.pipeline = pipeline[0] ? pipeline : NULL;
			(void)snprintf(text, sizeof(text),
				       "%" PRIu64 " more messages like the last \"%s\"", held,
				       event);
			emit(LOG_HERE, LOG_LEVEL_NOTICE, event, &where, text);
		}
	} while (found);
}
