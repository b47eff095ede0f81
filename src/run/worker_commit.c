/*
 * worker_commit: the actions of the transaction's state machine, in the order of design and
 * guarantee: produce (worker_record.c), send_offsets, commit, and only then the overlay; the
 * checkpoint last, in the background (worker_checkpoint.c). A crash before the commit is answered
 * leaves the decision with Kafka; a crash after it costs the replay of what the last checkpoint
 * does not hold.
 */
#include <stdlib.h>
#include <string.h>

#include "base/failpoint.h"
#include "base/must.h"
#include "run/worker_state.h"

#define BACKOFF_MS_MIN 20
#define BACKOFF_MS_MAX 2000

void worker_write_meta(const struct worker *w, const struct part *part, char text[META_MAX])
{
	struct meta m = {
		.k = w->cluster,
		.n = part->topic_partitions,
		.i = w->conf.index,
		.d = w->pipeline->prefix_hash,
		.g = part->g,
		.b = part->b,
		.v = pipeline_window_ms(w->pipeline),
		.t = part->window.t,
		.p = part->window.p,
		.x = part->window.x,
		.h = part->window.h,
		.a = part->gap,
	};

	m.has_w = window_oldest(&part->window, &m.w);
	(void)meta_write(&m, text);
}

static enum txn_event error_event(struct worker *w, struct err *err)
{
	int64_t now = w->clock->ops->monotonic_ms(w->clock);

	switch (err->kind) {
	case ERR_RETRY:
		worker_set_trouble(w, err->msg);
		return TXN_EV_RETRY;
	case ERR_ABORT:
		return TXN_EV_ABORT;
	case ERR_STOP:
		return TXN_EV_STOP;
	case ERR_UNKNOWN:
		if (err->code == BROKER_CODE_FENCED && txn_fenced(&w->txn, now)) {
			(void)err_wrap(err,
				       "the producer was fenced three times in a minute: another "
				       "onced runs with the same instance and pipeline; give each "
				       "its own `instance`");
			err->kind = ERR_STOP;
			err->code = EXIT_FENCED;
			return TXN_EV_STOP;
		}
		return TXN_EV_UNKNOWN;
	case ERR_DATA: /* a transaction's call has no record to blame */
	case ERR_NONE:
		break;
	}
	return TXN_EV_UNKNOWN;
}

void worker_event(struct worker *w, enum txn_event event)
{
	w->action = txn_step(&w->txn, event, w->clock->ops->monotonic_ms(w->clock));
}

/* The batch is gone: everything that ran ahead goes back to what is settled. Idempotent. */
static void drop_write_set(struct worker *w)
{
	overlay_clear(&w->write_set);
	for (size_t i = 0; i < w->part_count; i++) {
		struct part *part = &w->parts[i];

		if (!part->in_batch)
			continue;
		part->in_batch = false;
		part->batch_next = part->next;
		part->next = part->settled;
		part->window = part->settled_window;
		part->gap = part->settled_gap;
		part->expect = part->batch_first;
		part->at_end = false;
	}
	memset(&w->batch, 0, sizeof(w->batch));
}

/* Not while some partition's record at C is under suspicion: the others' commits would make its
 * batch larger again before it comes, and it would never be found alone. */
static void raise_limit(struct worker *w)
{
	for (size_t i = 0; i < w->part_count; i++)
		if (w->parts[i].crashes.offset >= 0)
			return;
	w->limit *= 2;
	if (w->limit > w->pipeline->commit_records)
		w->limit = w->pipeline->commit_records;
}

/* Kafka has it: the write set joins the overlay, the settled fields follow. Cannot fail; a crash
 * here is a crash after the commit, and the replay makes the same state. */
static void apply(struct worker *w)
{
	struct worker_stats *stats = w->stats;
	const struct batch *batch = &w->batch;

	overlay_merge(&w->active, &w->write_set);
	for (size_t i = 0; i < w->part_count; i++) {
		struct part *part = &w->parts[i];

		if (!part->in_batch)
			continue;
		must(part->next >= part->settled);
		must(!part->replaying);
		part->in_batch = false;
		part->settled = part->known_c = part->next;
		part->known_g = part->g;
		part->settled_window = part->window;
		part->settled_gap = part->gap;
		part->commit_first = false;
		part->crashes.offset = -1;
		if (part->refused.offset < part->settled)
			part->refused.set = false;
	}
	stats->records_in += (uint64_t)batch->records;
	stats->records_out += batch->outputs;
	stats->duplicates += batch->duplicates;
	stats->filtered += batch->filtered;
	stats->dead_letters += batch->dead_letters;
	stats->dropped_errors += batch->dropped_errors;
	stats->unrouted += batch->unrouted;
	stats->gap_accepted += batch->gap_accepted;
	stats->commits++;
	stats->last_commit_ms = w->clock->ops->monotonic_ms(w->clock);
	w->checkpoint_dirty = true;
	w->failures = 0;
	raise_limit(w);
	memset(&w->batch, 0, sizeof(w->batch));
	worker_set_trouble(w, "");
}

static int send_offsets(struct worker *w, struct err *err)
{
	struct tp_offset *offsets = arena_alloc(w->arena, w->part_count * sizeof(*offsets));
	size_t count = 0;
	int rc;

	for (size_t i = 0; i < w->part_count; i++) {
		const struct part *part = &w->parts[i];
		char *text;

		if (!part->in_batch)
			continue;
		text = arena_alloc(w->arena, META_MAX);
		worker_write_meta(w, part, text);
		offsets[count++] = (struct tp_offset){part->tp, part->next, text};
	}
	must(count > 0); /* a transaction without offsets would not be fenced (H16) */
	rc = w->broker->ops->send_offsets(w->broker, offsets, count, err);
	arena_reset(w->arena);
	return rc;
}

/* An aborted batch comes back smaller; a record that is refused alone is found by this. */
static void halve_limit(struct worker *w)
{
	int64_t records = w->batch.records;

	if (WITHOUT("halving"))
		return;
	if (records > 0 && records < w->limit)
		w->limit = records;
	w->limit = w->limit > 1 ? w->limit / 2 : 1;
}

/* The one record of the batch, if there is one. */
static struct part *only_part(struct worker *w)
{
	if (w->batch.records != 1)
		return NULL;
	for (size_t i = 0; i < w->part_count; i++)
		if (w->parts[i].in_batch && w->parts[i].batch_first >= 0)
			return &w->parts[i];
	return NULL;
}

/* Before the batch is dropped: was it a refused record, and do we know which? */
static void note_refused(struct worker *w)
{
	char reason[160];
	struct part *part;

	if (!w->broker->ops->refused(w->broker, reason, sizeof(reason)))
		return;
	part = only_part(w);
	if (!part)
		return; /* smaller batches will tell */
	if (part->refused.set && part->refused.offset == part->batch_first) {
		/* Its dead letter was refused as well. */
		w->stop_at = part->refused;
		(void)err_set(&w->stop_at.err, ERR_STOP, EXIT_DATA,
			      "the broker refuses the record's results and its dead letter too: %s",
			      reason);
		(void)err_name(&w->stop_at.err, "dead-letter-refused");
		return;
	}
	part->refused.set = true;
	part->refused.tp = part->tp;
	part->refused.offset = part->batch_first;
	(void)err_set(&part->refused.err, ERR_DATA, 0, "the broker refused the result: %s", reason);
}

static void log_way_back(struct worker *w, enum txn_action action, const struct err *err)
{
	struct log_where where = worker_where(w, NULL);

	if (action == TXN_DO_ABORT)
		w->stats->aborts++;
	else
		w->stats->unknowns++;
	where.error = err;
	if (err && err->kind != ERR_NONE)
		log_event(LOG_LEVEL_WARNING, action == TXN_DO_ABORT ? "abort" : "renew", &where,
			  "transaction of %lld records given up (%s): %s; batches of %lld now",
			  (long long)w->batch.records, err_kind_name(err->kind), err->msg,
			  (long long)w->limit);
}

int worker_follow(struct worker *w, int rc, struct err *err)
{
	enum txn_state before = w->txn.state;
	enum txn_event event = rc == 0 ? TXN_EV_OK : error_event(w, err);

	if (w->broker->ops->tainted(w->broker) && !w->txn.tainted && before != TXN_RENEWING &&
	    before != TXN_SETTLING) {
		struct log_where where = worker_where(w, NULL);

		w->stats->taints++;
		txn_taint(&w->txn);
		log_event(LOG_LEVEL_INFO, "renew", &where,
			  "a late copy of a request could reach the next transaction: a new "
			  "producer comes first");
	}
	worker_event(w, event);
	/* The batch is lost: by an error, or because retrying has taken too long. */
	if (rc != 0 && before <= TXN_COMMIT &&
	    (w->txn.state == TXN_ABORTING || w->txn.state == TXN_RENEWING)) {
		note_refused(w);
		halve_limit(w);
		w->settle_unknown = before == TXN_COMMIT && w->txn.state == TXN_RENEWING;
	}
	if (w->txn.state == TXN_RENEWING && before != TXN_RENEWING)
		log_way_back(w, TXN_DO_RENEW, rc ? err : NULL);
	else if (w->txn.state == TXN_ABORTING && before != TXN_ABORTING)
		log_way_back(w, TXN_DO_ABORT, rc ? err : NULL);
	if (rc != 0 && event != TXN_EV_STOP) {
		int64_t ms = BACKOFF_MS_MIN;

		for (int i = 0; i < w->failures && ms < BACKOFF_MS_MAX; i++)
			ms *= 2;
		w->failures++;
		w->clock->ops->sleep_ms(w->clock, ms < BACKOFF_MS_MAX ? ms : BACKOFF_MS_MAX);
	}
	return event == TXN_EV_STOP ? -1 : 0;
}

int worker_act(struct worker *w, struct err *err)
{
	const struct broker_ops *ops = w->broker->ops;
	int rc;

	switch (w->action) {
	case TXN_WAIT:
		return 0;
	case TXN_DO_BEGIN:
		rc = ops->begin(w->broker, err);
		if (rc != 0 && err->kind == ERR_RETRY)
			err->kind = ERR_UNKNOWN; /* the record in hand is read again afterwards */
		return worker_follow(w, rc, err);
	case TXN_DO_OFFSETS:
		rc = send_offsets(w, err);
		(void)FAILPOINT("send-offsets");
		return worker_follow(w, rc, err);
	case TXN_DO_COMMIT:
		return worker_follow(w, ops->commit(w->broker, err), err);
	case TXN_DO_APPLY:
		(void)FAILPOINT("committed");
		apply(w);
		w->action = TXN_WAIT;
		return 0;
	case TXN_DO_ABORT:
		drop_write_set(w);
		return worker_follow(w, ops->abort(w->broker, err), err);
	case TXN_DO_RENEW:
		drop_write_set(w);
		return worker_follow(w, ops->renew(w->broker, err), err);
	case TXN_DO_SETTLE:
		return worker_follow(w, worker_settle(w, err), err);
	case TXN_DO_STOP:
		break;
	}
	return -1;
}

int worker_begin(struct worker *w, struct err *err)
{
	if (w->txn.state == TXN_OPEN)
		return 0;
	must(w->txn.state == TXN_READY && w->action == TXN_WAIT);
	w->batch.epoch = w->epoch;
	w->batch.began_ms = w->clock->ops->monotonic_ms(w->clock);
	for (size_t i = 0; i < w->part_count; i++)
		w->parts[i].batch_first = -1;
	worker_event(w, TXN_EV_BEGIN);
	(void)worker_act(w, err); /* a failure shows in the state */
	return w->txn.state == TXN_OPEN ? 0 : -1;
}

void worker_drop(struct worker *w, const char *why)
{
	struct err err;

	must(w->txn.state == TXN_OPEN);
	(void)err_set(&err, ERR_ABORT, 0, "%s", why);
	halve_limit(w);
	worker_event(w, TXN_EV_DROP);
	log_way_back(w, w->action, &err);
}

/* Another worker of this process may hold our partitions for its own, whichever of us the group
 * means: its acquire may have hidden marks from this batch, or refused those of our last
 * checkpoint (R9). */
static bool owns_state(const struct worker *w)
{
	for (size_t i = 0; i < w->part_count; i++) {
		const struct part *part = &w->parts[i];

		if (part->in_batch && part->in.stateful &&
		    !w->store->ops->owns(w->store, &part->store))
			return false;
	}
	return true;
}

bool worker_is_owner(const struct worker *w)
{
	return !w->broker->ops->assignment_lost(w->broker) && w->broker->ops->is_member(w->broker);
}

void worker_seal(struct worker *w)
{
	must(w->txn.state == TXN_OPEN && w->action == TXN_WAIT);
	if (FAILPOINT("seal")) {
		worker_drop(w, "the failpoint says so");
	} else if (WITHOUT("ownership")) {
		worker_event(w, TXN_EV_SEAL);
	} else if (w->batch.epoch != w->epoch) {
		worker_drop(w, "its partitions were assigned anew meanwhile");
	} else if (!worker_is_owner(w)) {
		/* As no member it would be committed unfenced (H3). */
		worker_drop(w, "the group has given our partitions away, or we are not in it");
	} else if (!owns_state(w)) {
		worker_drop(w, "another worker of this process has taken their state over");
		w->assigning = true;
	} else {
		worker_event(w, TXN_EV_SEAL);
	}
}
