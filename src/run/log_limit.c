/* log_limit: see log_limit.h. */
#include "run/log_limit.h"

#include <stdio.h>
#include <string.h>

#include "base/must.h"

static bool is_over(const struct log_kind *kind, int64_t now_ms)
{
	return now_ms - kind->since_ms >= LOG_INTERVAL_MS;
}

static struct log_kind *find(struct log_limit *limit, const char *event, const char *pipeline,
	int64_t now_ms)
{
	struct log_kind *oldest = &limit->kinds[0];

	for (int i = 0; i < LOG_KINDS_MAX; i++) {
		struct log_kind *kind = &limit->kinds[i];

		if (!kind->event) {
			oldest = kind;
			break;
		}
		if (strcmp(kind->event, event) == 0 && strcmp(kind->pipeline, pipeline) == 0)
			return kind;
		if (kind->since_ms < oldest->since_ms)
			oldest = kind;
	}
	memset(oldest, 0, sizeof(*oldest));
	oldest->event = event;
	(void)snprintf(oldest->pipeline, sizeof(oldest->pipeline), "%s", pipeline);
	oldest->since_ms = now_ms;
	return oldest;
}

bool log_limit_pass(struct log_limit *limit, const char *event, const char *pipeline,
	int64_t now_ms, uint64_t *ret_held)
{
	struct log_kind *kind;

	must(event != NULL);
	kind = find(limit, event, pipeline ? pipeline : "", now_ms);
	if (is_over(kind, now_ms)) {
		kind->since_ms = now_ms;
		kind->passed = 0;
	}
	if (kind->passed >= LOG_BURST) {
		kind->held++;
		return false;
	}
	kind->passed++;
	*ret_held = kind->held;
	kind->held = 0;
	return true;
}

bool log_limit_sweep(struct log_limit *limit, int64_t now_ms, const char **ret_event,
	const char **ret_pipeline, uint64_t *ret_held)
{
	for (int i = 0; i < LOG_KINDS_MAX; i++) {
		struct log_kind *kind = &limit->kinds[i];

		if (!kind->event || kind->held == 0 || !is_over(kind, now_ms))
			continue;
		*ret_event = kind->event;
		*ret_pipeline = kind->pipeline;
		*ret_held = kind->held;
		kind->held = 0;
		return true;
	}
	return false;
}
