/*
 * contract_broker: what every struct broker must do, as one suite: run against the real adapter on
 * a real Kafka and against the in-memory fake, so that the fake cannot drift from it.
 *
 * The world is what surrounds a broker: topics, other producers, a reader. A world may be slow:
 * tests wait for events with a deadline, never for a time.
 */
#ifndef ONCED_TESTS_LIB_CONTRACT_BROKER_H
#define ONCED_TESTS_LIB_CONTRACT_BROKER_H

#include <check.h>

#include "port/broker.h"

struct contract_member {
	const char *group;
	const char *instance; /* group.instance.id */
	const char *transactional_id;
	const char *const *topics;
	size_t topic_count;
};

/* What the world cannot do; its tests are left out, and the suite says so. */
enum contract_lacks {
	CONTRACT_ALL = 0,
	CONTRACT_NO_STATIC_FENCING = 1 << 0, /* a second consumer with the same instance id */
	CONTRACT_NO_REFUSAL = 1 << 1,        /* a record size limit of a topic */
	CONTRACT_NO_BYTES = 1 << 2,          /* records that are no short text */
};

struct contract_world {
	unsigned int lacks;
	/* Called at the start of each test, in its process. */
	void (*begin)(void);
	void (*end)(void);
	/* A name that no other test has; valid until end. */
	const char *(*name)(const char *stem);
	/* A topic with so many partitions; record_bytes_max 0 = the default. */
	void (*create)(const char *topic, int partitions, int record_bytes_max);
	struct broker *(*open)(const struct contract_member *member);
	/* Another producer's records; transactional: in one transaction that ends by commit, so
	 * that a control record follows. */
	void (*append)(const char *topic, int32_t partition, const struct record *records,
		       size_t count, bool transactional);
	/* What a read_committed reader sees of all partitions, up to the end of now. Calls fn for
	 * each record. */
	void (*read)(const char *topic, void (*fn)(void *arg, const struct record *record),
		     void *arg);
};

Suite *contract_broker_suite(const struct contract_world *world);

#endif
