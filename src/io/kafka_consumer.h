/*
 * kafka_consumer: the consumer half of the broker port. librdkafka's callbacks only record; poll
 * turns what they recorded into events, and the worker answers a rebalance when it is ready to:
 * librdkafka waits for assign or unassign, while polling goes on and delivers nothing of the old
 * assignment.
 *
 * Thread: the worker's. Blocks: poll for its timeout, all else not.
 */
#ifndef ONCED_IO_KAFKA_CONSUMER_H
#define ONCED_IO_KAFKA_CONSUMER_H

#include "io/kafka_client.h"

struct kafka_consumer {
	struct kafka_client client;           /* first: librdkafka's opaque */
	const struct kafka_broker_conf *conf; /* borrowed */
	char *member;                         /* owned; our id at the last assignment, or NULL */
	const char *const *topics;            /* borrowed: the pointers events carry */
	size_t topic_count;
	const char *group;              /* borrowed */
	enum broker_event_kind pending; /* a rebalance not yet told; BROKER_NOTHING = none */
	bool answer_due;                /* REVOKED or LOST was heard and not answered yet */
	struct tp *parts;               /* owned; of the last rebalance */
	size_t part_count;
	bool fenced; /* by the group: it stays so */
	int64_t session_ms;
	int64_t replaced_ms; /* since when another member has our place; 0: none that we know */
	int64_t asked_ms;    /* when the group was last asked for it */
	rd_kafka_message_t **held; /* owned; delivered and not released */
	size_t held_count, held_capacity;
	struct arena *headers; /* owned; of the held messages */
};

int kafka_consumer_open(struct kafka_consumer *consumer, const struct kafka_broker_conf *conf,
			struct err *err) CHECKED;
void kafka_consumer_close(struct kafka_consumer *consumer, int ms_max);

int kafka_consumer_subscribe(struct kafka_consumer *consumer, struct err *err) CHECKED;
int kafka_consumer_poll(struct kafka_consumer *consumer, int timeout_ms, struct broker_event *ret,
			struct err *err) CHECKED;
void kafka_consumer_release(struct kafka_consumer *consumer);
int kafka_consumer_assign(struct kafka_consumer *consumer, const struct tp_offset *positions,
			  size_t count, struct err *err) CHECKED;
int kafka_consumer_unassign(struct kafka_consumer *consumer, struct err *err) CHECKED;
bool kafka_consumer_lost(struct kafka_consumer *consumer);
/* Is our place in the group still ours, or nobody's? Also 0 before we have one, and when there is
 * no answer. RETRY: another member has it, who may be no process; ask again. STOP (76): it had it
 * for two sessions. what: what made us ask. Blocks: <= call_ms_max and a second, once a second. */
int kafka_consumer_keep_place(struct kafka_consumer *consumer, const char *what,
			      struct err *err) CHECKED;

/* The group metadata of this moment, owned by the caller; NULL when we are no fenceable member. */
rd_kafka_consumer_group_metadata_t *kafka_consumer_metadata(struct kafka_consumer *consumer);

/* A message as a record: borrowed from the message and the arena (headers). */
void kafka_consumer_record(const rd_kafka_message_t *message, struct arena *headers,
			   struct record *ret);

#endif
