/* log_format: see log_format.h. */
#include "run/log_format.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/must.h"
#include "run/log_catalog.h"

const char *log_level_name(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:
		return "error";
	case LOG_LEVEL_WARNING:
		return "warning";
	case LOG_LEVEL_NOTICE:
		return "notice";
	case LOG_LEVEL_INFO:
		return "info";
	case LOG_LEVEL_DEBUG:
		return "debug";
	}
	return "?";
}

size_t log_format_escape(char *line, size_t size, const char *text)
{
	static const char digits[] = "0123456789abcdef";
	size_t length = 0;

	must(size > 0);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c >= 0x20 && c != 0x7f) {
			if (length + 1 >= size)
				break;
			line[length++] = (char)c;
			continue;
		}
		if (length + 4 >= size)
			break;
		line[length++] = '\\';
		line[length++] = 'x';
		line[length++] = digits[c >> 4];
		line[length++] = digits[c & 15];
	}
	line[length] = '\0';
	return length;
}

/* snprintf at the end of what is there; a line that is full stays full. */
static void append(char *line, size_t size, size_t *length, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static void append(char *line, size_t size, size_t *length, const char *format, ...)
{
	va_list args;
	int added;

	va_start(args, format);
	added = vsnprintf(line + *length, size - *length, format, args);
	va_end(args);
	if (added > 0)
		*length += (size_t)added < size - *length ? (size_t)added : size - *length - 1;
}

static void append_where(char *line, size_t size, size_t *length, const struct log_where *where)
{
	if (where->pipeline) {
		append(line, size, length, " %s", where->pipeline);
		if (where->worker >= 0)
			append(line, size, length, "/%d", where->worker);
	}
	if (where->topic) {
		append(line, size, length, " %s", where->topic);
		if (where->partition >= 0)
			append(line, size, length, "/%" PRId32, where->partition);
		if (where->offset >= 0)
			append(line, size, length, "@%" PRId64, where->offset);
	}
}

size_t log_format_line(char line[LOG_LINE_MAX], enum log_level level, const struct log_where *where,
		       int64_t wall_ms, const char *text)
{
	time_t seconds = (time_t)(wall_ms / 1000);
	size_t length = 0;
	struct tm tm;

	must(gmtime_r(&seconds, &tm) != NULL);
	append(line, LOG_LINE_MAX, &length, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ %s",
	       tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
	       (int)(wall_ms % 1000), log_level_name(level));
	append_where(line, LOG_LINE_MAX, &length, where);
	append(line, LOG_LINE_MAX, &length, ": ");
	/* One byte less, for the newline. */
	length += log_format_escape(line + length, LOG_LINE_MAX - length - 1, text);
	line[length++] = '\n';
	line[length] = '\0';
	return length;
}

static void field(struct log_fields *fields, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void field(struct log_fields *fields, const char *format, ...)
{
	char *text = fields->text[fields->count];
	va_list args;

	must(fields->count < LOG_FIELDS_MAX);
	va_start(args, format);
	(void)vsnprintf(text, LOG_FIELD_BYTES, format, args);
	va_end(args);
	fields->iov[fields->count++] = (struct iovec){text, strlen(text)};
}

static void field_place(struct log_fields *fields, const char *topic, int32_t partition,
			int64_t offset)
{
	field(fields, "ONCED_TOPIC=%s", topic);
	if (partition >= 0)
		field(fields, "ONCED_PARTITION=%" PRId32, partition);
	if (offset >= 0)
		field(fields, "ONCED_OFFSET=%" PRId64, offset);
}

void log_format_fields(struct log_fields *ret, const struct log_place *place, enum log_level level,
		       const char *event, const struct log_where *where, const char *text)
{
	static const char name[] = "MESSAGE=";
	size_t length = sizeof(name) - 1;

	ret->count = 0;
	memcpy(ret->message, name, sizeof(name));
	length += log_format_escape(ret->message + length, sizeof(ret->message) - length, text);
	ret->iov[ret->count++] = (struct iovec){ret->message, length};
	field(ret, "PRIORITY=%d", (int)level);
	field(ret, "ONCED_EVENT=%s", event);
	if (log_catalog_id(event))
		field(ret, "MESSAGE_ID=%s", log_catalog_id(event));
	field(ret, "CODE_FILE=%s", place->file);
	field(ret, "CODE_LINE=%d", place->line);
	field(ret, "CODE_FUNC=%s", place->func);
	if (where->pipeline)
		field(ret, "ONCED_PIPELINE=%s", where->pipeline);
	if (where->worker >= 0)
		field(ret, "ONCED_WORKER=%d", where->worker);
	if (where->error)
		field(ret, "ONCED_ERROR=%s %d", err_kind_name(where->error->kind),
		      where->error->code);
	if (where->topic)
		field_place(ret, where->topic, where->partition, where->offset);
	else if (where->error && where->error->topic)
		field_place(ret, where->error->topic, where->error->partition,
			    where->error->offset);
}
