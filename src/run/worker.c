/*
 * worker: the loop. One turn is at most one poll, and what follows from it. The order of effects is
 *
 *   poll -> steps (marks into the write set) -> produce -> [batch due] -> ownership -> send_offsets
 *        -> commit -> write set joins the overlay -> checkpoint, in the background
 *
 * and a crash between any two of them ends in the same place: the restart reads C and M, replays
 * the input from the last checkpoint, and goes on. Nothing before the commit is visible to anybody;
 * nothing after it can be lost.
 */
#include "run/worker.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "run/worker_state.h"

#define REVOKE_MS_MAX 15000 /* a third of the session timeout */
#define ARENA_KEPT_BYTES ((size_t)4 * 1024 * 1024)

int worker_new(const struct worker_conf *conf, struct worker **ret, struct err *err)
{
	struct worker *w = calloc(1, sizeof(*w));

	must(w != NULL && conf->store != NULL && conf->overlay_bytes_max > 0);
	w->conf = *conf;
	w->pipeline = conf->pipeline;
	w->broker = conf->broker;
	w->store = conf->store;
	w->clock = conf->clock;
	w->stats = conf->stats;
	w->limit = conf->pipeline->commit_records;
	w->arena = arena_new(ARENA_KEPT_BYTES);
	overlay_init(&w->write_set);
	overlay_init(&w->active);
	overlay_init(&w->frozen);
	(void)pthread_mutex_init(&w->trouble_mutex, NULL); /* cannot fail on Linux */
	txn_init(&w->txn, conf->retry_ms_max);
	w->action = TXN_DO_RENEW; /* init_transactions comes before subscribe */
	w->stats->lag = -1;
	w->stats->partitions = -1;
	w->stats->since_marker = w->stats->since_begin = -1;
	w->checkpoint_ms = w->clock->ops->monotonic_ms(w->clock);
	if (steps_init(&w->steps, w->pipeline, conf->engine, w->arena, worker_see, w, err)) {
		worker_free(w);
		return -1;
	}
	*ret = w;
	return 0;
}

void worker_free(struct worker *w)
{
	if (!w)
		return;
	steps_fini(&w->steps);
	overlay_fini(&w->write_set);
	overlay_fini(&w->active);
	overlay_fini(&w->frozen);
	arena_free(w->arena);
	(void)pthread_mutex_destroy(&w->trouble_mutex);
	free(w->checkpoint_parts);
	free(w->parts);
	free(w);
}

void worker_stop(struct worker *w)
{
	atomic_store(&w->stop_asked, true);
}

void worker_trouble(struct worker *w, char *text, size_t size)
{
	(void)pthread_mutex_lock(&w->trouble_mutex);
	(void)snprintf(text, size, "%s", w->trouble);
	(void)pthread_mutex_unlock(&w->trouble_mutex);
}

void worker_set_trouble(struct worker *w, const char *text)
{
	struct log_where where = worker_where(w, NULL);
	bool is_new;

	w->broker_away = false;
	/* Only this thread writes it, so it may read it without the lock. */
	if (strncmp(w->trouble, text, sizeof(w->trouble) - 1) == 0)
		return;
	is_new = text[0] != '\0';
	(void)pthread_mutex_lock(&w->trouble_mutex);
	(void)snprintf(w->trouble, sizeof(w->trouble), "%s", text);
	(void)pthread_mutex_unlock(&w->trouble_mutex);
	if (is_new)
		log_event(LOG_LEVEL_WARNING, "trouble", &where, "%s", text);
}

struct log_where worker_where(const struct worker *w, const struct part *part)
{
	struct log_where where = LOG_NOWHERE;

	where.pipeline = w->pipeline->name;
	where.worker = w->conf.index;
	if (part) {
		where.topic = part->tp.topic;
		where.partition = part->tp.partition;
	}
	return where;
}

struct part *worker_part(struct worker *w, const struct source *source)
{
	for (size_t i = 0; i < w->part_count; i++)
		if (w->parts[i].tp.partition == source->partition &&
		    w->parts[i].tp.topic == source->topic)
			return &w->parts[i];
	return NULL;
}

static int on_record(struct worker *w, const struct broker_event *event, struct err *err)
{
	const struct source *source = &event->source;
	struct part *part = worker_part(w, source);
	int rc;

	if (!part || source->offset < part->next)
		return 0; /* of an assignment that is gone, or before a rewind */
	if (part->expect >= 0 && source->offset != part->expect) {
		/* A record that was delivered before the rewind must be delivered again (R10). */
		struct log_where where = worker_where(w, part);

		where.offset = source->offset;
		log_event(LOG_LEVEL_WARNING, "rewind", &where,
			  "offset %" PRId64 " was expected after the rewind: positions set anew",
			  part->expect);
		if (w->txn.state == TXN_OPEN)
			worker_drop(w, "a rewind missed its record");
		w->assigning = true;
		return 0;
	}
	part->at_end = false;
	rc = worker_end_of_replay(w, part, source->offset, err);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	part->expect = -1;
	if (part->replaying)
		return worker_replay_record(w, part, source, &event->record, err);
	if (worker_is_suspect(&w->stop_at, source)) {
		if (w->txn.state == TXN_OPEN && w->batch.records > 0) {
			worker_seal(w); /* then the end: see worker_turn */
			part->expect = source->offset;
			return 0;
		}
		return worker_stop_here(w, source, &w->stop_at.err, err);
	}
	return worker_live_record(w, part, source, &event->record, err);
}

static int on_eof(struct worker *w, const struct source *source, bool renew, struct err *err)
{
	struct part *part = worker_part(w, source);
	int rc;

	if (!part || source->offset < part->next)
		return 0;
	if (part->expect >= 0) {
		/* The record that must come again has not come: an end before it is a stale one, an
		 * end behind it says that it is gone. */
		w->assigning = w->assigning || source->offset > part->expect;
		return 0;
	}
	rc = worker_end_of_replay(w, part, source->offset, err);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (part->replaying)
		return 0;
	part->at_end = true;
	part->log_end = source->offset;
	part->commit_first = part->commit_first || renew;
	return worker_commit_position(w, part, source->offset, err);
}

/* Runs the transaction's actions until none is left or the time is over. */
static int finish_batch(struct worker *w, int64_t ms_max, struct err *err)
{
	int64_t began = w->clock->ops->monotonic_ms(w->clock);

	if (w->txn.state == TXN_OPEN && w->action == TXN_WAIT)
		worker_seal(w);
	while (w->action != TXN_WAIT && w->clock->ops->monotonic_ms(w->clock) - began < ms_max) {
		if (worker_act(w, err))
			return -1;
		if (w->txn.state == TXN_RENEWING && w->failures > 1)
			break; /* the broker is away: the next turns go on with it */
	}
	return 0;
}

/* Revoked or lost: settle what is in flight, checkpoint what the budget allows, let go. */
static int on_taken(struct worker *w, bool lost, struct err *err)
{
	w->giving_up = true;
	if (lost && w->txn.state == TXN_OPEN && w->action == TXN_WAIT)
		worker_drop(w, "the assignment was lost");
	if (finish_batch(w, REVOKE_MS_MAX, err))
		return -1;
	if (w->txn.state == TXN_OPEN || w->txn.state == TXN_OFFSETS)
		worker_event(w, TXN_EV_UNKNOWN); /* over the budget: its partitions go now */
	w->epoch++;
	if (!w->assigning && worker_checkpoint(w, true, true, err))
		return -1;
	worker_forget(w);
	w->giving_up = false;
	if (w->broker->ops->unassign(w->broker, err) && err->kind == ERR_STOP)
		return -1;
	return 0;
}

/* Its end is an assign, from what is settled then. */
static bool on_way_back(const struct worker *w)
{
	return w->txn.state == TXN_RENEWING || w->txn.state == TXN_SETTLING;
}

static int on_event(struct worker *w, const struct broker_event *event, struct err *err)
{
	/* Positions are being decided: what still comes from the old ones would leave a hole. */
	if ((w->assigning || on_way_back(w)) &&
	    (event->kind == BROKER_RECORD || event->kind == BROKER_EOF))
		return 0;
	switch (event->kind) {
	case BROKER_NOTHING:
		return 0;
	case BROKER_RECORD:
		return on_record(w, event, err);
	case BROKER_EOF:
		return on_eof(w, &event->source, event->renew, err);
	case BROKER_ASSIGNED:
		w->epoch++;
		worker_assigned(w, event->partitions, event->partition_count);
		return 0;
	case BROKER_REVOKED:
	case BROKER_LOST:
		return on_taken(w, event->kind == BROKER_LOST, err);
	case BROKER_OFFSET_GONE:
		if (w->txn.state == TXN_OPEN)
			worker_drop(w, "a position is outside the log");
		w->assigning = true;
		return 0;
	}
	return 0;
}

static bool batch_is_due(const struct worker *w, int64_t now)
{
	if (w->txn.state != TXN_OPEN || w->action != TXN_WAIT)
		return false;
	for (size_t i = 0; i < w->part_count; i++)
		if (w->parts[i].commit_first && w->parts[i].in_batch)
			return true;
	return w->batch.records >= w->limit || w->batch.bytes >= w->pipeline->commit_bytes ||
	       w->batch.bytes >= (int64_t)w->conf.batch_bytes_max ||
	       worker_overlays_bytes(w) > w->conf.overlay_bytes_max ||
	       now - w->batch.began_ms >= w->pipeline->commit_every_ms ||
	       w->intake_stopped != w->intake_is_stopped;
}

/* A fresh verdict's M goes out before anything else, unless its batch could not be sealed: what
 * ends that is an event, and only a poll brings it. 0; -1 STOP. */
static int commit_fresh_meta(struct worker *w, struct err *err)
{
	for (size_t i = 0; i < w->part_count; i++) {
		struct part *part = &w->parts[i];

		if (part->commit_first && !part->replaying && !part->in_batch &&
		    (w->txn.state == TXN_READY || w->txn.state == TXN_OPEN) &&
		    w->action == TXN_WAIT && worker_is_owner(w) &&
		    worker_commit_position(w, part, part->next, err))
			return -1;
	}
	return 0;
}

/* The drain: 1 when nothing is left to do. */
static int drain(struct worker *w, struct err *err)
{
	w->giving_up = true;
	if (finish_batch(w, REVOKE_MS_MAX, err))
		return -1;
	if (!w->assigning && worker_checkpoint(w, true, true, err))
		return -1;
	worker_clear_crashes(w);
	worker_forget(w);
	(void)w->broker->ops->unassign(w->broker, err); /* close comes next in any case */
	return 1;
}

static int poll_once(struct worker *w, int timeout_ms, struct err *err)
{
	struct broker_event event;
	int rc;

	if (w->broker->ops->poll(w->broker, timeout_ms, &event, err)) {
		if (err->kind == ERR_STOP)
			return -1;
		worker_set_trouble(w, err->msg);
		w->broker_away = err->code != BROKER_CODE_REPLACED;
		return 0;
	}
	rc = on_event(w, &event, err);
	arena_reset(w->arena);
	w->broker->ops->release(w->broker);
	return rc;
}

/* The broker does not say yet where to go on. It may take long (a transaction that is open on C),
 * and the group must not wait for us meanwhile: librdkafka answers no rebalance before its
 * assignment has been answered, and shows it behind the records that it has fetched. So we are
 * assigned to nothing, which answers and fetches nothing, and only the group's events can come. */
static int wait_undecided(struct worker *w, struct err *err)
{
	w->stats->lag = -1; /* what was counted last is old */
	if (!w->intake_is_stopped) {
		if (w->broker->ops->assign(w->broker, NULL, 0, err) == 0)
			w->intake_is_stopped = true;
		else if (err->kind == ERR_STOP)
			return -1;
	}
	return poll_once(w, w->conf.poll_ms_max, err);
}

/* Positions for a new assignment. */
static int assigning_turn(struct worker *w, struct err *err)
{
	if (worker_decide(w, err) == 0) {
		w->stats->ready = true;
		worker_set_trouble(w, "");
		return 0;
	}
	arena_reset(w->arena);
	if (err->kind == ERR_STOP)
		return -1;
	worker_set_trouble(w, err->msg);
	return wait_undecided(w, err);
}

/* The transaction's next action; of a way back that gets nowhere, once in a turn. */
static int acting_turn(struct worker *w, struct err *err)
{
	enum txn_state before = w->txn.state;

	if (worker_act(w, err))
		return -1;
	if (!on_way_back(w) || w->txn.state != before || !w->subscribed)
		return 0;
	return wait_undecided(w, err);
}

/* Intake stops when the store cannot take more, and goes on when a checkpoint has made room. */
static int switch_intake(struct worker *w, struct err *err)
{
	if (w->intake_stopped == w->intake_is_stopped || w->part_count == 0 ||
	    w->txn.state != TXN_READY)
		return 0;
	if (worker_rewind(w, err))
		return err->kind == ERR_STOP ? -1 : 0; /* again in the next turn */
	return 0;
}

static int stop_turn(struct worker *w, const struct err *err)
{
	struct err ignored;

	/* Best effort: readers need not wait for the transaction's timeout. */
	if (w->txn.begun)
		(void)w->broker->ops->abort(w->broker, &ignored);
	worker_clear_crashes(w);
	must(err->kind == ERR_STOP);
	return -1;
}

/* Not past the moment at which the open batch is due. */
static int poll_timeout(const struct worker *w, int64_t now)
{
	int64_t left = w->batch.began_ms + w->pipeline->commit_every_ms - now;

	if (w->txn.state != TXN_OPEN || left > w->conf.poll_ms_max)
		return w->conf.poll_ms_max;
	return left > 0 ? (int)left : 0;
}

static int turn(struct worker *w, struct err *err)
{
	int64_t now = w->clock->ops->monotonic_ms(w->clock);

	if (atomic_load(&w->stop_asked)) {
		if (w->txn.state == TXN_READY || w->txn.state == TXN_OPEN ||
		    w->txn.state == TXN_RENEWING || w->txn.state == TXN_SETTLING)
			return drain(w, err);
	}
	if (w->action != TXN_WAIT)
		return acting_turn(w, err);
	if (w->txn.state == TXN_READY && w->txn.tainted) {
		worker_event(w, TXN_EV_DROP);
		return 0;
	}
	if (!w->subscribed) {
		if (w->broker->ops->subscribe(w->broker, err))
			return err->kind == ERR_STOP ? -1 : 0;
		w->subscribed = true;
	}
	if (w->assigning) {
		if (w->txn.state == TXN_OPEN) {
			worker_drop(w, "positions are decided anew");
			return 0;
		}
		return assigning_turn(w, err);
	}
	if (w->stop_at.set && w->batch.records == 0 && w->txn.state == TXN_READY) {
		struct source at = {w->stop_at.tp.topic, w->stop_at.tp.partition,
				    w->stop_at.offset};
		struct part *part = worker_part(w, &at);

		if (part && part->expect == at.offset && part->settled == at.offset)
			return worker_stop_here(w, &at, &w->stop_at.err, err);
	}
	if (commit_fresh_meta(w, err))
		return -1;
	if (w->action != TXN_WAIT) /* no transaction could be opened: the way back comes first */
		return 0;
	if (batch_is_due(w, now)) {
		worker_seal(w);
		return 0;
	}
	if (worker_checkpoint(w, false, false, err))
		return -1;
	if (switch_intake(w, err) || worker_update_lag(w, now, err))
		return -1;
	return poll_once(w, poll_timeout(w, now), err);
}

int worker_turn(struct worker *w, struct err *err)
{
	int rc;

	w->stats->turns++;
	rc = turn(w, err);
	arena_reset(w->arena);
	return rc < 0 ? stop_turn(w, err) : rc;
}
