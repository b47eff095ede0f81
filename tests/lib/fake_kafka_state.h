/* fake_kafka_state: what fake_kafka.c (log, transactions), fake_group.c and the port
 * (fake_broker.c, fake_producer.c) share. */
#ifndef ONCED_TESTS_FAKE_KAFKA_STATE_H
#define ONCED_TESTS_FAKE_KAFKA_STATE_H

#include "lib/fake_kafka.h"

#define FK_TOPICS 8
#define FK_MEMBERS 8
#define FK_TOUCHED 64
#define FK_DELAYED 8
#define FK_SESSION_MS 45000
#define FK_TXN_TIMEOUT_MS 10000

struct fk_tp {
	int topic;
	int32_t partition;
};

enum fk_prepared { FK_NONE, FK_COMMIT, FK_ABORT };

struct fk_txid {
	const char *name;
	uint64_t pid; /* pid and epoch in one: a new one for each epoch */
	bool ongoing;
	int64_t began_ms;
	enum fk_prepared prepared; /* decided, markers not written yet */
	uint64_t prepared_pid;
	struct fk_tp touched[FK_TOUCHED];
	size_t touched_count;
};

struct fk_delayed { /* a second copy of a request, on its way */
	enum { FK_LATE_END, FK_LATE_OFFSETS } what;
	int txid;
	uint64_t pid;
	bool commit;
	struct fk_tp tp;
	struct fk_pending offsets;
	int64_t due_ms;
};

struct fake_broker;

struct fk_member {
	const char *instance; /* NULL = free */
	uint64_t id;
	struct fake_broker *handle;
	int64_t heartbeat_ms;
	bool joined; /* in the rebalance under way */
};

struct fake_kafka {
	struct clock clock; /* first: handed out as one */
	struct rng rng;
	struct fk_faults faults;
	void (*meanwhile)(void *arg, const struct broker *busy); /* NULL = nothing */
	void *meanwhile_arg;
	int64_t now_ms;
	struct fk_topic topics[FK_TOPICS];
	int topic_count;
	struct fk_txid txids[FK_MEMBERS];
	uint64_t next_pid;
	struct fk_delayed delayed[FK_DELAYED];
	size_t delayed_count;
	struct fk_member members[FK_MEMBERS];
	uint64_t next_member;
	int32_t generation;
	bool rebalancing;
	bool grown;                       /* a partition was added that nobody was given yet */
	struct fake_broker *handles[256]; /* all ever made; freed with the cluster */
	size_t handle_count;
};

struct fake_broker {
	struct broker broker;
	struct fake_kafka *kafka;
	struct fake_broker_conf conf;
	bool dead, frozen, subscribed;
	int64_t crash_in;
	int64_t poison; /* offset; -1 = none */
	int64_t fail_in;
	enum fk_fault fail;
	bool failing; /* the present call is the one */
	/* consumer */
	uint64_t member_id; /* 0 = none */
	int32_t generation;
	enum broker_event_kind waiting; /* ASSIGNED, REVOKED, LOST to be told; NOTHING = none */
	bool told;                      /* told, and not answered yet */
	bool unanswered; /* the same of an ASSIGNED: no rebalance is heard of before the answer */
	struct tp assigned[64];
	size_t assigned_count;
	bool lost;
	bool learned; /* and the client's heartbeats have told it: no member id, generation -1 */
	bool deciding[FK_PARTITIONS]; /* its ends were asked for: a verdict is under way */
	bool forgot[FK_PARTITIONS];   /* and the store has forgotten it */
	struct {
		struct fk_tp tp;
		const char *topic;
		int64_t position;
		int64_t eof_at; /* last EOF told; -1 = none */
	} positions[64];
	size_t position_count;
	char key[24], value[32];
	/* producer */
	int txid; /* -1 = none */
	uint64_t pid;
	bool in_txn, tainted, was_refused, mute;
	enum { FB_IDLE, FB_COMMIT_DONE, FB_ABORT_DONE } ended; /* applied, answer still owed */
	struct fk_tp sent_tp[64];
	struct fk_pending sent[64];
	size_t sent_count;
};

/* --- fake_broker.c --- */
/* Each call counts, and is where a crash can hit. False: the process is dead. */
bool fb_alive(struct fake_broker *broker);
int fb_dead(struct err *err);
/* Has the client a member id and a generation, as far as it knows? */
bool fb_is_member(const struct fake_broker *broker);
/* Does this fault come now? One in `rarer` of its rate. */
bool fb_fault(struct fake_broker *broker, enum fk_fault fault, uint32_t rarer);

/* --- fake_producer.c --- */
void fb_producer_ops(struct broker_ops *ops);

/* --- fake_kafka.c --- */
struct fk_part *fk_part(struct fake_kafka *kafka, struct fk_tp tp);
bool fk_has_topic(const struct fake_kafka *kafka, const char *topic);
struct fk_tp fk_tp_of(struct fake_kafka *kafka, const char *topic, int32_t partition);
void fk_put(struct fk_part *part, const struct fk_entry *entry);
void fk_touch(struct fk_txid *txid, struct fk_tp tp);
/* EndTxn arrives for (txid, pid): false if fenced or not in a transaction. */
bool fk_end(struct fake_kafka *kafka, int txid, uint64_t pid, bool commit);
/* TxnOffsetCommit arrives. */
bool fk_offsets(struct fake_kafka *kafka, int txid, uint64_t pid, struct fk_tp tp,
		const struct fk_pending *offsets);
/* Writes the markers of what is prepared. */
void fk_markers(struct fake_kafka *kafka, int txid);

/* --- fake_group.c --- */
void fk_join(struct fake_kafka *kafka, struct fake_broker *handle);
void fk_joined(struct fake_kafka *kafka, struct fake_broker *handle);
struct fk_member *fk_member_of(struct fake_kafka *kafka, const struct fake_broker *handle);
/* Ends the sessions whose heartbeats stopped. */
void fk_expire_members(struct fake_kafka *kafka);

#endif
