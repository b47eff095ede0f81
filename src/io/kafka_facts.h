/*
 * kafka_facts: questions to the broker that change nothing, asked through a read_committed consumer
 * handle. Each names its topic in its errors. RETRY: the broker is away, the topic is not there
 * (yet), or pending transactions do not settle in time; asking again is right. STOP: no right to
 * ask.
 *
 * Thread: the handle's owner. Blocks: each at most call_ms_max (committed: twice that, and
 * 2 s more to learn why it takes so long).
 */
#ifndef ONCED_IO_KAFKA_FACTS_H
#define ONCED_IO_KAFKA_FACTS_H

#include <librdkafka/rdkafka.h>

#include "port/broker.h"

struct kafka_facts_topic;

struct kafka_facts {
	rd_kafka_t *rk;    /* borrowed; group.id and isolation.level=read_committed are set */
	const char *group; /* borrowed: for messages */
	int call_ms_max;
	struct kafka_facts_topic *topics; /* owned: cleanup policies already asked for */
	size_t topic_count;
};

void kafka_facts_fini(struct kafka_facts *facts);

int kafka_facts_cluster(struct kafka_facts *facts, uint64_t *ret_hash, struct err *err) CHECKED;
int kafka_facts_partitions(struct kafka_facts *facts, const char *topic, int32_t *ret,
			   struct err *err) CHECKED;
/* Is it compacted? Asked once per topic; false where we may not ask. */
int kafka_facts_compacted(struct kafka_facts *facts, const char *topic, bool *ret,
			  struct err *err) CHECKED;
int kafka_facts_committed(struct kafka_facts *facts, const struct tp *tps, size_t count,
			  struct arena *arena, struct committed *ret, struct err *err) CHECKED;
/* ms: a time, or one of librdkafka's RD_KAFKA_OFFSET_BEGINNING and _END (then: the last stable
 * offset). -1 if there is no such offset. */
int kafka_facts_offset(struct kafka_facts *facts, struct tp tp, int64_t ms, int64_t *ret,
		       struct err *err) CHECKED;
/* Of the partition's last fetch; -1 before the first one. Does not block. */
int64_t kafka_facts_heard_end(struct kafka_facts *facts, struct tp tp);
int kafka_facts_range(struct kafka_facts *facts, struct tp tp, int64_t *ret_start, int64_t *ret_end,
		      struct err *err) CHECKED;

#endif
