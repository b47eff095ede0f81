/*
 * worker_assign: from an assignment to positions, by core/recover's verdict, and the one way back
 * after a batch was given up: read the stable C, say how it ended, read on from what is settled.
 * A crash anywhere here is harmless: nothing is written but a fresh, empty place in the store.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/failpoint.h"
#include "base/must.h"
#include "run/worker_state.h"

void worker_forget(struct worker *w)
{
	worker_uncount_starts(w);
	free(w->parts);
	w->parts = NULL;
	w->part_count = 0;
	w->assigning = false;
	w->intake_stopped = w->intake_is_stopped = false;
	w->stop_at.set = false;
	w->stats->partitions = 0;
	w->stats->replay_left = 0;
	worker_drop_overlays(w);
}

void worker_assigned(struct worker *w, const struct tp *tps, size_t count)
{
	must(w->txn.state != TXN_OPEN);
	worker_forget(w);
	w->parts = calloc(count + 1, sizeof(*w->parts));
	must(w->parts != NULL);
	for (size_t i = 0; i < count; i++) {
		w->parts[i].tp = tps[i];
		w->parts[i].expect = -1;
		w->parts[i].batch_first = -1;
	}
	w->part_count = count;
	w->assigning = true;
	w->stats->since_marker = w->stats->since_begin = -1;
	w->stats->partitions = (int64_t)count;
}

static const char *stop_event(enum stop_reason reason)
{
	switch (reason) {
	case STOP_OTHER_CLUSTER:
		return "other-cluster";
	case STOP_PARTITION_COUNT:
		return "partition-count";
	case STOP_NEWER_FORMAT:
		return "newer-format";
	case STOP_OFFSETS_EXPIRED:
		return "offsets-expired";
	case STOP_FOREIGN_OFFSETS:
		return "offsets-foreign";
	case STOP_OFFSETS_MOVED_BACK:
		return "offsets-moved-back";
	case STOP_BEYOND_LOG:
		return "offsets-beyond-log";
	case STOP_DELETED_BEFORE_PROCESSED:
		return "input-deleted";
	case STOP_NOT_THE_INPUT:
		return "other-input";
	case STOP_NONE:
		break;
	}
	must(false && "a reason to stop");
	return NULL;
}

static int stop_error(const struct worker *w, const struct part *part, enum stop_reason reason,
		      struct err *err)
{
	const char *settle = "onced offsets accept";

	if (reason == STOP_NEWER_FORMAT)
		err_set(err, ERR_STOP, EXIT_DATA,
			"%s/%" PRId32 ": %s; run that version, or take the offset "
			"as it stands with `%s %s`",
			part->tp.topic, part->tp.partition, stop_reason_text(reason), settle,
			w->pipeline->name);
	else if (reason == STOP_OFFSETS_MOVED_BACK && recover_went_back(&part->in))
		err_set(err, ERR_STOP, EXIT_DATA,
			"%s/%" PRId32 ": the committed offset went back from %" PRId64
			" to %" PRId64 ": the brokers have lost a commit that they had confirmed. "
			"`onced verify %s` says whether its results are there; then it is `onced "
			"offsets reset %s %s/%" PRId32 " --to %" PRId64 " --rebuild`, else `%s %s`",
			part->tp.topic, part->tp.partition, part->in.known_c, part->in.c,
			w->pipeline->name, w->pipeline->name, part->tp.topic, part->tp.partition,
			part->in.known_c, settle, w->pipeline->name);
	else if (recover_is_beyond_log(&part->in)) /* it cannot be right as it stands */
		err_set(err, ERR_STOP, EXIT_DATA,
			"%s/%" PRId32 ": %s (C=%" PRId64 ", log %" PRId64 " to %" PRId64
			", state X=%" PRId64
			"); look with `onced offsets show %s`, and move it with `onced offsets "
			"reset %s %s/%" PRId32 " --to earliest` or wherever is right",
			part->tp.topic, part->tp.partition, stop_reason_text(reason),
			part->in.has_c ? part->in.c : -1, part->in.log_start,
			part->in.high_watermark,
			part->in.has_checkpoint ? part->in.checkpoint.x : -1, w->pipeline->name,
			w->pipeline->name, part->tp.topic, part->tp.partition);
	else
		err_set(err, ERR_STOP, EXIT_DATA,
			"%s/%" PRId32 ": %s (C=%" PRId64 ", log %" PRId64 " to %" PRId64
			", state X=%" PRId64
			"); look with `onced offsets show %s`, and if C is right "
			"as it stands, say so with `%s %s`",
			part->tp.topic, part->tp.partition, stop_reason_text(reason),
			part->in.has_c ? part->in.c : -1, part->in.log_start,
			part->in.high_watermark,
			part->in.has_checkpoint ? part->in.checkpoint.x : -1, w->pipeline->name,
			settle, w->pipeline->name);
	(void)err_name(err, stop_event(reason));
	return err_at(err, part->tp.topic, part->tp.partition, part->in.has_c ? part->in.c : -1);
}

/* Where a partition without C starts. One that was added after others were processed starts at its
 * beginning: what it holds came after them. */
static int resolve_start(struct worker *w, struct part *part, bool added_later, struct err *err)
{
	const struct pipeline *p = w->pipeline;

	part->in.start = part->in.log_start;
	if (added_later || p->start == START_EARLIEST)
		return 0;
	if (p->start == START_LATEST) {
		part->in.start = part->in.high_watermark;
		return 0;
	}
	return w->broker->ops->offset_at(w->broker, part->tp, p->start_ms, &part->in.start, err);
}

/* Of one topic: C and M of the partitions that are ours. A transaction that is open on another
 * partition does not concern us, so those are asked for only when they can tell something. */
struct topic_facts {
	const char *topic; /* NULL = none yet */
	int32_t count;
	bool compacted;
	struct committed *ours; /* in the arena, by partition, as are the next */
	struct committed *all;  /* NULL = not asked for yet */
};

static int ask_committed(struct worker *w, const struct topic_facts *facts, bool all,
			 struct committed *ret, struct err *err)
{
	struct tp *tps = arena_alloc(w->arena, (size_t)facts->count * sizeof(*tps));
	struct committed *got = arena_alloc(w->arena, (size_t)facts->count * sizeof(*got));
	size_t count = 0;

	for (int32_t i = 0; all && i < facts->count; i++)
		tps[count++] = (struct tp){facts->topic, i};
	for (size_t i = 0; !all && i < w->part_count; i++)
		if (w->parts[i].tp.topic == facts->topic && w->parts[i].tp.partition < facts->count)
			tps[count++] = w->parts[i].tp;
	if (count > 0 && w->broker->ops->committed(w->broker, tps, count, w->arena, got, err))
		return -1;
	for (size_t i = 0; i < count; i++)
		ret[tps[i].partition] = got[i];
	return 0;
}

static int topic_facts(struct worker *w, const char *topic, struct topic_facts *ret,
		       struct err *err)
{
	struct topic_facts facts = {.topic = topic};

	if (ret->topic == topic)
		return 0;
	if (w->broker->ops->topic(w->broker, topic, &facts.count, &facts.compacted, err))
		return -1;
	facts.ours = arena_alloc(w->arena, (size_t)facts.count * sizeof(*facts.ours));
	if (ask_committed(w, &facts, false, facts.ours, err))
		return -1;
	*ret = facts;
	return 0;
}

static void fill_committed(struct part *part, const struct committed *committed)
{
	part->in.has_c = committed->has_offset;
	part->in.c = committed->has_offset ? committed->offset : 0;
	part->in.m_form = META_FOREIGN;
	if (committed->has_offset)
		part->in.m_form = meta_read(committed->metadata, &part->in.m);
}

/* Were others of its topic processed before there was this one? Their M tells. */
static int was_added_later(struct worker *w, const struct part *part, struct topic_facts *facts,
			   bool *ret, struct err *err)
{
	struct committed *all = facts->all;

	*ret = false;
	if (!all) {
		all = arena_alloc(w->arena, (size_t)facts->count * sizeof(*all));
		if (ask_committed(w, facts, true, all, err))
			return -1;
		facts->all = all;
	}
	for (int32_t i = 0; i < facts->count; i++) {
		struct meta m;

		if (all[i].has_offset && meta_read(all[i].metadata, &m) == META_OURS &&
		    m.n <= part->tp.partition)
			*ret = true;
	}
	return 0;
}

/* A replay has shown that K is not the state of C. Here rather than where it was found, as a disk
 * that is full for now is a reason to ask again. */
static int forget_state(struct worker *w, struct part *part, struct err *err)
{
	if (w->store->ops->reset(w->store, part->tp, &part->store, err))
		return -1;
	part->in.has_checkpoint = false;
	part->state_is_wrong = false;
	return 0;
}

static int gather(struct worker *w, struct part *part, struct topic_facts *facts, struct err *err)
{
	const struct broker_ops *ops = w->broker->ops;
	struct recover_in *in = &part->in;
	bool has = false, added_later = false;

	memset(in, 0, sizeof(*in));
	in->stateful = w->pipeline->dedup_index >= 0;
	in->d = w->pipeline->prefix_hash;
	in->window_ms = pipeline_window_ms(w->pipeline);
	in->adopt = w->pipeline->adopt;
	in->gap_accept = w->pipeline->on_gap == GAP_ACCEPT;
	in->k = w->cluster;
	in->now_ms = w->clock->ops->wall_ms(w->clock);
	if (topic_facts(w, part->tp.topic, facts, err))
		return -1;
	in->n = part->topic_partitions = facts->count;
	in->compacted = facts->compacted;
	if (part->tp.partition >= in->n)
		return err_set(err, ERR_RETRY, 0,
			       "%s/%" PRId32 " is not in the topic's metadata yet", part->tp.topic,
			       part->tp.partition);
	in->known_c = part->known_c;
	in->known_g = part->known_g;
	fill_committed(part, &facts->ours[part->tp.partition]);
	/* Without a stateful step a new count is no STOP, and M keeps the old one: it tells that a
	 * partition was added later, until that one has an M of its own. */
	if (!in->stateful && in->has_c && in->m_form == META_OURS)
		part->topic_partitions = in->m.n;
	/* After C, so that the log's end cannot be older than C. */
	if (ops->log_range(w->broker, part->tp, &in->log_start, &in->high_watermark, err))
		return -1;
	if (!in->has_c && (was_added_later(w, part, facts, &added_later, err) ||
			   resolve_start(w, part, added_later, err)))
		return -1;
	if (w->store->ops->acquire(w->store, part->tp, &part->store, &has, &in->checkpoint,
				   &part->crashes_before, err))
		return -1;
	part->crashes = part->crashes_before;
	in->has_checkpoint = has && in->checkpoint.k == w->cluster;
	return part->state_is_wrong ? forget_state(w, part, err) : 0;
}

/* The state that the verdict starts from. */
static int take_verdict(struct worker *w, struct part *part, struct err *err)
{
	const struct recover_out *d = &part->decided;
	struct log_where where = worker_where(w, part);

	if (d->verdict == VERDICT_STOP)
		return stop_error(w, part, d->reason, err);
	if (part->in.has_c && part->in.m_form == META_OURS) {
		part->known_c = part->in.c;
		part->known_g = part->in.m.g;
	}
	if (part->in.has_c && d->c > part->in.c) {
		where.offset = part->in.c;
		log_event(LOG_LEVEL_WARNING, "input-deleted", &where,
			  "records from %" PRId64
			  " on were deleted before they were processed; the "
			  "work goes on at %" PRId64 " (on_gap: accept)",
			  part->in.c, d->c);
		w->stats->gap_accepted++;
	}
	if (part->in.stateful && !d->keep_state) {
		overlay_drop(&w->active, part->store.id);
		if (w->store->ops->reset(w->store, part->tp, &part->store, err))
			return -1;
	}
	part->g = d->g;
	part->b = d->b;
	part->next = part->settled = d->start;
	part->window = part->settled_window = d->window;
	part->gap = part->settled_gap = d->gap;
	part->live_from = d->c;
	part->replaying = true; /* until worker_replayed says otherwise */
	part->commit_first = d->commit_first;
	part->replayed = 0;
	part->replay_began_ms = w->clock->ops->monotonic_ms(w->clock);
	part->expect = -1;
	part->in_batch = false;
	part->at_end = false;
	part->log_end = part->in.high_watermark;
	where.offset = d->c;
	log_event(LOG_LEVEL_INFO, "recover", &where,
		  "%s: C=%" PRId64 ", reading from %" PRId64 " (%" PRId64
		  " to replay), log %" PRId64 " to %" PRId64,
		  verdict_name(d->verdict), part->in.has_c ? part->in.c : -1, d->start,
		  d->c - d->start, part->in.log_start, part->in.high_watermark);
	return worker_heed_crashes(w, part, err);
}

int worker_replayed(struct worker *w, struct part *part, struct err *err)
{
	struct log_where where = worker_where(w, part);
	enum recover_end end;

	must(part->replaying && part->next >= part->live_from);
	end = recover_finish(&part->in, &part->decided, &part->window, &part->gap,
			     &part->commit_first);
	if (end == RECOVER_STOP)
		return stop_error(w, part, STOP_NOT_THE_INPUT, err);
	if (end == RECOVER_AGAIN) {
		log_event(
			LOG_LEVEL_WARNING, "recover", &where,
			"the local state is not the one of C: dropped, and rebuilt from the input");
		part->state_is_wrong = true;
		return 1;
	}
	part->replaying = false;
	part->settled = part->next;
	part->settled_window = part->window;
	part->settled_gap = part->gap;
	w->checkpoint_dirty = true;
	if (part->replayed > 0)
		log_event(LOG_LEVEL_INFO, "replayed", &where,
			  "%" PRIu64 " records replayed in %" PRId64 " ms; live from %" PRId64,
			  part->replayed,
			  w->clock->ops->monotonic_ms(w->clock) - part->replay_began_ms,
			  part->live_from);
	if (part->gap.open)
		log_event(LOG_LEVEL_WARNING, "gap", &where,
			  "part of what was seen is lost: the input no longer reaches back far "
			  "enough; the first record that could repeat it %s",
			  w->pipeline->on_gap == GAP_ACCEPT ? "is taken as new (on_gap: accept)"
							    : "stops the pipeline");
	return 0;
}

int worker_rewind(struct worker *w, struct err *err)
{
	struct tp_offset *positions =
		arena_alloc(w->arena, (w->part_count + 1) * sizeof(*positions));

	for (size_t i = 0; i < w->part_count; i++) {
		must(!w->parts[i].in_batch);
		positions[i] = (struct tp_offset){w->parts[i].tp, w->parts[i].next, NULL};
		w->parts[i].at_end = false;
	}
	if (w->broker->ops->assign(w->broker, positions, w->intake_stopped ? 0 : w->part_count,
				   err))
		return -1;
	w->intake_is_stopped = w->intake_stopped;
	return 0;
}

int worker_decide(struct worker *w, struct err *err)
{
	struct topic_facts facts = {0};

	must(w->assigning && w->txn.state != TXN_OPEN);
	worker_drop_overlays(w); /* K and the replay give all of it */
	worker_uncount_starts(w);
	if (w->broker->ops->cluster(w->broker, &w->cluster, err))
		return -1;
	for (size_t i = 0; i < w->part_count; i++) {
		struct part *part = &w->parts[i];

		w->stats->turns++; /* thousands of them take longer than a hang may */
		if (gather(w, part, &facts, err))
			return -1;
		recover_decide(&part->in, &part->decided);
		if (take_verdict(w, part, err))
			return -1;
	}
	for (size_t i = 0; i < w->part_count; i++) {
		struct part *part = &w->parts[i];
		int rc = part->next >= part->live_from ? worker_replayed(w, part, err) : 0;

		if (rc > 0)
			return err_set(err, ERR_RETRY, 0, "local state dropped, deciding anew");
		if (rc < 0)
			return -1;
	}
	if (worker_rewind(w, err))
		return -1;
	w->assigning = false;
	arena_reset(w->arena);
	return 0;
}

/* One partition of the settled batch. False: its C is not one that we know how to go on from. */
static bool settle_part(struct worker *w, struct part *part, const struct committed *committed)
{
	struct log_where where = worker_where(w, part);

	fill_committed(part, committed);
	if (w->settle_unknown && part->batch_next > part->settled && part->in.has_c)
		log_event(LOG_LEVEL_NOTICE, "outcome", &where,
			  "the transaction whose answer was lost was %s (C=%" PRId64 ")",
			  part->in.c >= part->batch_next ? "committed" : "aborted", part->in.c);
	part->batch_next = -1;
	if (!part->in.has_c)
		return part->commit_first; /* a first start whose M is not out yet */
	if (part->in.m_form != META_OURS || part->in.m.g != part->g || part->in.m.b != part->b)
		return part->commit_first && part->in.c == part->live_from;
	if (part->replaying)
		return part->in.c == part->live_from;
	if (part->in.c == part->settled)
		return true;
	if (part->in.c < part->settled)
		return false;
	/* It was committed after all: the same records again, output suppressed, make its state. */
	part->replaying = true;
	part->live_from = part->known_c = part->in.c;
	part->known_g = part->g;
	part->commit_first = false;
	part->decided.verdict = VERDICT_REPLAY;
	part->decided.gap = part->in.m.a;
	part->decided.commit_first = false;
	part->replayed = 0;
	part->replay_began_ms = w->clock->ops->monotonic_ms(w->clock);
	return true;
}

int worker_settle(struct worker *w, struct err *err)
{
	struct tp *tps;
	struct committed *committed;
	bool known = true;

	(void)FAILPOINT("settle");
	if (w->part_count == 0 || w->assigning || w->giving_up) {
		w->settle_unknown = false;
		return 0;
	}
	if (WITHOUT("settle"))
		return worker_rewind(w, err); /* as if it had been aborted */
	tps = arena_alloc(w->arena, w->part_count * sizeof(*tps));
	committed = arena_alloc(w->arena, w->part_count * sizeof(*committed));
	for (size_t i = 0; i < w->part_count; i++)
		tps[i] = w->parts[i].tp;
	if (w->broker->ops->committed(w->broker, tps, w->part_count, w->arena, committed, err))
		return -1;
	for (size_t i = 0; i < w->part_count; i++)
		known = settle_part(w, &w->parts[i], &committed[i]) && known;
	w->settle_unknown = false;
	if (!known) {
		/* Somebody else moved C: decide as on an assignment. */
		w->assigning = true;
		arena_reset(w->arena);
		return 0;
	}
	if (worker_rewind(w, err))
		return -1;
	arena_reset(w->arena);
	return 0;
}
