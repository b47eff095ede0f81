/*
 * journal_broker: see journal_broker.h. The table of operations; the consumer half is
 * journal_poll.c, the producer half kafka_producer's, and a consumer handle that joins nothing
 * answers questions.
 */
#include "io/journal_broker.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "core/meta.h"
#include "io/clock_ms.h"
#include "io/journal_poll.h"

#define ARENA_KEPT_BYTES ((size_t)4 << 20)
#define LOOK_BACK_PIECE 1000
#define LOOK_BACK_MS 1000

static struct journal_broker *self(struct broker *broker)
{
	must(broker != NULL);
	return (struct journal_broker *)broker;
}

/* --- consumer --- */

static int op_subscribe(struct broker *broker, struct err *err)
{
	(void)err; /* cannot fail: there is nothing to join */
	self(broker)->subscribed = true;
	return 0;
}

static int op_poll(struct broker *broker, int timeout_ms, struct broker_event *ret, struct err *err)
{
	return journal_poll(self(broker), timeout_ms, ret, err);
}

static int op_assign(struct broker *broker, const struct tp_offset *positions, size_t count,
		     struct err *err)
{
	return journal_assign(self(broker), positions, count, err);
}

static void op_release(struct broker *broker)
{
	arena_reset(self(broker)->records);
}

static int op_unassign(struct broker *broker, struct err *err)
{
	(void)err; /* cannot fail */
	self(broker)->assigned = false;
	return 0;
}

static bool op_assignment_lost(struct broker *broker)
{
	(void)broker; /* nobody else reads this host's journal under our transactional.id */
	return false;
}

/* Nobody joins the group, so there is no generation to be fenced by: the producer's epoch is. */
static bool op_is_member(struct broker *broker)
{
	(void)broker;
	return true;
}

/* --- facts --- */

static int op_topic(struct broker *broker, const char *topic, int32_t *ret_partitions,
		    bool *ret_compacted, struct err *err)
{
	struct journal_broker *own = self(broker);
	int32_t partitions;

	must(topic == own->tp.topic);
	/* The broker is asked all the same: it has to be there, and with the carrier. */
	if (kafka_facts_partitions(&own->pair.facts, own->kafka.carrier, &partitions, err) < 0)
		return kafka_pair_answer(&own->pair, -1, err);
	*ret_partitions = 1;
	*ret_compacted = false;
	return 0;
}

/* The entries that a replay could need: from w on, or from the base where there is no w for the
 * present window. */
static int64_t wanted_back(const struct journal_broker *own, const struct meta *m)
{
	int64_t window_ms = pipeline_window_ms(own->pipeline);
	bool is_w_enough = m->has_w && window_ms <= m->v && !own->whole;
	int64_t floor = is_w_enough ? m->w.offset : m->b;

	return floor < own->known.home.offset ? own->known.home.offset - floor : 0;
}

static int op_committed(struct broker *broker, const struct tp *tps, size_t count,
			struct arena *arena, struct committed *ret, struct err *err)
{
	struct journal_broker *own = self(broker);
	struct committed found;
	struct meta m;

	must(count == 1 && tps[0].topic == own->tp.topic);
	if (kafka_position_read(&own->kafka, arena, &found, err) < 0)
		return kafka_pair_answer(&own->pair, -1, err);
	journal_known_forget(&own->known);
	own->known.home = (struct journal_position){.is = found.has_offset, .offset = found.offset};
	if (found.has_offset)
		own->known.home.placed = journal_place_read(found.metadata, &own->known.home.place);
	own->wanted = 0;
	if (found.has_offset && meta_read(found.metadata, &m) == META_OURS)
		own->wanted = wanted_back(own, &m);
	own->committed_ms = clock_ms(CLOCK_MONOTONIC);
	own->looking = false;
	*ret = found;
	return 0;
}

static int find_first(struct journal_broker *own, struct err *err)
{
	const struct pipeline *pipeline = own->pipeline;
	struct journal_position first = {.is = true, .placed = true};
	int res = -1;

	if (own->known.first.is && !own->is_overtaken)
		return 0;
	switch (own->is_overtaken ? START_LATEST : pipeline->start) {
	case START_EARLIEST:
		res = journal_head(own->journal, &first.place, err);
		break;
	case START_LATEST:
		res = journal_tail(own->journal, &first.place, err);
		break;
	case START_TIME:
		res = journal_at_time(own->journal, pipeline->start_ms, &first.place, err);
		break;
	}
	if (res == 0)
		own->known.first = first;
	return res;
}

/* How far the log reaches back from C, as far as anybody could want it. */
static int look_back(struct journal_broker *own, int64_t wanted, int64_t *ret, struct err *err)
{
	int64_t until_ms = clock_ms(CLOCK_MONOTONIC) + LOOK_BACK_MS;
	uint64_t count;

	own->assigned = false; /* the handle is used for this */
	if (!own->looking) {
		if (journal_back_begin(own->journal, &own->known.home.place, &count, err) < 0)
			return -1;
		own->looked = (int64_t)count;
		own->looking = count > 0;
	}
	while (own->looking && own->looked < wanted) {
		if (clock_ms(CLOCK_MONOTONIC) > until_ms)
			return err_set(err, ERR_RETRY, 0,
				       "looking back in the journal for what the window needs: "
				       "%" PRId64 " entries so far",
				       own->looked);
		if (journal_back_more(own->journal, LOOK_BACK_PIECE, &count, err) < 0)
			return -1;
		own->looked += (int64_t)count;
		own->looking = count == LOOK_BACK_PIECE;
	}
	own->looking = false;
	*ret = own->known.home.offset - (own->looked < wanted ? own->looked : wanted);
	return 0;
}

static int op_log_range(struct broker *broker, struct tp tp, int64_t *ret_start, int64_t *ret_end,
			struct err *err)
{
	struct journal_broker *own = self(broker);
	bool whole;

	must(tp.topic == own->tp.topic);
	if (!own->known.home.is) {
		if (find_first(own, err) < 0)
			return -1;
		*ret_start = *ret_end = 0;
		return 0;
	}
	*ret_start = *ret_end = own->known.home.offset;
	if (!own->known.home.placed) {
		(void)err_set(err, ERR_STOP, EXIT_DATA,
			      "the committed offset %" PRId64 " of group %s was not written by "
			      "onced for a journal, so it names no place there; delete the group's "
			      "offsets, and the pipeline begins at `from.start`",
			      own->known.home.offset, own->kafka.group);
		return err_name(err, "offsets-foreign");
	}
	if (journal_check(own->journal, &own->known.home.place, &whole, err) < 0)
		return -1;
	if (whole && !own->is_overtaken && !own->looking) {
		own->assigned = false; /* the handle is used for this, and for looking back */
		if (journal_is_overtaken(own->journal, &own->known.home.place, &own->is_overtaken,
					 err) < 0)
			return -1;
	}
	if (!whole || own->is_overtaken) {
		own->known.gap = (struct journal_position){.is = true,
							   .placed = true,
							   .offset = own->known.home.offset + 1};
		/* What was overtaken may have been read in part, as far as it sorted behind the
		 * place of then: to go on behind all of it repeats nothing. */
		if ((whole ? journal_tail(own->journal, &own->known.gap.place, err)
			   : journal_head(own->journal, &own->known.gap.place, err)) < 0)
			return -1;
		*ret_start = *ret_end = own->known.gap.offset;
		return 0;
	}
	return own->pipeline->dedup_index < 0 && !own->whole
		       ? 0
		       : look_back(own, own->wanted, ret_start, err);
}

static int64_t op_heard_end(struct broker *broker, struct tp tp)
{
	const struct journal_broker *own = self(broker);

	(void)tp; /* there is one */
	return own->at_end ? own->next : own->next + 1;
}

static int op_offset_at(struct broker *broker, struct tp tp, int64_t ms, int64_t *ret,
			struct err *err)
{
	const struct journal_broker *own = self(broker);

	(void)tp;
	(void)ms; /* a first start's place is found by time, its offset is 0 all the same */
	(void)err;
	*ret = own->known.home.is ? own->known.home.offset : 0;
	return 0;
}

/* --- producer --- */

static int op_send_offsets(struct broker *broker, const struct tp_offset *offsets, size_t count,
			   struct err *err)
{
	struct journal_broker *own = self(broker);
	const struct journal_place *place;
	char text[META_MAX + JOURNAL_PLACE_FIELD_MAX];
	struct tp_offset offset;
	size_t len;

	must(count == 1 && offsets[0].metadata != NULL);
	offset = offsets[0];
	place = journal_known_place(&own->known, offset.offset);
	if (!place) {
		(void)err_set(err, ERR_STOP, EXIT_DATA,
			      "journal: the place of offset %" PRId64 " is not known any more; "
			      "begin anew: remove the pipeline's state directory",
			      offset.offset);
		return -1;
	}
	len = strlen(offset.metadata);
	must(len < META_MAX);
	memcpy(text, offset.metadata, len);
	len += journal_place_write(place, text + len);
	must(len < META_MAX); /* 355 and 150 at most: core/meta would not read more */
	offset.metadata = text;
	own->sent = (struct journal_position){true, true, offset.offset, *place};
	return kafka_position_send(&own->kafka, &own->pair.producer, &offset, err);
}

static int op_commit(struct broker *broker, struct err *err)
{
	struct journal_broker *own = self(broker);

	if (kafka_producer_commit(&own->pair.producer, err) < 0)
		return -1;
	own->known.home = own->sent;
	own->is_overtaken = false;
	own->committed_ms = clock_ms(CLOCK_MONOTONIC);
	return 0;
}

/* --- life --- */

static void op_close(struct broker *broker)
{
	struct journal_broker *own = (struct journal_broker *)broker;

	if (!own)
		return;
	journal_close(own->journal);
	arena_free(own->records);
	kafka_position_fini(&own->kafka);
	if (kafka_pair_close(&own->pair))
		free(own);
}

static const struct broker_ops ops = {
	.subscribe = op_subscribe,
	.poll = op_poll,
	.release = op_release,
	.assign = op_assign,
	.unassign = op_unassign,
	.assignment_lost = op_assignment_lost,
	.is_member = op_is_member,
	.cluster = kafka_pair_cluster,
	.topic = op_topic,
	.committed = op_committed,
	.log_range = op_log_range,
	.heard_end = op_heard_end,
	.offset_at = op_offset_at,
	.renew = kafka_pair_renew,
	.begin = kafka_pair_begin,
	.produce = kafka_pair_produce,
	.send_offsets = op_send_offsets,
	.commit = op_commit,
	.abort = kafka_pair_abort,
	.tainted = kafka_pair_tainted,
	.refused = kafka_pair_refused,
	.close = op_close,
};

int journal_broker_open(const struct journal_broker_conf *conf, struct broker **ret,
			struct err *err)
{
	const struct pipeline *pipeline = conf->pipeline;
	struct journal_broker *own = calloc(1, sizeof(*own));

	must(own != NULL);
	must(pipeline->journal && pipeline->topic_count == 1 && pipeline->target_count > 0);
	own->pipeline = pipeline;
	own->whole = conf->whole;
	own->tp = (struct tp){pipeline->topics[0], 0};
	own->records = arena_new(ARENA_KEPT_BYTES);
	if (kafka_pair_open(&own->pair, &ops, &conf->kafka, err) < 0 ||
	    journal_open(pipeline->journal, &own->journal, err) < 0) {
		op_close(&own->pair.broker);
		return -1;
	}
	own->kafka.rk = own->pair.consumer.client.rk;
	own->kafka.call_ms_max = conf->kafka.call_ms_max;
	own->kafka.group = conf->kafka.group;
	own->kafka.carrier = pipeline->targets[0].topic;
	*ret = &own->pair.broker;
	return 0;
}
