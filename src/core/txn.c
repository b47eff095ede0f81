/* txn: see txn.h. */
#include "core/txn.h"

#include "base/must.h"

#define FENCED_SPAN_MS 60000
#define FENCED_COUNT 3

/* What may follow a state: a bit for each. */
static const uint32_t allowed_next[TXN_STATES] = {
	[TXN_READY] = 1u << TXN_OPEN | 1u << TXN_RENEWING | 1u << TXN_STOPPED,
	[TXN_OPEN] =
		1u << TXN_OFFSETS | 1u << TXN_ABORTING | 1u << TXN_RENEWING | 1u << TXN_STOPPED,
	[TXN_OFFSETS] =
		1u << TXN_COMMIT | 1u << TXN_ABORTING | 1u << TXN_RENEWING | 1u << TXN_STOPPED,
	[TXN_COMMIT] =
		1u << TXN_READY | 1u << TXN_ABORTING | 1u << TXN_RENEWING | 1u << TXN_STOPPED,
	[TXN_ABORTING] = 1u << TXN_SETTLING | 1u << TXN_RENEWING | 1u << TXN_STOPPED,
	[TXN_RENEWING] = 1u << TXN_SETTLING | 1u << TXN_STOPPED,
	[TXN_SETTLING] = 1u << TXN_READY | 1u << TXN_STOPPED,
	[TXN_STOPPED] = 0,
};

static void move(struct txn *txn, enum txn_state next)
{
	must(allowed_next[txn->state] & (1u << next));
	txn->state = next;
	txn->retry_since_ms = -1;
}

void txn_init(struct txn *txn, int64_t retry_ms_max)
{
	*txn = (struct txn){.state = TXN_RENEWING, .retry_since_ms = -1};
	txn->retry_ms_max = retry_ms_max;
	for (int i = 0; i < FENCED_COUNT; i++)
		txn->fenced_ms[i] = INT64_MIN;
}

void txn_taint(struct txn *txn)
{
	txn->tainted = true;
}

bool txn_fenced(struct txn *txn, int64_t now_ms)
{
	for (int i = 0; i + 1 < FENCED_COUNT; i++)
		txn->fenced_ms[i] = txn->fenced_ms[i + 1];
	txn->fenced_ms[FENCED_COUNT - 1] = now_ms;
	return txn->fenced_ms[0] != INT64_MIN && now_ms - txn->fenced_ms[0] <= FENCED_SPAN_MS;
}

/* The action that a state stands for: performed again on a RETRY. */
static enum txn_action action_of(const struct txn *txn)
{
	switch (txn->state) {
	case TXN_READY:
		return TXN_WAIT;
	case TXN_OPEN:
		return txn->begun ? TXN_WAIT : TXN_DO_BEGIN;
	case TXN_OFFSETS:
		return TXN_DO_OFFSETS;
	case TXN_COMMIT:
		return TXN_DO_COMMIT;
	case TXN_ABORTING:
		return TXN_DO_ABORT;
	case TXN_RENEWING:
		return TXN_DO_RENEW;
	case TXN_SETTLING:
		return TXN_DO_SETTLE;
	case TXN_STOPPED:
		return TXN_DO_STOP;
	case TXN_STATES:
		break;
	}
	must(false && "a state");
	return TXN_DO_STOP;
}

/* Nothing is known of the transaction any more: a new producer epoch settles it. */
static enum txn_action renew(struct txn *txn)
{
	if (txn->state == TXN_SETTLING || txn->state == TXN_RENEWING) {
		/* Reading C has no outcome to lose; a renew under way only goes on. */
		txn->retry_since_ms = -1;
		return action_of(txn);
	}
	txn->begun = false;
	txn->unknowns++;
	move(txn, TXN_RENEWING);
	return TXN_DO_RENEW;
}

static enum txn_action give_up(struct txn *txn)
{
	must(txn->state != TXN_READY);
	if (txn->state == TXN_SETTLING || txn->state == TXN_RENEWING || txn->state == TXN_ABORTING)
		return renew(txn); /* an abort that asks for an abort is not to be trusted */
	if (!txn->begun) {
		/* begin itself failed: there is nothing to abort at the broker. */
		return renew(txn);
	}
	txn->begun = false;
	txn->aborts++;
	move(txn, TXN_ABORTING);
	return TXN_DO_ABORT;
}

static enum txn_action succeed(struct txn *txn)
{
	switch (txn->state) {
	case TXN_OPEN:
		must(!txn->begun);
		txn->begun = true;
		txn->retry_since_ms = -1;
		return TXN_WAIT;
	case TXN_OFFSETS:
		move(txn, TXN_COMMIT);
		return TXN_DO_COMMIT;
	case TXN_COMMIT:
		txn->begun = false;
		txn->commits++;
		move(txn, TXN_READY);
		return TXN_DO_APPLY;
	case TXN_ABORTING:
		if (txn->tainted) {
			/* A second copy of this EndTxn may still be on its way (H5). */
			move(txn, TXN_RENEWING);
			return TXN_DO_RENEW;
		}
		move(txn, TXN_SETTLING);
		return TXN_DO_SETTLE;
	case TXN_RENEWING:
		txn->tainted = false; /* the broker refuses what the old epoch still sends */
		move(txn, TXN_SETTLING);
		return TXN_DO_SETTLE;
	case TXN_SETTLING:
		move(txn, TXN_READY);
		return TXN_WAIT;
	case TXN_READY:
	case TXN_STOPPED:
	case TXN_STATES:
		break;
	}
	must(false && "an action was under way");
	return TXN_DO_STOP;
}

static enum txn_action retry(struct txn *txn, int64_t now_ms)
{
	must(action_of(txn) != TXN_WAIT); /* something was under way */
	if (txn->retry_since_ms < 0)
		txn->retry_since_ms = now_ms;
	if (txn->state == TXN_RENEWING || txn->state == TXN_SETTLING)
		return action_of(txn); /* for ever: the broker is away */
	if (now_ms - txn->retry_since_ms >= txn->retry_ms_max)
		return renew(txn);
	return action_of(txn);
}

enum txn_action txn_step(struct txn *txn, enum txn_event event, int64_t now_ms)
{
	if (txn->state == TXN_STOPPED)
		return TXN_DO_STOP;
	switch (event) {
	case TXN_EV_BEGIN:
		must(txn->state == TXN_READY);
		must(!txn->tainted); /* the worker renews first: see TXN_EV_DROP in READY */
		move(txn, TXN_OPEN);
		return TXN_DO_BEGIN;
	case TXN_EV_SEAL:
		must(txn->state == TXN_OPEN && txn->begun);
		move(txn, TXN_OFFSETS);
		return TXN_DO_OFFSETS;
	case TXN_EV_DROP:
		if (txn->state == TXN_READY) {
			/* Tainted between transactions: nothing to abort, a new epoch all the same.
			 */
			move(txn, TXN_RENEWING);
			return TXN_DO_RENEW;
		}
		/* Once offsets are sent the batch is no longer ours to drop: its outcome is. */
		must(txn->state == TXN_OPEN);
		return give_up(txn);
	case TXN_EV_OK:
		return succeed(txn);
	case TXN_EV_RETRY:
		return retry(txn, now_ms);
	case TXN_EV_ABORT:
		return give_up(txn);
	case TXN_EV_UNKNOWN:
		if (txn->state == TXN_READY) {
			move(txn, TXN_RENEWING);
			return TXN_DO_RENEW;
		}
		return renew(txn);
	case TXN_EV_STOP:
		move(txn, TXN_STOPPED);
		return TXN_DO_STOP;
	case TXN_EVENTS:
		break;
	}
	must(false && "an event");
	return TXN_DO_STOP;
}

const char *txn_state_name(enum txn_state state)
{
	static const char *const names[TXN_STATES] = {
		[TXN_READY] = "ready",       [TXN_OPEN] = "open",
		[TXN_OFFSETS] = "offsets",   [TXN_COMMIT] = "commit",
		[TXN_ABORTING] = "aborting", [TXN_RENEWING] = "renewing",
		[TXN_SETTLING] = "settling", [TXN_STOPPED] = "stopped",
	};

	must(state < TXN_STATES);
	return names[state];
}

const char *txn_action_name(enum txn_action action)
{
	static const char *const names[] = {
		[TXN_WAIT] = "wait",          [TXN_DO_BEGIN] = "begin",
		[TXN_DO_OFFSETS] = "offsets", [TXN_DO_COMMIT] = "commit",
		[TXN_DO_APPLY] = "apply",     [TXN_DO_ABORT] = "abort",
		[TXN_DO_RENEW] = "renew",     [TXN_DO_SETTLE] = "settle",
		[TXN_DO_STOP] = "stop",
	};

	must(action <= TXN_DO_STOP);
	return names[action];
}
