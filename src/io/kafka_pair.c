/* kafka_pair: see kafka_pair.h. */
#include "io/kafka_pair.h"

#include "base/must.h"

static struct kafka_pair *self(struct broker *broker)
{
	must(broker != NULL);
	return (struct kafka_pair *)broker;
}

int kafka_pair_open(struct kafka_pair *pair, const struct broker_ops *ops,
		    const struct kafka_broker_conf *conf, struct err *err)
{
	must(conf->call_ms_max > 0 && conf->topic_count > 0);
	pair->broker.ops = ops;
	pair->conf = *conf;
	kafka_producer_init(&pair->producer, &pair->conf);
	if (kafka_consumer_open(&pair->consumer, &pair->conf, err) < 0)
		return -1;
	pair->facts.rk = pair->consumer.client.rk;
	pair->facts.group = conf->group;
	pair->facts.call_ms_max = conf->call_ms_max;
	return 0;
}

bool kafka_pair_close(struct kafka_pair *pair)
{
	kafka_facts_fini(&pair->facts);
	kafka_producer_close(&pair->producer, pair->conf.call_ms_max);
	kafka_consumer_close(&pair->consumer, pair->conf.call_ms_max);
	return !pair->producer.client.leaked && !pair->consumer.client.leaked;
}

int kafka_pair_answer(struct kafka_pair *pair, int res, struct err *err)
{
	return kafka_client_answer(&pair->consumer.client, res, err);
}

int kafka_pair_cluster(struct broker *broker, uint64_t *ret_hash, struct err *err)
{
	struct kafka_pair *pair = self(broker);

	return kafka_pair_answer(pair, kafka_facts_cluster(&pair->facts, ret_hash, err), err);
}

/* Two daemons with one name fence each other's producers in turn, and the group fences the older
 * one's member. So the group says which of them has to end, before this one fences the other
 * again: without its word, each could be ended by the other. */
int kafka_pair_renew(struct broker *broker, struct err *err)
{
	struct kafka_pair *pair = self(broker);

	if (pair->producer.fenced &&
	    kafka_consumer_keep_place(&pair->consumer, "the producer was fenced", err) < 0)
		return -1;
	if (kafka_producer_renew(&pair->producer, err) < 0)
		return -1;
	/* Both log in alike. */
	kafka_client_works(&pair->consumer.client);
	return 0;
}

int kafka_pair_begin(struct broker *broker, struct err *err)
{
	return kafka_producer_begin(&self(broker)->producer, err);
}

int kafka_pair_produce(struct broker *broker, const struct output *output, struct err *err)
{
	return kafka_producer_produce(&self(broker)->producer, output, err);
}

int kafka_pair_abort(struct broker *broker, struct err *err)
{
	return kafka_producer_abort(&self(broker)->producer, err);
}

bool kafka_pair_tainted(struct broker *broker)
{
	return kafka_taint_is(&self(broker)->producer.taint);
}

bool kafka_pair_refused(struct broker *broker, char *reason, size_t reason_size)
{
	return kafka_producer_refused(&self(broker)->producer, reason, reason_size);
}
