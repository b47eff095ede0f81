/*
 * kafka_probe: what may this user do? Kafka says what is allowed only to librdkafka from 2.3 on, so
 * each right is tried with a request that the broker must refuse for another reason, after it has
 * looked at the right (Apache Kafka 2.8 to 4.1: KafkaApis, then the check named here):
 *
 *   READ on a topic and group    an offset commit for a partition that cannot exist
 *                                (UNKNOWN_TOPIC_OR_PART); nobody joins the group
 *   WRITE on a topic             a record with acks=2 (INVALID_REQUIRED_ACKS)
 *   WRITE on a transactional id  InitProducerId with a timeout of 24 days, more than
 *                                transaction.max.timeout.ms (INVALID_TRANSACTION_TIMEOUT); a worker
 *                                that runs with this id is not fenced
 *
 * Nothing is written, committed or fenced by any of them, so that a running daemon does not notice.
 *
 * Thread: its owner's. Blocks: each call at most call_ms_max. Each returns 0: yes; 1: no, and err
 * names the right that is missing; -1: STOP (77), we are refused; RETRY, the broker is away;
 * UNKNOWN, it cannot be told.
 */
#ifndef ONCED_IO_KAFKA_PROBE_H
#define ONCED_IO_KAFKA_PROBE_H

#include "io/kafka_broker.h"

struct kafka_probe_topic {
	bool exists;
	int32_t partitions;
	int32_t replicas; /* of the partition with the fewest */
};

/* Settings that matter; -1 = not told. */
struct kafka_probe_settings {
	bool compacted;
	int64_t retention_ms;
	int64_t min_insync;
	int64_t transaction_max_ms;
	bool auto_create;
};

struct kafka_probe;

/* Of conf: settings, secrets, group, call_ms_max, log. STOP (77, 78). */
int kafka_probe_open(const struct kafka_broker_conf *conf, struct kafka_probe **ret,
		     struct err *err) CHECKED;
void kafka_probe_close(struct kafka_probe *probe); /* NULL is fine */

/* Needs DESCRIBE, which READ and WRITE imply; operation says which of them is meant. */
int kafka_probe_topic(struct kafka_probe *probe, const char *topic, const char *operation,
		      struct kafka_probe_topic *ret, struct err *err) CHECKED;
int kafka_probe_group(struct kafka_probe *probe, const char *any_topic, struct err *err) CHECKED;
/* After kafka_probe_group. */
int kafka_probe_read(struct kafka_probe *probe, const char *topic, struct err *err) CHECKED;
int kafka_probe_write(struct kafka_probe *probe, const char *topic, struct err *err) CHECKED;
int kafka_probe_transactional_id(struct kafka_probe *probe, const char *id,
				 struct err *err) CHECKED;

/* Of a topic, or with NULL of a broker. UNKNOWN: no right to ask. */
int kafka_probe_settings(struct kafka_probe *probe, const char *topic,
			 struct kafka_probe_settings *ret, struct err *err) CHECKED;

#endif
