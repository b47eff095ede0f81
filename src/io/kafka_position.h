/*
 * kafka_position: one position that is no topic's: kept as committed offset and metadata of a group
 * that nobody joins. An offset needs a partition, so it is that of a carrier: partition 0 of a
 * topic that is there anyway. Should the carrier change, the group still holds the old one's
 * offset: all of them are read, the highest is the position, and every commit moves all of them.
 *
 * A group without members takes transactional offsets of generation -1; what fences them is the
 * transactional.id alone.
 *
 * Thread: the handle's owner. Blocks: read twice as long as kafka_group_is_replaced, send as
 * kafka_producer.
 * Errors: read as kafka_facts, send as kafka_producer.
 */
#ifndef ONCED_IO_KAFKA_POSITION_H
#define ONCED_IO_KAFKA_POSITION_H

#include "io/kafka_producer.h"
#include "port/broker.h"

struct kafka_position {
	rd_kafka_t *rk; /* borrowed */
	const char *group;
	const char *carrier; /* topic */
	int call_ms_max;
	struct tp *others; /* owned, with their names: what else has offsets in the group */
	size_t other_count;
};

void kafka_position_fini(struct kafka_position *position);

/* Stable: waits for pending transactions. */
int kafka_position_read(struct kafka_position *position, struct arena *arena, struct committed *ret,
			struct err *err) CHECKED;

/* After a read. offset's tp is not looked at. */
int kafka_position_send(struct kafka_position *position, struct kafka_producer *producer,
			const struct tp_offset *offset, struct err *err) CHECKED;

#endif
