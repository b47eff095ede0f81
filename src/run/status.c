/* status: see status.h. */
#include "run/status.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/must.h"

void status_init(struct status *status)
{
	memset(status, 0, sizeof(*status));
}

void status_add(struct status *status, int64_t partitions, int64_t lag, int64_t replay_left,
		int64_t last_commit_ms)
{
	if (partitions > 0)
		status->partitions += partitions;
	if (lag >= 0)
		status->lag += lag;
	else if (partitions != 0)
		status->lag_unknown = true;
	status->replay_left += replay_left;
	if (last_commit_ms > status->last_commit_ms)
		status->last_commit_ms = last_commit_ms;
}

void status_add_trouble(struct status *status, const char *pipeline, int worker, const char *why)
{
	if (!*why)
		return;
	if (status->troubles++ > 0)
		return;
	if (worker >= 0)
		(void)snprintf(status->trouble, sizeof(status->trouble), "%s/%d: %s", pipeline,
			       worker, why);
	else
		(void)snprintf(status->trouble, sizeof(status->trouble), "%s: %s", pipeline, why);
}

bool status_gets_on(const struct status *status, int64_t still_ms)
{
	return status->replay_left == 0 || status->troubles > 0 || still_ms < STATUS_STALL_MS;
}

struct text {
	char *text;
	size_t size;
	size_t length;
};

static void say(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct text *text, const char *format, ...)
{
	va_list args;
	int added;

	va_start(args, format);
	added = vsnprintf(text->text + text->length, text->size - text->length, format, args);
	va_end(args);
	if (added > 0)
		text->length += (size_t)added < text->size - text->length
					? (size_t)added
					: text->size - text->length - 1;
}

void status_text(const struct status *status, int64_t now_ms, char *text, size_t size)
{
	struct text to = {text, size, 0};

	must(size > 0);
	text[0] = '\0';
	if (status->stopping)
		say(&to, "stopping: ");
	say(&to, "%d pipeline%s", status->pipelines, status->pipelines == 1 ? "" : "s");
	if (status->parked)
		say(&to, " (%d parked)", status->parked);
	if (status->restarting)
		say(&to, " (%d waiting to restart)", status->restarting);
	say(&to, ", %" PRId64 " partition%s", status->partitions,
	    status->partitions == 1 ? "" : "s");
	if (status->lag_unknown)
		say(&to, ", lag not known yet");
	else
		say(&to, ", lag %" PRId64, status->lag);
	if (status->replay_left > 0)
		say(&to, ", %" PRId64 " records to replay", status->replay_left);
	if (status->last_commit_ms > 0) {
		int64_t ago_ms = now_ms - status->last_commit_ms;

		if (ago_ms < 0)
			ago_ms = 0; /* a commit between the caller's clock and now */
		say(&to, ", last commit %" PRId64 ".%d s ago", ago_ms / 1000,
		    (int)(ago_ms % 1000 / 100));
	} else {
		say(&to, ", no commit yet");
	}
	if (status->troubles)
		say(&to, "; %s", status->trouble);
	if (status->troubles > 1)
		say(&to, " (and %d more)", status->troubles - 1);
	if (status->note && *status->note)
		say(&to, "; %s", status->note);
}
