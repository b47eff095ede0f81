/* worker_lag: how far behind the worker is, for STATUS, READY and what `check` says of a reload. */
#include "run/worker_state.h"

#define LAG_EVERY_MS 1000

/* An idle worker hears nothing of a broker that is back: it asks. 0; -1 STOP. */
static int ask_for_broker(struct worker *w, struct err *err)
{
	int32_t partitions;
	bool compacted;

	if (w->broker->ops->topic(w->broker, w->pipeline->topics[0], &partitions, &compacted,
				  err) == 0)
		worker_set_trouble(w, "");
	else if (err->kind == ERR_STOP)
		return -1;
	return 0;
}

/* What a changed prefix would have to read of this partition. Below w nothing is needed as long as
 * the window is no longer than now. */
static void add_rebuild(const struct part *part, int64_t *since_marker, int64_t *since_begin)
{
	int64_t begin = part->b > part->in.log_start ? part->b : part->in.log_start;
	int64_t c = part->replaying ? part->live_from : part->settled;
	struct marker w;

	if (!window_oldest(&part->settled_window, &w))
		w.offset = begin;
	if (c > begin)
		*since_begin += c - begin;
	if (c > w.offset)
		*since_marker += c - w.offset;
}

/* How far behind: the ends as the fetches tell them, or as they were reached. */
int worker_update_lag(struct worker *w, int64_t now, struct err *err)
{
	int64_t lag = 0, left = 0, since_marker = 0, since_begin = 0;
	bool at_end = w->part_count > 0, replaying = false;

	if (now - w->lag_ms < LAG_EVERY_MS)
		return 0;
	w->lag_ms = now;
	for (size_t i = 0; i < w->part_count; i++) {
		struct part *part = &w->parts[i];

		if (!part->at_end) {
			int64_t end = w->broker->ops->heard_end(w->broker, part->tp);

			if (end > part->log_end)
				part->log_end = end;
		}
		if (part->log_end > part->settled)
			lag += part->log_end - part->settled;
		if (part->replaying)
			left += part->live_from - part->next;
		replaying = replaying || part->replaying;
		add_rebuild(part, &since_marker, &since_begin);
		at_end = at_end && part->at_end && !part->replaying && !part->in_batch;
	}
	w->stats->lag = lag;
	w->stats->replay_left = left;
	if (w->stats->partitions >= 0) {
		w->stats->since_marker = since_marker;
		w->stats->since_begin = since_begin;
	}
	w->stats->at_end = at_end;
	w->stats->live = w->stats->live || (w->stats->ready && !replaying);
	return w->broker_away ? ask_for_broker(w, err) : 0;
}
