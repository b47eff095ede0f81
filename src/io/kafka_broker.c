/*
 * kafka_broker: see kafka_broker.h and port/broker.h. The table of operations: each passes its call
 * to the half that does it, and adds only what needs both halves.
 */
#include "io/kafka_broker.h"

#include <stdlib.h>

#include "base/must.h"
#include "io/kafka_group.h"
#include "io/kafka_pair.h"

struct kafka_broker {
	struct kafka_pair pair; /* first: it begins with the port's handle */
	bool knows_group;       /* see join_if_left_out */
};

static struct kafka_broker *self(struct broker *broker)
{
	must(broker != NULL);
	return (struct kafka_broker *)broker;
}

/* --- consumer --- */

static int op_subscribe(struct broker *broker, struct err *err)
{
	return kafka_consumer_subscribe(&self(broker)->pair.consumer, err);
}

static int op_poll(struct broker *broker, int timeout_ms, struct broker_event *ret, struct err *err)
{
	if (kafka_consumer_poll(&self(broker)->pair.consumer, timeout_ms, ret, err) < 0)
		return -1;
	/* Idle: hear what the producer's connections have to say; it has no thread for that. */
	if (ret->kind == BROKER_NOTHING)
		kafka_producer_serve(&self(broker)->pair.producer);
	return 0;
}

static void op_release(struct broker *broker)
{
	kafka_consumer_release(&self(broker)->pair.consumer);
}

/* A static member that comes back is given what it had, without a rebalance, whatever it subscribes
 * to now: a topic that is new to the pipeline, or a partition that was added, is then nobody's for
 * as long as the group stays as it is. Its leader, whichever member that is, makes a new assignment
 * when it joins once more; for the others that changes nothing. Looked at once: what is added while
 * the leader runs, its own client sees. */
static void join_if_left_out(struct kafka_broker *self)
{
	struct kafka_consumer *consumer = &self->pair.consumer;
	struct kafka_group_topic *topics = calloc(consumer->topic_count, sizeof(*topics));
	int32_t rest = 0; /* what is not ours */
	bool left_out = false;
	struct err err;

	must(topics != NULL);
	for (size_t i = 0; i < consumer->topic_count; i++) {
		topics[i].name = consumer->topics[i];
		if (kafka_facts_partitions(&self->pair.facts, topics[i].name, &topics[i].partitions,
					   &err) < 0)
			goto out; /* away, or not there yet: at the next assignment */
		rest += topics[i].partitions;
	}
	rest -= (int32_t)consumer->part_count;
	self->knows_group = rest <= 0;
	if (!self->knows_group)
		left_out = kafka_group_leaves_out(consumer->client.rk, self->pair.conf.group,
						  topics, consumer->topic_count,
						  self->pair.conf.call_ms_max, &self->knows_group);
out:
	free(topics);
	if (left_out)
		(void)!kafka_consumer_subscribe(consumer, &err);
}

static int op_assign(struct broker *broker, const struct tp_offset *positions, size_t count,
		     struct err *err)
{
	if (kafka_consumer_assign(&self(broker)->pair.consumer, positions, count, err) < 0)
		return -1;
	if (!self(broker)->knows_group)
		join_if_left_out(self(broker));
	return 0;
}

static int op_unassign(struct broker *broker, struct err *err)
{
	return kafka_consumer_unassign(&self(broker)->pair.consumer, err);
}

static bool op_assignment_lost(struct broker *broker)
{
	return kafka_consumer_lost(&self(broker)->pair.consumer);
}

static bool op_is_member(struct broker *broker)
{
	rd_kafka_consumer_group_metadata_t *metadata =
		kafka_consumer_metadata(&self(broker)->pair.consumer);

	if (!metadata)
		return false;
	rd_kafka_consumer_group_metadata_destroy(metadata);
	return true;
}

/* --- facts --- */

static int op_topic(struct broker *broker, const char *topic, int32_t *ret_partitions,
		    bool *ret_compacted, struct err *err)
{
	struct kafka_facts *facts = &self(broker)->pair.facts;
	int32_t partitions;

	if (kafka_facts_partitions(facts, topic, &partitions, err) < 0 ||
	    kafka_facts_compacted(facts, topic, ret_compacted, err) < 0)
		return kafka_pair_answer(&self(broker)->pair, -1, err);
	*ret_partitions = partitions;
	return 0;
}

static int op_committed(struct broker *broker, const struct tp *tps, size_t count,
			struct arena *arena, struct committed *ret, struct err *err)
{
	return kafka_pair_answer(&self(broker)->pair,
				 kafka_facts_committed(&self(broker)->pair.facts, tps, count, arena,
						       ret, err),
				 err);
}

static int op_log_range(struct broker *broker, struct tp tp, int64_t *ret_start, int64_t *ret_end,
			struct err *err)
{
	return kafka_pair_answer(&self(broker)->pair,
				 kafka_facts_range(&self(broker)->pair.facts, tp, ret_start,
						   ret_end, err),
				 err);
}

static int64_t op_heard_end(struct broker *broker, struct tp tp)
{
	return kafka_facts_heard_end(&self(broker)->pair.facts, tp);
}

static int op_offset_at(struct broker *broker, struct tp tp, int64_t ms, int64_t *ret,
			struct err *err)
{
	struct kafka_facts *facts = &self(broker)->pair.facts;
	int64_t offset = -1, start, end;

	must(ms >= 0); /* below zero librdkafka means the log's ends */
	if (kafka_facts_offset(facts, tp, ms, &offset, err) < 0)
		return kafka_pair_answer(&self(broker)->pair, -1, err);
	if (offset < 0) {
		if (kafka_facts_range(facts, tp, &start, &end, err) < 0)
			return kafka_pair_answer(&self(broker)->pair, -1, err);
		offset = end;
	}
	*ret = offset;
	return 0;
}

/* --- producer --- */

/* The metadata that is checked is the very one that is sent: librdkafka may lose its generation
 * between a check of its own and the call, and generation -1 is not fenced. */
static int op_send_offsets(struct broker *broker, const struct tp_offset *offsets, size_t count,
			   struct err *err)
{
	rd_kafka_consumer_group_metadata_t *metadata =
		kafka_consumer_metadata(&self(broker)->pair.consumer);
	int res;

	if (!metadata)
		return err_set(err, ERR_ABORT, 0,
			       "send_offsets: not a member of the group at the moment");
	res = kafka_producer_send_offsets(&self(broker)->pair.producer, offsets, count, metadata,
					  err);
	rd_kafka_consumer_group_metadata_destroy(metadata);
	return res;
}

static int op_commit(struct broker *broker, struct err *err)
{
	return kafka_producer_commit(&self(broker)->pair.producer, err);
}

/* --- life --- */

static void op_close(struct broker *broker)
{
	struct kafka_broker *kafka = (struct kafka_broker *)broker;

	if (!kafka)
		return;
	if (kafka_pair_close(&kafka->pair))
		free(kafka);
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

int kafka_broker_open(const struct kafka_broker_conf *conf, struct broker **ret, struct err *err)
{
	struct kafka_broker *kafka = calloc(1, sizeof(*kafka));

	must(kafka != NULL);
	if (kafka_pair_open(&kafka->pair, &ops, conf, err) < 0) {
		op_close(&kafka->pair.broker);
		return -1;
	}
	*ret = &kafka->pair.broker;
	return 0;
}
