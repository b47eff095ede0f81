/*
 * Goal: the simulation's broker keeps the promises of port/broker.h, like the real one, and is no
 * kinder. Method: the contract that the adapter goes through on a real Kafka too
 * (tests/integration/check_broker.c), but for what a record of the simulation cannot hold.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "lib/contract_broker.h"
#include "lib/fake_kafka_state.h"

#define NAMES 32

static struct fake_kafka *kafka;
static char names[NAMES][32];
static int name_count;

static void begin(void)
{
	static const struct fk_faults none;

	kafka = fake_kafka_new(1, &none);
	name_count = 0;
}

static void end(void)
{
	fake_kafka_free(kafka);
}

static const char *name(const char *stem)
{
	must(name_count < NAMES);
	(void)snprintf(names[name_count], sizeof(names[0]), "%s-%d", stem, name_count);
	return names[name_count++];
}

static void create(const char *topic, int partitions, int record_bytes_max)
{
	must(record_bytes_max == 0);
	(void)fake_kafka_topic(kafka, topic, partitions);
}

static struct broker *open_member(const struct contract_member *member)
{
	struct fake_broker_conf conf = {.instance = member->instance,
					.topics = member->topics,
					.topic_count = member->topic_count,
					.transactional_id = member->transactional_id};

	return fake_broker_new(kafka, &conf);
}

static void append(const char *topic, int32_t partition, const struct record *records, size_t count,
		   bool transactional)
{
	struct fk_topic *to = &kafka->topics[fk_tp_of(kafka, topic, partition).topic];
	const struct fk_entry marker = {.kind = FK_CONTROL, .state = FK_COMMITTED};

	for (size_t i = 0; i < count; i++)
		fake_kafka_append(kafka, to, partition, "", records[i].value.data,
				  records[i].timestamp, false);
	if (transactional)
		fk_put(&to->parts[partition], &marker);
}

static void read_committed(const char *topic, void (*fn)(void *arg, const struct record *record),
			   void *arg)
{
	struct fk_topic *from = &kafka->topics[fk_tp_of(kafka, topic, 0).topic];

	for (int32_t p = 0; p < from->count; p++)
		for (int64_t o = 0; o < fake_kafka_lso(&from->parts[p]); o++) {
			const struct fk_entry *entry = &from->parts[p].entries[o];
			struct record record = {.value = bytes_str(entry->value),
						.timestamp = entry->timestamp};

			if (entry->kind == FK_DATA && entry->state == FK_COMMITTED)
				fn(arg, &record);
		}
}

int main(void)
{
	static const struct contract_world world = {
		.lacks = CONTRACT_NO_REFUSAL | CONTRACT_NO_BYTES,
		.begin = begin,
		.end = end,
		.name = name,
		.create = create,
		.open = open_member,
		.append = append,
		.read = read_committed,
	};
	SRunner *runner = srunner_create(contract_broker_suite(&world));
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
