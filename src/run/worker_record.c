/*
 * worker_record: one record in the worker's hands: live, through the steps and out into the
 * transaction; or replayed, for its marks alone. A crash anywhere here loses nothing but the open
 * transaction, whose records are read again.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/failpoint.h"
#include "base/must.h"
#include "run/worker_state.h"

#define PRODUCE_RETRY_MS_MAX 5000 /* half of the transaction's timeout */

/* Dedup's question. Every id that gets here is marked, duplicate or not, whatever becomes of the
 * record later: so that the state depends on the prefix alone (R1, R2). */
int worker_see(void *ctx, struct bytes id, bool *ret_seen, struct err *err)
{
	struct worker *w = ctx;
	struct part *part = w->see_part;
	struct hash128 hash = hash128(w->store->ops->secret(w->store), id.data, id.len);
	int64_t within_ms = pipeline_window_ms(w->pipeline);
	const struct entry *known;
	struct entry old;
	bool found;

	*ret_seen = false;
	if (part->replaying) {
		(void)overlay_put(&w->active, part->store.id, &hash, w->see_now, NULL);
		return 0; /* nobody asks for the verdict */
	}
	found = overlay_put(&w->write_set, part->store.id, &hash, w->see_now, &old);
	if (!found && (known = overlay_get(&w->active, part->store.id, &hash)) != NULL) {
		old = *known;
		found = true;
	}
	if (!found && (known = overlay_get(&w->frozen, part->store.id, &hash)) != NULL) {
		old = *known;
		found = true;
	}
	if (!found && w->store->ops->get(w->store, part->store.id, &hash, &found, &old, err))
		return -1;
	*ret_seen = found && window_is_duplicate(within_ms, old, w->see_now);
	if (*ret_seen || !gap_is_hit(&part->gap, within_ms, w->see_now))
		return 0;
	if (w->pipeline->on_gap == GAP_ACCEPT) {
		w->batch.gap_accepted++;
		return 0;
	}
	(void)err_set(
		err, ERR_STOP, EXIT_DATA,
		"the record could repeat one whose id was lost with the state (the input no "
		"longer reaches back a window); take such records as new with `on_gap: accept`, "
		"or everything below as seen with `onced offsets accept %s`",
		w->pipeline->name);
	return err_name(err, "gap-hit");
}

bool worker_is_suspect(const struct suspect *suspect, const struct source *source)
{
	return suspect->set && suspect->tp.topic == source->topic &&
	       suspect->tp.partition == source->partition && suspect->offset == source->offset;
}

int worker_stop_here(struct worker *w, const struct source *source, const struct err *why,
		     struct err *err)
{
	struct log_where where = worker_where(w, NULL);
	struct err stop = *why;

	stop.code = why->kind == ERR_STOP ? why->code : EXIT_DATA;
	stop.kind = ERR_STOP;
	if (!stop.event)
		stop.event = "bad-record";
	(void)err_at(&stop, source->topic, source->partition, source->offset);
	if (w->batch.records <= 1) {
		*err = stop;
		return err_wrap(err, "%s/%" PRId32 "/%" PRId64, source->topic, source->partition,
				source->offset);
	}
	where.topic = source->topic;
	where.partition = source->partition;
	where.offset = source->offset;
	log_event(LOG_LEVEL_NOTICE, "stop-at", &where,
		  "this record stops the pipeline; what came before it is committed first");
	w->stop_at.set = true;
	w->stop_at.tp = (struct tp){source->topic, source->partition};
	w->stop_at.offset = source->offset;
	w->stop_at.err = stop;
	worker_drop(w, "a record in it stops the pipeline");
	return 0;
}

/* 0 sent; 1 the batch was given up (or this output refused: see *ret_refused); -1 STOP. */
static int produce(struct worker *w, const struct output *output, bool *ret_refused,
		   struct err *err)
{
	int64_t began = w->clock->ops->monotonic_ms(w->clock);

	*ret_refused = false;
	for (;;) {
		if (w->broker->ops->produce(w->broker, output, err) == 0) {
			(void)FAILPOINT("produce");
			return 0;
		}
		switch (err->kind) {
		case ERR_RETRY:
			if (err->code != BROKER_CODE_QUEUE_FULL)
				worker_set_trouble(w, err->msg);
			if (w->clock->ops->monotonic_ms(w->clock) - began >= PRODUCE_RETRY_MS_MAX ||
			    atomic_load(&w->stop_asked)) {
				worker_drop(w, err->msg);
				return 1;
			}
			if (err->code != BROKER_CODE_QUEUE_FULL)
				w->clock->ops->sleep_ms(w->clock, 20);
			continue;
		case ERR_DATA:
			*ret_refused = true;
			return 1;
		case ERR_STOP:
			return -1;
		case ERR_ABORT:
		case ERR_UNKNOWN:
		case ERR_NONE:
			break;
		}
		return worker_follow(w, -1, err) ? -1 : 1;
	}
}

/* A record that failed: dropped, dead letter, or the STOP. 0 settled; 1 batch given up; -1 STOP. */
static int dead_letter(struct worker *w, const struct source *source, const struct record *record,
		       const struct steps_result *result, const struct err *why,
		       bool refused_before, struct err *err)
{
	const struct pipeline *p = w->pipeline;
	struct output output;
	bool refused;
	int64_t timestamp = record->timestamp;
	int rc;

	if (p->errors == ERRORS_STOP) {
		struct err stop = *why;

		(void)snprintf(
			stop.msg, sizeof(stop.msg),
			"%.380s (`errors: stop`; `errors: {to: TOPIC}` puts such records aside)",
			why->msg);
		return worker_stop_here(w, source, &stop, err) < 0 ? -1 : 1;
	}
	if (p->errors == ERRORS_DROP) {
		w->batch.dropped_errors++;
		return 0;
	}
	if (refused_before)
		timestamp = w->clock->ops->wall_ms(w->clock); /* its own may be what was refused */
	steps_dead_letter(&w->steps, source, record, result, why, timestamp, &output);
	rc = produce(w, &output, &refused, err);
	if (refused) {
		err->kind = ERR_STOP;
		err->code = EXIT_DATA;
		(void)err_wrap(err, "not even the dead letter can be sent to %s", p->errors_topic);
		(void)err_name(err, "dead-letter-refused");
		return worker_stop_here(w, source, err, err) < 0 ? -1 : 1;
	}
	if (rc == 0)
		w->batch.dead_letters++;
	return rc;
}

/* All outputs of a record, or its dead letter. */
static int produce_all(struct worker *w, struct part *part, const struct source *source,
		       const struct record *record, const struct steps_result *result,
		       struct err *err)
{
	for (size_t i = 0; i < result->output_count; i++) {
		struct steps_result failed = *result;
		bool refused;
		int rc = produce(w, &result->outputs[i], &refused, err);

		if (rc == 0)
			continue;
		if (!refused)
			return rc;
		failed.step = "to";
		if (i == 0) {
			struct err why = *err;

			return dead_letter(w, source, record, &failed, &why, true, err);
		}
		/* Some of its results are out already, and all or nothing holds: again, with its
		 * dead letter in their place. */
		part->refused.set = true;
		part->refused.tp = part->tp;
		part->refused.offset = source->offset;
		part->refused.err = *err;
		worker_drop(w, "a record is too large to be sent");
		return 1;
	}
	w->batch.outputs += result->output_count;
	return 0;
}

static int64_t record_bytes(const struct record *record)
{
	size_t bytes = record->key.len + record->value.len;

	for (size_t i = 0; i < record->header_count; i++)
		bytes += record->headers[i].name.len + record->headers[i].value.len;
	return (int64_t)bytes;
}

/* The one write before a commit: a process that dies on a record finds out at its next start. */
static int note_crash_risk(struct worker *w, struct part *part, struct err *err)
{
	struct crash_count crashes = {part->settled, part->crashes.count + 1, (int32_t)w->limit};

	if (part->crash_noted)
		return 0;
	if (w->store->ops->crash_write(w->store, part->tp, &crashes, err))
		return -1;
	part->crashes = crashes;
	part->crash_noted = true;
	return 0;
}

int worker_live_record(struct worker *w, struct part *part, const struct source *source,
		       const struct record *record, struct err *err)
{
	struct steps_result result;
	int rc;

	(void)FAILPOINT("poll");
	if (w->txn.state != TXN_OPEN && worker_begin(w, err))
		return w->txn.state == TXN_STOPPED ? -1 : 0;
	if (note_crash_risk(w, part, err)) {
		if (err->kind == ERR_STOP)
			return -1;
		worker_set_trouble(w, err->msg); /* a full disk must not stop what Kafka can hold */
		part->crash_noted = true;
	}
	if (!part->in_batch) {
		part->in_batch = true;
		part->batch_first = -1;
	}
	if (part->batch_first < 0)
		part->batch_first = source->offset;
	w->batch.records++;
	w->batch.bytes += record_bytes(record);
	w->see_part = part;
	w->see_now = window_advance(&part->window, pipeline_window_ms(w->pipeline), source->offset,
				    record->timestamp);
	gap_advance(&part->gap, pipeline_window_ms(w->pipeline), part->window.t);
	(void)FAILPOINT_MARKED("poison", record->value.data, record->value.len);
	rc = steps_run(&w->steps, source, record, &result, err);
	part->next = source->offset + 1;
	if (rc == 0 && worker_is_suspect(&part->refused, source)) {
		*err = part->refused.err;
		result.step = "to";
		rc = -1;
	}
	if (rc == 0) {
		w->batch.duplicates += result.duplicates;
		w->batch.filtered += result.filtered;
		w->batch.unrouted += result.unrouted;
		w->batch.bytes += (int64_t)arena_used(w->arena);
		rc = produce_all(w, part, source, record, &result, err);
	} else if (err->kind == ERR_DATA) {
		struct err why = *err;

		rc = dead_letter(w, source, record, &result, &why,
				 worker_is_suspect(&part->refused, source), err);
	} else if (err->kind == ERR_STOP) {
		rc = worker_stop_here(w, source, err, err) < 0 ? -1 : 1;
	} else {
		worker_set_trouble(
			w, err->msg); /* the store could not be read: from the batch's start */
		worker_drop(w, err->msg);
		rc = 1;
	}
	return rc < 0 ? -1 : 0;
}

int worker_replay_record(struct worker *w, struct part *part, const struct source *source,
			 const struct record *record, struct err *err)
{
	struct steps_result result;

	w->see_part = part;
	w->see_now = window_advance(&part->window, pipeline_window_ms(w->pipeline), source->offset,
				    record->timestamp);
	gap_advance(&part->gap, pipeline_window_ms(w->pipeline), part->window.t);
	if (part->in.stateful && steps_replay(&w->steps, source, record, &result, err) &&
	    err->kind != ERR_DATA)
		return worker_stop_here(w, source, err, err);
	part->next = part->settled = source->offset + 1;
	part->settled_window = part->window;
	part->settled_gap = part->gap;
	part->replayed++;
	(void)FAILPOINT("replay");
	w->stats->replayed++;
	w->checkpoint_dirty = true;
	return 0;
}

/* Live from here? Only with a record or an end at or beyond C in hand. 1: decide again. */
int worker_end_of_replay(struct worker *w, struct part *part, int64_t offset, struct err *err)
{
	int rc;

	if (!part->replaying || offset < part->live_from)
		return 0;
	part->next = part->live_from;
	rc = worker_replayed(w, part, err);
	if (rc > 0) {
		if (w->txn.state == TXN_OPEN)
			worker_drop(w, "a partition has to be rebuilt");
		w->assigning = true;
	}
	return rc;
}

/* An offset that stands for control records at the end, or the M of a fresh verdict. */
int worker_commit_position(struct worker *w, struct part *part, int64_t offset, struct err *err)
{
	if (part->replaying || (offset <= part->settled && !part->commit_first))
		return 0;
	if (worker_begin(w, err))
		return w->txn.state == TXN_STOPPED ? -1 : 0;
	if (!part->in_batch) {
		part->in_batch = true;
		part->batch_first = -1;
	}
	if (offset > part->next)
		part->next = offset;
	return 0;
}
