/*
 * kafka_pair: what every broker of the port has towards Kafka, wherever its records come from: a
 * consumer handle that asks, a transactional producer, and the operations that are the same for
 * all. kafka_broker and journal_broker begin with one and add their own consumer half.
 *
 * Thread: the worker's. Blocks and errors: see port/broker.h.
 */
#ifndef ONCED_IO_KAFKA_PAIR_H
#define ONCED_IO_KAFKA_PAIR_H

#include "io/kafka_broker.h"
#include "io/kafka_consumer.h"
#include "io/kafka_facts.h"
#include "io/kafka_producer.h"

struct kafka_pair {
	struct broker broker; /* first: the port's handle */
	struct kafka_broker_conf conf;
	struct kafka_consumer consumer;
	struct kafka_producer producer;
	struct kafka_facts facts;
};

/* Opens in place; what conf points to is borrowed. After a failure kafka_pair_close is due too. */
int kafka_pair_open(struct kafka_pair *pair, const struct broker_ops *ops,
		    const struct kafka_broker_conf *conf, struct err *err) CHECKED;

/* True if the memory can go; false: a handle hangs and may still log or count into it. */
bool kafka_pair_close(struct kafka_pair *pair) CHECKED;

/* What a request of the consumer handle came to: an answer proves the login, a failure is explained
 * by what the connections said meanwhile. Returns res. */
int kafka_pair_answer(struct kafka_pair *pair, int res, struct err *err);

/* As struct broker_ops has them. */
int kafka_pair_cluster(struct broker *broker, uint64_t *ret_hash, struct err *err);
int kafka_pair_renew(struct broker *broker, struct err *err);
int kafka_pair_begin(struct broker *broker, struct err *err);
int kafka_pair_produce(struct broker *broker, const struct output *output, struct err *err);
int kafka_pair_abort(struct broker *broker, struct err *err);
bool kafka_pair_tainted(struct broker *broker);
bool kafka_pair_refused(struct broker *broker, char *reason, size_t reason_size);

#endif
