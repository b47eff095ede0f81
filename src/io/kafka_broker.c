/*
 * kafka_broker: see kafka_broker.h and port/broker.h. The table of operations: each passes its call
 * to the half that does it, and adds only what needs both halves.
 */
#include "io/kafka_broker.h"

#include <stdlib.h>

#include "base/must.h"
#include "io/kafka_consumer.h"
#include "io/kafka_err.h"
#include "io/kafka_facts.h"
#include "io/kafka_producer.h"

struct kafka_broker {
	struct broker broker; /* first: the port's handle */
	struct kafka_broker_conf conf;
	struct kafka_consumer consumer;
	struct kafka_producer producer;
	struct kafka_facts facts;
	bool has_joined_again; /* once: see join_again */
};

static struct kafka_broker *self(struct broker *broker)
{
	must(broker != NULL);
	return (struct kafka_broker *)broker;
}

/* --- consumer --- */

static int op_subscribe(struct broker *broker, struct err *err)
{
	return kafka_consumer_subscribe(&self(broker)->consumer, err);
}

static int op_poll(struct broker *broker, int timeout_ms, struct broker_event *ret, struct err *err)
{
	if (kafka_consumer_poll(&self(broker)->consumer, timeout_ms, ret, err) < 0)
		return -1;
	/* Idle: hear what the producer's connections have to say; it has no thread for that. */
	if (ret->kind == BROKER_NOTHING)
		kafka_producer_serve(&self(broker)->producer);
	return 0;
}

static void op_release(struct broker *broker)
{
	kafka_consumer_release(&self(broker)->consumer);
}

/* A static member that comes back is given what it had, without a rebalance, whatever it subscribes
 * to now: a topic that is new to the pipeline is then nobody's for as long as the group stays as it
 * is. Its leader, whichever member that is, makes a new assignment when it joins once more; for the
 * others that changes nothing. Once, as a worker without work lacks topics for good. */
static void join_again(struct kafka_broker *self)
{
	struct err err;

	self->has_joined_again = true;
	if (kafka_consumer_lacks_topic(&self->consumer))
		(void)!kafka_consumer_subscribe(&self->consumer, &err);
}

static int op_assign(struct broker *broker, const struct tp_offset *positions, size_t count,
		     struct err *err)
{
	if (kafka_consumer_assign(&self(broker)->consumer, positions, count, err) < 0)
		return -1;
	if (!self(broker)->has_joined_again)
		join_again(self(broker));
	return 0;
}

static int op_unassign(struct broker *broker, struct err *err)
{
	return kafka_consumer_unassign(&self(broker)->consumer, err);
}

static bool op_assignment_lost(struct broker *broker)
{
	return kafka_consumer_lost(&self(broker)->consumer);
}

static bool op_is_member(struct broker *broker)
{
	rd_kafka_consumer_group_metadata_t *metadata =
		kafka_consumer_metadata(&self(broker)->consumer);

	if (!metadata)
		return false;
	rd_kafka_consumer_group_metadata_destroy(metadata);
	return true;
}

/* --- facts --- */

/* An answer that does not come is often explained by what the connections said meanwhile. */
static int explained(struct kafka_broker *self, int res, struct err *err)
{
	if (res < 0)
		kafka_client_explain(&self->consumer.client, err);
	else
		kafka_login_works(&self->consumer.client.login);
	return res;
}

static int op_cluster(struct broker *broker, uint64_t *ret_hash, struct err *err)
{
	return explained(self(broker), kafka_facts_cluster(&self(broker)->facts, ret_hash, err),
			 err);
}

static int op_topic(struct broker *broker, const char *topic, int32_t *ret_partitions,
		    bool *ret_compacted, struct err *err)
{
	struct kafka_facts *facts = &self(broker)->facts;
	int32_t partitions;

	if (kafka_facts_partitions(facts, topic, &partitions, err) < 0 ||
	    kafka_facts_compacted(facts, topic, ret_compacted, err) < 0)
		return explained(self(broker), -1, err);
	*ret_partitions = partitions;
	return 0;
}

static int op_committed(struct broker *broker, const struct tp *tps, size_t count,
			struct arena *arena, struct committed *ret, struct err *err)
{
	return explained(self(broker),
			 kafka_facts_committed(&self(broker)->facts, tps, count, arena, ret, err),
			 err);
}

static int op_log_range(struct broker *broker, struct tp tp, int64_t *ret_start, int64_t *ret_end,
			struct err *err)
{
	return explained(self(broker),
			 kafka_facts_range(&self(broker)->facts, tp, ret_start, ret_end, err), err);
}

static int64_t op_heard_end(struct broker *broker, struct tp tp)
{
	return kafka_facts_heard_end(&self(broker)->facts, tp);
}

static int op_offset_at(struct broker *broker, struct tp tp, int64_t ms, int64_t *ret,
			struct err *err)
{
	struct kafka_facts *facts = &self(broker)->facts;
	int64_t offset = -1, start, end;

	must(ms >= 0); /* below zero librdkafka means the log's ends */
	if (kafka_facts_offset(facts, tp, ms, &offset, err) < 0)
		return explained(self(broker), -1, err);
	if (offset < 0) {
		if (kafka_facts_range(facts, tp, &start, &end, err) < 0)
			return explained(self(broker), -1, err);
		offset = end;
	}
	*ret = offset;
	return 0;
}

/* --- producer --- */

static int op_renew(struct broker *broker, struct err *err)
{
	if (kafka_producer_renew(&self(broker)->producer, err) < 0)
		return -1;
	/* Both log in alike. */
	kafka_login_works(&self(broker)->consumer.client.login);
	return 0;
}

static int op_begin(struct broker *broker, struct err *err)
{
	return kafka_producer_begin(&self(broker)->producer, err);
}

static int op_produce(struct broker *broker, const struct output *output, struct err *err)
{
	return kafka_producer_produce(&self(broker)->producer, output, err);
}

/* The metadata that is checked is the very one that is sent: librdkafka may lose its generation
 * between a check of its own and the call, and generation -1 is not fenced. */
static int op_send_offsets(struct broker *broker, const struct tp_offset *offsets, size_t count,
			   struct err *err)
{
	rd_kafka_consumer_group_metadata_t *metadata =
		kafka_consumer_metadata(&self(broker)->consumer);
	int res;

	if (!metadata)
		return err_set(err, ERR_ABORT, 0,
			       "send_offsets: not a member of the group at the moment");
	res = kafka_producer_send_offsets(&self(broker)->producer, offsets, count, metadata, err);
	rd_kafka_consumer_group_metadata_destroy(metadata);
	return res;
}

static int op_commit(struct broker *broker, struct err *err)
{
	return kafka_producer_commit(&self(broker)->producer, err);
}

static int op_abort(struct broker *broker, struct err *err)
{
	return kafka_producer_abort(&self(broker)->producer, err);
}

static bool op_tainted(struct broker *broker)
{
	return kafka_taint_is(&self(broker)->producer.taint);
}

static bool op_refused(struct broker *broker, char *reason, size_t reason_size)
{
	return kafka_producer_refused(&self(broker)->producer, reason, reason_size);
}

/* --- life --- */

static void op_close(struct broker *broker)
{
	struct kafka_broker *kafka = (struct kafka_broker *)broker;

	if (!kafka)
		return;
	kafka_facts_fini(&kafka->facts);
	kafka_producer_close(&kafka->producer, kafka->conf.call_ms_max);
	kafka_consumer_close(&kafka->consumer, kafka->conf.call_ms_max);
	/* A handle that hangs may still log or count into this memory. */
	if (!kafka->producer.client.leaked && !kafka->consumer.client.leaked)
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
	.cluster = op_cluster,
	.topic = op_topic,
	.committed = op_committed,
	.log_range = op_log_range,
	.heard_end = op_heard_end,
	.offset_at = op_offset_at,
	.renew = op_renew,
	.begin = op_begin,
	.produce = op_produce,
	.send_offsets = op_send_offsets,
	.commit = op_commit,
	.abort = op_abort,
	.tainted = op_tainted,
	.refused = op_refused,
	.close = op_close,
};

int kafka_broker_open(const struct kafka_broker_conf *conf, struct broker **ret, struct err *err)
{
	struct kafka_broker *kafka = calloc(1, sizeof(*kafka));

	must(kafka != NULL);
	must(conf->call_ms_max > 0 && conf->topic_count > 0);
	kafka->broker.ops = &ops;
	kafka->conf = *conf;
	kafka_producer_init(&kafka->producer, &kafka->conf);
	if (kafka_consumer_open(&kafka->consumer, &kafka->conf, err) < 0) {
		op_close(&kafka->broker);
		return -1;
	}
	kafka->facts.rk = kafka->consumer.client.rk;
	kafka->facts.group = conf->group;
	kafka->facts.call_ms_max = conf->call_ms_max;
	*ret = &kafka->broker;
	return 0;
}
