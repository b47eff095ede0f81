/*
 * broker_conf: the configuration of a Kafka adapter as the tests want it: small queues, names of
 * their own. A test sets what it is about.
 */
#ifndef ONCED_TESTS_BROKER_CONF_H
#define ONCED_TESTS_BROKER_CONF_H

#include "io/kafka_broker.h"

/* All of it is borrowed. */
static inline struct kafka_broker_conf broker_conf(const struct kafka_setting *settings,
						   size_t setting_count, const char *const *topics,
						   size_t topic_count)
{
	return (struct kafka_broker_conf){
		.settings = settings,
		.setting_count = setting_count,
		.group = "group",
		.group_instance_id = "i.p.0",
		.transactional_id = "group/i.p.0",
		.topics = topics,
		.topic_count = topic_count,
		.consumer_queue_bytes = (size_t)4 << 20,
		.producer_queue_bytes = (size_t)4 << 20,
		.batch_records = 1000,
		.transaction_timeout_ms = 10000,
		.call_ms_max = 2000,
	};
}

#endif
