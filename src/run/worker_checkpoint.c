/*
 * worker_checkpoint: what is committed goes from the overlay to the store, in the background. A
 * crash before its end costs the replay of what the one before does not hold, and nothing else:
 * the store takes a checkpoint as a whole or not at all.
 */
#include <stdlib.h>

#include "base/must.h"
#include "run/worker_state.h"

static void checkpoint_begin(struct worker *w, int64_t now)
{
	size_t count = 0;

	must(!w->checkpoint_running);
	if (w->frozen.count == 0) {
		/* A failed checkpoint's overlay stays frozen: K below goes with both of them only
		 * when the active one is in, so it is merged into it first. */
		struct overlay empty = w->frozen;

		w->frozen = w->active;
		w->active = empty;
	} else {
		overlay_merge(&w->frozen, &w->active);
	}
	free(w->checkpoint_parts);
	w->checkpoint_parts = calloc(w->part_count + 1, sizeof(*w->checkpoint_parts));
	must(w->checkpoint_parts != NULL);
	for (size_t i = 0; i < w->part_count; i++) {
		const struct part *part = &w->parts[i];

		/* A first start that K knows but Kafka does not would look like expired offsets;
		 * so would a C that replaces a lower one look like one moved back. What an adoption
		 * replays has neither trouble: its generation is nobody's yet. What is left out
		 * stays in memory: the frozen overlay goes when this checkpoint has ended. */
		if (part->store.id == 0)
			continue;
		if (part->commit_first && !part->replaying) {
			overlay_move(&w->active, &w->frozen, part->store.id);
			continue;
		}
		w->checkpoint_parts[count++] = (struct store_partition){
			.part = part->store,
			.checkpoint =
				{
					.x = part->settled,
					.k = w->cluster,
					.d = w->pipeline->prefix_hash,
					.g = part->g,
					.b = part->b,
					.v = pipeline_window_ms(w->pipeline),
					.window = part->settled_window,
					.gap = part->settled_gap,
				},
		};
	}
	w->checkpoint_dirty = false;
	w->checkpoint_running = true;
	w->checkpoint_ms = now;
	w->store->ops->checkpoint_start(w->store, &w->frozen, w->checkpoint_parts, count);
}

/* Has it ended? 0; -1: it failed, and what it held is still frozen. */
static int checkpoint_end(struct worker *w, bool wait, struct err *err)
{
	bool done = false;
	int rc = w->store->ops->checkpoint_poll(w->store, wait, &done, err);

	if (!done)
		return 0;
	w->checkpoint_running = false;
	if (rc != 0) {
		w->stats->checkpoint_failures++;
		w->checkpoint_dirty = true;
		return -1;
	}
	/* The handle sees it now, so the frozen overlay has served (R8). */
	overlay_clear(&w->frozen);
	w->stats->checkpoints++;
	return 0;
}

size_t worker_overlays_bytes(const struct worker *w)
{
	return (w->active.count + w->frozen.count + w->write_set.count) * 4 *
	       sizeof(struct overlay_item);
}

int worker_checkpoint(struct worker *w, bool now_please, bool wait, struct err *err)
{
	int64_t now = w->clock->ops->monotonic_ms(w->clock);
	bool full = worker_overlays_bytes(w) > w->conf.overlay_bytes_max;
	bool due = now - w->checkpoint_ms >= w->conf.checkpoint_every_ms;
	int rc = 0;

	if (w->checkpoint_running)
		rc = checkpoint_end(w, wait || full, err);
	if (rc == 0 && !w->checkpoint_running && w->checkpoint_dirty &&
	    (now_please || due || (full && !w->intake_stopped))) {
		checkpoint_begin(w, now);
		if (wait || full)
			rc = checkpoint_end(w, true, err);
	}
	w->stats->overlay_bytes = (int64_t)worker_overlays_bytes(w);
	if (rc == 0) {
		/* Also when none has ended just now: without room nothing is read. */
		if (worker_overlays_bytes(w) <= w->conf.overlay_bytes_max)
			w->intake_stopped = false;
		return 0;
	}
	if (err->kind == ERR_STOP)
		return -1;
	/* Kafka holds the truth: the work goes on until the overlay is full, then intake stops. */
	if (full)
		(void)err_wrap(err, "memory is full, so nothing is read until this heals");
	worker_set_trouble(w, err->msg);
	w->intake_stopped = full;
	return 0;
}

void worker_drop_overlays(struct worker *w)
{
	struct err ignored;

	if (w->checkpoint_running)
		(void)checkpoint_end(w, true,
				     &ignored); /* failed or not: the replay makes it good */
	must(!w->checkpoint_running);
	overlay_clear(&w->write_set);
	overlay_clear(&w->active);
	overlay_clear(&w->frozen);
	w->checkpoint_dirty = false;
}
