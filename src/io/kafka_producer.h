/*
 * kafka_producer: the transactional producer half of the broker port.
 *
 * A record goes out as it came, with what librdkafka forces: a timestamp of -1 (none) becomes the
 * present, and 0 becomes 1 (librdkafka takes 0 for "none"). Header names end at a NUL.
 *
 * Thread: the worker's. Blocks: each transactional call at most call_ms_max; produce for a topic
 * seen for the first time too (it asks whether the topic is there).
 */
#ifndef ONCED_IO_KAFKA_PRODUCER_H
#define ONCED_IO_KAFKA_PRODUCER_H

#include "io/kafka_client.h"
#include "io/kafka_taint.h"

struct kafka_out_topic {
	const char *name;         /* borrowed from the pipeline */
	rd_kafka_topic_t *handle; /* owned; NULL = the present producer has none yet */
	bool known;               /* the broker said that it exists */
};

struct kafka_producer {
	struct kafka_client client;           /* first: librdkafka's opaque */
	const struct kafka_broker_conf *conf; /* borrowed */
	struct kafka_taint taint;
	bool initialising; /* created, init_transactions not through yet: renew resumes it */
	bool fenced;       /* since the last renew: somebody may have taken our place */
	int64_t began_ms;  /* of the transaction, on the monotonic clock */
	struct kafka_out_topic *topics; /* owned */
	size_t topic_count;
	/* Delivery reports of this transaction: the first failure, and the first refusal. */
	rd_kafka_resp_err_t failed, refused;
	char failed_topic[256], refused_topic[256];
};

/* Nothing is opened yet: renew does. */
void kafka_producer_init(struct kafka_producer *producer, const struct kafka_broker_conf *conf);
void kafka_producer_close(struct kafka_producer *producer, int ms_max);

int kafka_producer_renew(struct kafka_producer *producer, struct err *err) CHECKED;
int kafka_producer_begin(struct kafka_producer *producer, struct err *err) CHECKED;
int kafka_producer_produce(struct kafka_producer *producer, const struct output *output,
			   struct err *err) CHECKED;
int kafka_producer_send_offsets(struct kafka_producer *producer, const struct tp_offset *offsets,
				size_t count, const rd_kafka_consumer_group_metadata_t *metadata,
				struct err *err) CHECKED;
int kafka_producer_commit(struct kafka_producer *producer, struct err *err) CHECKED;
int kafka_producer_abort(struct kafka_producer *producer, struct err *err) CHECKED;
bool kafka_producer_refused(struct kafka_producer *producer, char *reason, size_t reason_size);

/* Serves what librdkafka has to tell; does not wait. */
void kafka_producer_serve(struct kafka_producer *producer);

#endif
