/*
 * mock: librdkafka's in-process brokers for tests of the real adapter: what it makes of an error
 * that a broker answers. (rdkafka 2.0.2's mock stores no transactional offsets and fences nobody:
 * outcomes are the business of the contract suite on a real Kafka.)
 */
#ifndef ONCED_TESTS_LIB_MOCK_H
#define ONCED_TESTS_LIB_MOCK_H

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "io/kafka_broker.h"

#define MOCK_IN "in"
#define MOCK_OUT "out"
#define MOCK_GROUP "group"

/* Kafka protocol: ApiKeys. */
enum mock_api {
	MOCK_PRODUCE = 0,
	MOCK_FETCH = 1,
	MOCK_LIST_OFFSETS = 2,
	MOCK_OFFSET_FETCH = 9,
	MOCK_FIND_COORDINATOR = 10,
	MOCK_INIT_PRODUCER_ID = 22,
	MOCK_ADD_PARTITIONS_TO_TXN = 24,
	MOCK_ADD_OFFSETS_TO_TXN = 25,
	MOCK_END_TXN = 26,
	MOCK_TXN_OFFSET_COMMIT = 28,
};

struct mock {
	rd_kafka_t *rk; /* owned: the handle that the cluster hangs on */
	rd_kafka_mock_cluster_t *cluster;
	struct kafka_setting settings[1];
	const char *topics[1];
	struct kafka_broker_conf conf; /* ready for kafka_broker_open or kafka_producer_init */
};

/* One broker (id 1) with the topics in (1 partition) and out (4). */
void mock_start(struct mock *mock);
void mock_stop(struct mock *mock);

/* The next count answers to this request fail with code; _TRANSPORT cuts the connection. */
void mock_push(struct mock *mock, enum mock_api api, rd_kafka_resp_err_t code, int count);
void mock_clear(struct mock *mock, enum mock_api api);

#endif
