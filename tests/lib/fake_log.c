/* fake_log: run/log.h for tests: silent, or plain lines to stderr with ONCED_TEST_LOG=1. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "run/log.h"

void log_event(enum log_level level, const char *event, const struct log_where *where,
	       const char *format, ...)
{
	static int on = -1;
	va_list args;

	if (on < 0)
		on = getenv("ONCED_TEST_LOG") != NULL;
	if (!on)
		return;
	fprintf(stderr, "<%d> %s %s/%" PRId32 "@%" PRId64 ": ", (int)level, event,
		where->topic ? where->topic : "-", where->partition, where->offset);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

void log_open(enum log_level level, bool force_stderr)
{
	(void)level;
	(void)force_stderr;
}
