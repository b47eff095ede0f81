/*
 * fake_kafka: a Kafka in memory, for one group, that is no kinder than the real one: logs with
 * control records and aborted data, a last stable offset, transactions with epochs, delayed markers
 * and delayed duplicate requests, pending offsets, an eager group with static members, generations
 * and fencing. Time moves only by fake_kafka_tick.
 */
#ifndef ONCED_TESTS_FAKE_KAFKA_H
#define ONCED_TESTS_FAKE_KAFKA_H

#include "port/broker.h"
#include "port/clock.h"
#include "lib/rng.h"

#define FK_META 512
#define FK_PARTITIONS 8
#define FK_CLUSTER 0x1234

enum fk_kind { FK_DATA, FK_CONTROL };
enum fk_state { FK_OPEN, FK_COMMITTED, FK_ABORTED };

struct fk_entry {
	enum fk_kind kind;
	enum fk_state state;
	uint64_t pid;
	char key[24];
	char value[32];
	int64_t timestamp;
	bool dead_letter;
};

struct fk_range { /* offsets [from, to) were committed under definition def */
	int64_t from, to;
	int def;
	int64_t base;    /* b of the metadata; -1 = an admin's, without any */
	int64_t deleted; /* below it, records were deleted before they were committed; else from */
};

struct fk_pending {
	uint64_t pid;
	int64_t offset;
	char metadata[FK_META];
	int def;
};

struct fk_part {
	struct fk_entry *entries; /* index = offset */
	int64_t count, capacity;
	int64_t log_start;
	bool has_c;
	int64_t c;
	char metadata[FK_META];
	struct fk_range *ranges;
	size_t range_count;
	struct fk_pending pending[8];
	size_t pending_count;
	bool end_lost;   /* a transaction is open on C, and nobody will end it */
	int64_t saved_c; /* an earlier C with its metadata, for an admin to put back; -1 = none */
	char saved_metadata[FK_META];
};

struct fk_topic {
	const char *name;
	struct fk_part *parts;
	int32_t count;
};

enum fk_fault {
	FK_FAULT_RETRY,        /* the call is to be made again */
	FK_FAULT_ABORT,        /* produce, send_offsets, commit: abort */
	FK_FAULT_DONE_UNKNOWN, /* done, and the answer is lost */
	FK_FAULT_LOST_UNKNOWN, /* lost on its way */
	FK_FAULT_DELAYED,      /* sent twice: the second copy arrives later */
	FK_FAULT_MARKER,       /* decided, and the markers come later */
	FK_FAULT_STALE,        /* after a rewind an earlier record comes first */
	FK_FAULT_QUEUE,        /* produce: the queue is full */
	FK_FAULT_DISK,         /* the store: a write fails */
	FK_FAULT_READ,         /* the store: a read fails */
	FK_FAULTS,
};

struct fk_faults {
	uint32_t per_mille[FK_FAULTS]; /* per call */
};

struct fake_kafka;
struct fake_kafka *fake_kafka_new(uint64_t seed, const struct fk_faults *faults);
void fake_kafka_free(struct fake_kafka *kafka);
struct fk_topic *fake_kafka_topic(struct fake_kafka *kafka, const char *name, int32_t partitions);
/* A record of a plain producer; transactional: followed by a marker, and sometimes an aborted one
 * before it. */
void fake_kafka_append(struct fake_kafka *kafka, struct fk_topic *topic, int32_t partition,
		       const char *key, const char *value, int64_t timestamp, bool transactional);
/* Moves time: session timeouts, transaction timeouts, delayed markers and requests. */
void fake_kafka_tick(struct fake_kafka *kafka, int64_t ms);
void fake_kafka_faults(struct fake_kafka *kafka, const struct fk_faults *faults);
uint32_t fake_kafka_rate(const struct fake_kafka *kafka, enum fk_fault fault);
struct clock *fake_kafka_clock(struct fake_kafka *kafka);
int64_t fake_kafka_now(const struct fake_kafka *kafka);
/* One more partition, up to FK_PARTITIONS of a topic. */
void fake_kafka_add_partition(struct fake_kafka *kafka, struct fk_topic *topic);
/* An admin's: C and its metadata, or none (offset < 0). Nothing may be open. */
void fake_kafka_set_offset(struct fk_part *part, int64_t offset, const char *metadata);
/* fn is called when a port call begins: what others do before it reaches the broker. */
void fake_kafka_meanwhile(struct fake_kafka *kafka,
			  void (*fn)(void *arg, const struct broker *busy), void *arg);
/* End of what a read_committed reader can reach. */
int64_t fake_kafka_lso(const struct fk_part *part);
/* What is decided is written: no markers are owed. */
void fake_kafka_write_markers(struct fake_kafka *kafka);
/* Nothing open, pending or delayed is left. */
void fake_kafka_settle(struct fake_kafka *kafka);

struct fake_broker_conf {
	const char *instance; /* group.instance.id, and transactional.id unless there is one */
	const char *const *topics;
	size_t topic_count;
	int def;           /* definition that this host runs; recorded with each committed range */
	bool ignore_taint; /* shows what the taint rule is for */
	const char *transactional_id;
	bool ignore_membership; /* shows what asking for it is for */
};

struct broker *fake_broker_new(struct fake_kafka *kafka, const struct fake_broker_conf *conf);
/* kill -9: every later call of the handle does nothing and says STOP. */
void fake_broker_kill(struct broker *broker);
/* SIGSTOP: heartbeats end; the handle works on with what it believes when it is called again. */
/* Returns whether its partitions were given away meanwhile. */
bool fake_broker_freeze(struct broker *broker, bool frozen);
/* Counts down with each port call; at 0 the handle dies in the middle of that call. -1 = never. */
void fake_broker_crash_in(struct broker *broker, int64_t calls);
/* The handle dies of the record at this offset, whatever its partition. -1 = of none. */
void fake_broker_poison(struct broker *broker, int64_t offset);
/* As fake_broker_crash_in, with a call that fails once, if that kind of call can. */
void fake_broker_fail_in(struct broker *broker, int64_t calls, enum fk_fault fault);
/* Has it been that call's turn? */
bool fake_broker_has_failed(const struct broker *broker);
/* Its session has ended, and the client knows; the event is still to come. */
void fake_broker_lose(struct broker *broker);
/* Somebody else's init_transactions with the transactional.id of that instance. */
void fake_kafka_fence(struct fake_kafka *kafka, const char *instance);
/* One more place where the process can die: for what else of it is faked. */
bool fake_broker_alive(struct broker *broker);
bool fake_broker_is_dead(const struct broker *broker);
bool fake_broker_in_txn(const struct broker *broker);
/* The next commit is done and never answered: every call for it says "again". */
void fake_broker_mute_commit(struct broker *broker);
/* The store forgot the partition: what is read below C from now on is a rebuild. */
void fake_broker_forgot(struct broker *broker, struct tp tp);

#endif
