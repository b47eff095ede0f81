/*
 * worker_state: what the three files of the worker share, and nobody else sees.
 *
 * Two levels of truth per partition. The *settled* fields are what Kafka's committed offset says;
 * they change in worker_apply and at assignment only. `next`, `window` and `gap` run ahead of them
 * by the open batch, and go back to them when the batch is dropped. While a partition replays there
 * is no batch: both move together.
 */
#ifndef ONCED_RUN_WORKER_STATE_H
#define ONCED_RUN_WORKER_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/steps.h"
#include "core/txn.h"
#include "run/log.h"
#include "run/worker.h"

/* A record that is known to be trouble: the broker refused its outputs, or it is a STOP and all
 * before it has to be committed first. */
struct suspect {
	bool set;
	struct tp tp;
	int64_t offset;
	struct err err;
};

struct part {
	struct tp tp;
	struct store_part store;
	struct recover_in in;
	struct recover_out decided;
	int32_t topic_partitions; /* n */

	bool replaying; /* records below `live_from` rebuild state, output suppressed */
	int64_t live_from;
	bool at_end;     /* the last event was an EOF at `next` */
	int64_t log_end; /* last known, for lag */

	int64_t next; /* what lies below was taken or is not there */
	struct window window;
	struct gap gap;

	int64_t known_c, known_g; /* the C of the last answer, and its generation; 0 = none yet */
	int64_t settled;          /* C, or the replay's position */
	struct window settled_window;
	struct gap settled_gap;

	int64_t g, b;
	bool commit_first;   /* M must be committed before a record is taken */
	bool in_batch;       /* the open transaction moves this partition */
	int64_t batch_first; /* first record of the batch; -1 = none (an end of control records) */
	int64_t batch_next;  /* what the last batch would have committed; to say how it ended */
	/* One in each partition: two in turn would take each other's place for ever. */
	struct suspect refused;
	int64_t expect; /* after a rewind the first record must be this one; -1 = any (R10) */

	uint64_t replayed;
	int64_t replay_began_ms;

	struct crash_count crashes;        /* void unless .offset is C */
	struct crash_count crashes_before; /* what stood there when it was acquired */
	bool crash_noted;
	bool state_is_wrong; /* K is to be forgotten before the next verdict */
};

struct batch {
	uint64_t epoch; /* assignment epoch in which its records were read */
	int64_t began_ms;
	int64_t records;
	int64_t bytes;
	uint64_t outputs, duplicates, filtered, dead_letters, dropped_errors, unrouted,
		gap_accepted;
};

struct worker {
	struct worker_conf conf;
	const struct pipeline *pipeline;
	struct broker *broker;
	struct store *store;
	struct clock *clock;
	struct worker_stats *stats;
	struct arena *arena; /* owned; given back after each record */
	struct steps steps;
	struct txn txn;
	enum txn_action action; /* to be performed in the next turn */

	struct part *parts; /* owned array */
	size_t part_count;
	uint64_t epoch; /* raised by each ASSIGNED, REVOKED, LOST */
	uint64_t cluster;
	bool subscribed;
	bool assigning;         /* partitions are given, positions not decided yet */
	bool giving_up;         /* revoked or stopping: no new intake, no rewind */
	bool intake_stopped;    /* the store cannot take more: */
	bool intake_is_stopped; /* and so we are assigned to nothing */

	struct batch batch;
	int64_t limit; /* records a batch, now; halved by aborts */
	struct suspect stop_at;
	bool settle_unknown; /* the outcome of a commit is being settled: say how it ended */

	struct overlay write_set, active, frozen;
	bool checkpoint_running;
	struct store_partition *checkpoint_parts; /* owned; borrowed by the store meanwhile */
	int64_t checkpoint_ms;                    /* when the last one began */
	bool checkpoint_dirty;                    /* some settled field moved since */
	int64_t lag_ms;
	int failures; /* in a row, for the backoff */

	_Atomic bool stop_asked;
	pthread_mutex_t trouble_mutex;
	char trouble[256];
	bool broker_away; /* and this is why: no event says when it is back */

	struct part *see_part; /* the record that dedup is asked about */
	struct entry see_now;
};

/* --- worker.c --- */
struct part *worker_part(struct worker *worker, const struct source *source);
void worker_set_trouble(struct worker *worker, const char *text); /* "" = none */
struct log_where worker_where(const struct worker *worker, const struct part *part);

/* --- worker_record.c --- */
int worker_see(void *worker, struct bytes id, bool *ret_seen, struct err *err);
bool worker_is_suspect(const struct suspect *suspect, const struct source *source);
/* A STOP at this record: what came before it is committed first, so that C stands at it. 0: the
 * batch was given up for that; -1 STOP. */
int worker_stop_here(struct worker *worker, const struct source *source, const struct err *why,
		     struct err *err);
/* 0, also when the batch was given up on the way; -1 STOP. */
int worker_live_record(struct worker *worker, struct part *part, const struct source *source,
		       const struct record *record, struct err *err);
int worker_replay_record(struct worker *worker, struct part *part, const struct source *source,
			 const struct record *record, struct err *err);
/* With a record or an end at `offset` in hand: is the replay over? 0 go on; 1 decide again; -1. */
int worker_end_of_replay(struct worker *worker, struct part *part, int64_t offset, struct err *err);
/* An offset that stands for control records at the end, or the M of a fresh verdict. 0; -1 STOP. */
int worker_commit_position(struct worker *worker, struct part *part, int64_t offset,
			   struct err *err);

/* --- worker_assign.c --- */
/* Takes the list over; positions are decided by worker_decide, which may need several turns. */
void worker_assigned(struct worker *worker, const struct tp *tps, size_t count);
/* 0 done; -1 RETRY (again next turn) or STOP. */
int worker_decide(struct worker *worker, struct err *err);
/* A replay has reached its end, or there was nothing to replay. 0: live; 1: K was not the state of
 * C and goes: decide again; -1 STOP. */
int worker_replayed(struct worker *worker, struct part *part, struct err *err);
/* TXN_DO_SETTLE: the stable C, how the batch ended, and back to the settled positions. */
int worker_settle(struct worker *worker, struct err *err);
/* Assigns every partition at `next` (rewind, or resume of a stopped intake). */
int worker_rewind(struct worker *worker, struct err *err);
void worker_forget(struct worker *worker); /* no partitions any more */

/* --- worker_commit.c --- */
/* Feeds an event to the state machine; the action is performed by worker_act. */
void worker_event(struct worker *worker, enum txn_event event);
/* Performs one action. 0; -1 STOP. */
int worker_act(struct worker *worker, struct err *err);
/* Opens a transaction if there is none. 0; -1: none could be opened, the way back is taken. */
int worker_begin(struct worker *worker, struct err *err);
/* As far as the client knows: are we in the group, and are our partitions still ours? */
bool worker_is_owner(const struct worker *worker);
/* The batch is due: ownership checks, then send_offsets and commit, or the way back. */
void worker_seal(struct worker *worker);
/* Gives the batch up. */
void worker_drop(struct worker *worker, const char *why);
/* Turns the result of a broker call into the next event. 0; -1 only for a STOP. */
int worker_follow(struct worker *worker, int rc, struct err *err);
void worker_write_meta(const struct worker *worker, const struct part *part, char text[META_MAX]);

/* --- worker_checkpoint.c --- */
/* Starts, awaits or retries a checkpoint as the time and the overlay's size ask. 0; -1 STOP. */
int worker_checkpoint(struct worker *worker, bool now, bool wait, struct err *err);
/* What the overlays' memory can come to: a table holds at most four slots an item. */
size_t worker_overlays_bytes(const struct worker *worker);
/* Awaits a running checkpoint and forgets what is not on disk. */
void worker_drop_overlays(struct worker *worker);

/* --- worker_crashes.c --- */
/* What a crash loop at C means: smaller batches; at last, for the record itself, -1 STOP. */
int worker_heed_crashes(struct worker *worker, struct part *part, struct err *err);
/* A start that ends because the partition went away, or is decided anew, is none in which the
 * process died. If this cannot be written it counts all the same. */
void worker_uncount_starts(struct worker *worker);
/* An orderly end is no crash. */
void worker_clear_crashes(struct worker *worker);

/* --- worker_lag.c --- */
/* Once a second; asks for a broker that was away. 0; -1 STOP. */
int worker_update_lag(struct worker *worker, int64_t now, struct err *err);

#endif
