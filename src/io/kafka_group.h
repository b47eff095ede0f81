/*
 * kafka_group: is the consumer's group metadata one that the broker fences by? A transactional
 * commit with generation -1 passes unchecked when the group is empty, and librdkafka falls back to
 * -1 behind our back when it is kicked out. From 2.10 on there are getters; before, the
 * serialised form is read: "CGMDv2:", int32 generation in the machine's order, group id, NUL,
 * member id, NUL, then what we do not need.
 *
 * And what the group's coordinator says of the others in it.
 *
 * Thread: any. Nothing blocks but kafka_group_is_replaced and _leaves_out.
 */
#ifndef ONCED_IO_KAFKA_GROUP_H
#define ONCED_IO_KAFKA_GROUP_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

/* Generation > 0 and a member id? */
bool kafka_group_is_member(const rd_kafka_consumer_group_metadata_t *metadata);

/* Has another process joined the group under our static instance id? True only if the coordinator
 * names a member there that is neither `member` nor what rk takes itself for: no answer, or nobody,
 * is false. Blocks: <= ms_max, and as long and a second to end the client. */
bool kafka_group_is_replaced(rd_kafka_t *rk, const char *group, const char *instance,
			     const char *member, int ms_max);

struct kafka_group_topic {
	const char *name;
	int32_t partitions;
};

/* Has a partition of the topics been given to nobody? *ret_known: did the coordinator answer, and
 * is the group at rest? False if not. Blocks: as kafka_group_is_replaced. */
bool kafka_group_leaves_out(rd_kafka_t *rk, const char *group,
			    const struct kafka_group_topic *topics, size_t count, int ms_max,
			    bool *ret_known);

/* The serialised form of librdkafka before 2.10. Any bytes are fine as input; false if they are
 * not that form. *ret_member is borrowed from data. */
bool kafka_group_parse(const void *data, size_t size, int32_t *ret_generation,
		       const char **ret_member);

#endif
