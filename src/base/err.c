/* err: see err.h. */
#include "base/err.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

/* One line of text, whatever was quoted in it: it goes to terminals, the journal, and headers. */
static void make_printable(char *text)
{
	bool is_text = bytes_is_utf8(bytes_str(text));

	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
		else if (!is_text && (unsigned char)*c >= 0x80)
			*c = '?';
}

int err_set(struct err *err, enum err_kind kind, int code, const char *format, ...)
{
	va_list args;

	if (!err)
		return -1;
	err->kind = kind;
	err->code = code;
	err->event = NULL;
	err->topic = NULL;
	va_start(args, format);
	(void)vsnprintf(err->msg, sizeof(err->msg), format, args); /* cut is fine */
	va_end(args);
	make_printable(err->msg);
	return -1;
}

int err_wrap(struct err *err, const char *format, ...)
{
	char text[2 * sizeof(err->msg)];
	va_list args;
	size_t used, max = sizeof(err->msg);

	if (!err)
		return -1;
	va_start(args, format);
	(void)vsnprintf(text, max - 2, format, args);
	va_end(args);
	used = strlen(text);
	(void)snprintf(text + used, sizeof(text) - used, ": %s", err->msg);
	memcpy(err->msg, text, max - 1);
	err->msg[max - 1] = '\0';
	make_printable(err->msg);
	return -1;
}

int err_name(struct err *err, const char *event)
{
	err->event = event;
	return -1;
}

int err_at(struct err *err, const char *topic, int32_t partition, int64_t offset)
{
	err->topic = topic;
	err->partition = partition;
	err->offset = offset;
	return -1;
}

const char *err_kind_name(enum err_kind kind)
{
	switch (kind) {
	case ERR_NONE:
		return "NONE";
	case ERR_RETRY:
		return "RETRY";
	case ERR_ABORT:
		return "ABORT";
	case ERR_UNKNOWN:
		return "UNKNOWN";
	case ERR_DATA:
		return "DATA";
	case ERR_STOP:
		return "STOP";
	}
	return "?";
}
