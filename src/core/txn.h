/*
 * txn: the life of a worker's transaction as a pure state machine: (state, event) -> (state,
 * action). The worker performs the action against the broker, turns its result into the next event,
 * and asks again until the action is TXN_WAIT. All retrying and giving up is decided here.
 *
 *   READY --begin--> OPEN --seal--> OFFSETS --ok--> COMMIT --ok--> READY (apply)
 *   any ABORT   --> ABORTING --ok--> SETTLING --ok--> READY (rewound)
 *   any UNKNOWN --> RENEWING --ok--> SETTLING --ok--> READY (rewound)
 *   any STOP    --> STOPPED
 *
 * Limits: a RETRY of a call inside a transaction becomes UNKNOWN after retry_ms_max (the broker's
 * own transaction timeout has then fenced us anyway); RENEWING and SETTLING are retried for ever,
 * with the reason in STATUS. A producer fenced three times in a minute is a STOP (76).
 */
#ifndef ONCED_CORE_TXN_H
#define ONCED_CORE_TXN_H

#include <stdbool.h>
#include <stdint.h>

enum txn_state {
	TXN_READY,    /* producer initialised, no transaction open */
	TXN_OPEN,     /* begun; outputs are being produced */
	TXN_OFFSETS,  /* send_offsets under way */
	TXN_COMMIT,   /* commit under way: its outcome is the only decision */
	TXN_ABORTING, /* abort under way */
	TXN_RENEWING, /* producer destroyed, init_transactions of the next one under way */
	TXN_SETTLING, /* reading the stable C, rewinding */
	TXN_STOPPED,
	TXN_STATES,
};

enum txn_event {
	TXN_EV_BEGIN,   /* the first record, or an offset to commit: READY only */
	TXN_EV_SEAL,    /* the batch is due and its ownership is checked */
	TXN_EV_DROP,    /* we give the batch up: ownership lost, a refused record; READY: taint */
	TXN_EV_OK,      /* the action succeeded */
	TXN_EV_RETRY,   /* the action failed: ERR_RETRY */
	TXN_EV_ABORT,   /* ERR_ABORT */
	TXN_EV_UNKNOWN, /* ERR_UNKNOWN */
	TXN_EV_STOP,    /* ERR_STOP */
	TXN_EVENTS,
};

enum txn_action {
	TXN_WAIT,       /* nothing to do: go on polling */
	TXN_DO_BEGIN,   /* begin_transaction */
	TXN_DO_OFFSETS, /* send_offsets_to_transaction */
	TXN_DO_COMMIT,  /* commit_transaction */
	TXN_DO_APPLY,   /* committed: the write set joins the overlay (cannot fail) */
	TXN_DO_ABORT,   /* drop the write set, abort_transaction */
	TXN_DO_RENEW,   /* drop the write set, destroy the producer, create it anew, init */
	TXN_DO_SETTLE,  /* read the stable C, rewind to the settled offsets */
	TXN_DO_STOP,    /* park the pipeline */
};

struct txn {
	enum txn_state state;
	bool tainted; /* a request was sent twice or failed: renew before the next begin */
	bool begun;   /* a transaction is open at the broker; kept by STOPPED, for the last abort */
	int64_t retry_since_ms; /* first RETRY of the present action; -1 = none */
	int64_t retry_ms_max;
	int64_t fenced_ms[3]; /* when the producer was fenced lately */
	uint64_t aborts, unknowns, commits;
};

/* A machine whose first action is TXN_DO_RENEW (no producer yet). */
void txn_init(struct txn *txn, int64_t retry_ms_max);

/* The next action. now_ms: monotonic. Events that cannot happen in a state end the process. */
enum txn_action txn_step(struct txn *txn, enum txn_event event, int64_t now_ms);

/* The broker saw a doubtful request (design: taint). May come in any state. */
void txn_taint(struct txn *txn);

/* Somebody fenced the producer; true the third time in a minute: the caller makes it a STOP. */
bool txn_fenced(struct txn *txn, int64_t now_ms);

const char *txn_state_name(enum txn_state state);
const char *txn_action_name(enum txn_action action);

#endif
