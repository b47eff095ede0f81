/*
 * broker: what a worker asks of Kafka: one consumer (classic group protocol, eager, static member,
 * read_committed, no auto commit) and one transactional producer. io/kafka_*.c is the real one; the
 * simulation has one in memory, and io/journal_broker.c reads a host's journal instead of topics.
 *
 * Thread: every call from the worker's thread only. Every call blocks at most call_ms_max of the
 * adapter (default 5 s) plus its own timeout_ms; a call that needs longer returns ERR_RETRY and is
 * resumed by calling it again. Errors by kind: see each call; all may return STOP (authorisation
 * 77, FENCED_INSTANCE_ID 76) .
 *
 * Topic pointers in events are the ones given at open (struct pipeline's), so they compare by
 * address and outlive the broker.
 */
#ifndef ONCED_PORT_BROKER_H
#define ONCED_PORT_BROKER_H

#include "base/arena.h"
#include "base/err.h"
#include "core/record.h"

struct tp {
	const char *topic; /* borrowed from the pipeline */
	int32_t partition;
};

struct tp_offset {
	struct tp tp;
	int64_t offset;
	const char *metadata; /* NUL-terminated ASCII; send_offsets only */
};

struct committed {
	bool has_offset;
	int64_t offset;
	struct bytes metadata; /* in the arena; may be null */
};

enum broker_event_kind {
	BROKER_NOTHING,  /* the timeout passed */
	BROKER_RECORD,   /* source, record */
	BROKER_EOF,      /* source: the position reached the end of the (read_committed) log */
	BROKER_ASSIGNED, /* partitions: the worker answers with assign */
	BROKER_REVOKED,  /* all of them (eager): the worker settles, then answers with unassign */
	BROKER_LOST,     /* all of them, without notice: abort, drop, answer with unassign */
	BROKER_OFFSET_GONE, /* source: the position is outside the log (auto.offset.reset=error) */
};

struct broker_event {
	enum broker_event_kind kind;
	struct source source;
	struct record record;        /* borrowed until release */
	const struct tp *partitions; /* borrowed until the next poll */
	size_t partition_count;
	bool renew; /* EOF: the position is to be committed anew, moved or not */
};

/* err.code of an ERR_UNKNOWN that says the producer was fenced, and not by the transaction's own
 * timeout, which looks the same but for the time that has passed. */
#define BROKER_CODE_FENCED 1001
/* err.code of an ERR_RETRY of produce: the local queue is full; poll and call again. */
#define BROKER_CODE_QUEUE_FULL 1002
/* err.code of an ERR_RETRY of poll and renew: another member has our place, and it is waited
 * whether it lives. The broker itself is there. */
#define BROKER_CODE_REPLACED 1003

struct broker;

struct broker_ops {
	/* --- consumer --- */
	/* Joins the group; after the first renew (init_transactions comes before subscribe). */
	int (*subscribe)(struct broker *broker, struct err *err);
	/* One event. RETRY: the broker is away, or as above, the message says why; polling again is
	 * right. STOP. */
	int (*poll)(struct broker *broker, int timeout_ms, struct broker_event *ret,
		    struct err *err);
	/* Gives back all records delivered so far. */
	void (*release)(struct broker *broker);
	/* Replaces the positions of the whole assignment; count 0 while assigned = an empty assign
	 * that stops intake (never pause/resume: rdkafka 2.0.2 skips offsets). Answers ASSIGNED;
	 * also used to rewind. */
	int (*assign)(struct broker *broker, const struct tp_offset *positions, size_t count,
		      struct err *err);
	/* Answers REVOKED and LOST. */
	int (*unassign)(struct broker *broker, struct err *err);
	/* Has the group given our partitions away without our knowing yet? */
	bool (*assignment_lost)(struct broker *broker);
	/* Is the group metadata one that the broker will fence by: generation > 0 and a member id?
	 * (Generation -1 would commit unfenced: hole H3.) */
	bool (*is_member)(struct broker *broker);

	/* --- facts; RETRY when the broker is away, STOP when the topic is unknown for longer than
	 * the adapter's patience --- */
	int (*cluster)(struct broker *broker, uint64_t *ret_hash, struct err *err);
	int (*topic)(struct broker *broker, const char *topic, int32_t *ret_partitions,
		     bool *ret_compacted, struct err *err);
	/* The stable committed offsets (KIP-447 require_stable): waits for pending transactions,
	 * RETRY when they do not settle in time. */
	int (*committed)(struct broker *broker, const struct tp *tps, size_t count,
			 struct arena *arena, struct committed *ret, struct err *err);
	/* Log start and the end a read_committed reader can reach. */
	int (*log_range)(struct broker *broker, struct tp tp, int64_t *ret_start, int64_t *ret_end,
			 struct err *err);
	/* The end of the log as the last fetch told it, for the lag; -1 = none told yet. Asks
	 * nobody, never blocks. */
	int64_t (*heard_end)(struct broker *broker, struct tp tp);
	/* First offset with a timestamp >= ms; the end if there is none. */
	int (*offset_at)(struct broker *broker, struct tp tp, int64_t ms, int64_t *ret,
			 struct err *err);

	/* --- producer --- */
	/* Destroys the producer, if any, and creates one with the same transactional.id;
	 * init_transactions finishes or fences what the old one left. RETRY: call again (resumes).
	 * STOP (76): it was fenced, and the group says that another process has our place.
	 */
	int (*renew)(struct broker *broker, struct err *err);
	int (*begin)(struct broker *broker, struct err *err);
	/* Copies the record. RETRY (queue full), DATA (this record cannot be sent: too large),
	 * ABORT, UNKNOWN, STOP. */
	int (*produce)(struct broker *broker, const struct output *output, struct err *err);
	/* With the consumer's group metadata of this moment; ABORT if that is not one to fence by
	 * (see is_member), which nobody can know a moment before. */
	int (*send_offsets)(struct broker *broker, const struct tp_offset *offsets, size_t count,
			    struct err *err);
	/* Flushes and commits. RETRY: call again, the commit resumes. UNKNOWN: settle. */
	int (*commit)(struct broker *broker, struct err *err);
	int (*abort)(struct broker *broker, struct err *err);
	/* Was an EndTxn or TxnOffsetCommit sent more than once, or did any request of the
	 * transaction fail, since the last renew (design: taint)? */
	bool (*tainted)(struct broker *broker);
	/* Did the broker refuse a record of the last transaction for its size, timestamp or form?
	 * Fills reason (always NUL-terminated). Cleared by begin. */
	bool (*refused)(struct broker *broker, char *reason, size_t reason_size);

	/* Leaves without LeaveGroup (static member); bounded; frees. NULL is fine. */
	void (*close)(struct broker *broker);
};

struct broker {
	const struct broker_ops *ops;
};

#endif
