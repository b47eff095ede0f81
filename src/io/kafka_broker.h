/*
 * kafka_broker: the broker port on librdkafka: kafka_consumer.c and kafka_producer.c do the calls,
 * kafka_err.c is the one translator of its errors, kafka_taint.c watches the requests.
 */
#ifndef ONCED_IO_KAFKA_BROKER_H
#define ONCED_IO_KAFKA_BROKER_H

#include "port/broker.h"

struct kafka_setting {
	const char *name;
	const char *value;
};

struct kafka_broker_conf {
	const struct kafka_setting *settings; /* the user's, allowed by config/; borrowed */
	size_t setting_count;
	const char *const *secrets; /* values among them that no log line may hold */
	size_t secret_count;
	const char *group;
	const char *group_instance_id; /* instance.pipeline.worker */
	const char *transactional_id;  /* group/instance.pipeline.worker */
	const char *const *topics;     /* inputs; the pointers that events carry */
	size_t topic_count;
	const char *const *outputs; /* every topic that may be written to */
	size_t output_count;
	size_t consumer_queue_bytes; /* this worker's share of `memory:` */
	size_t producer_queue_bytes;
	int64_t batch_records;      /* sizes the producer's queue */
	int transaction_timeout_ms; /* 10,000 */
	int call_ms_max;            /* 5,000 */
	/* What librdkafka has to say; called on its threads. NULL = dropped. level: syslog's. */
	void (*log)(int level, const char *fac, const char *text);
};

/* Creates the consumer, not yet subscribed; the producer comes with the first renew. STOP (78): a
 * setting that librdkafka refuses, 77: unreadable key file. Does not wait for the broker. */
int kafka_broker_open(const struct kafka_broker_conf *conf, struct broker **ret,
		      struct err *err) CHECKED;

#endif
