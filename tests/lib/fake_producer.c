/* fake_producer: the producer's half of fake_broker: transactions, which may fail as real ones do.
 */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "lib/fake_kafka_state.h"
#include "port/hash.h"

static int txid_of(struct fake_kafka *kafka, const char *name)
{
	for (int i = 0; i < FK_MEMBERS; i++) {
		if (!kafka->txids[i].name)
			kafka->txids[i].name = name;
		if (strcmp(kafka->txids[i].name, name) == 0)
			return i;
	}
	must(false && "room for a transactional.id");
	return -1;
}

int fake_producer_renew(struct broker *broker, struct err *err)
{
	struct fake_broker *b = fk_self(broker);
	struct fk_txid *txid;

	if (!fk_alive(b))
		return fk_dead(err);
	if (fk_fault(b, b->kafka->faults.retry))
		return err_set(err, ERR_RETRY, 0, "init_transactions");
	b->txid = txid_of(b->kafka, b->conf.instance);
	txid = &b->kafka->txids[b->txid];
	if (txid->ongoing)
		(void)fk_end(b->kafka, b->txid, txid->pid, false);
	fk_markers(b->kafka, b->txid);
	txid->pid = ++b->kafka->next_pid;
	b->pid = txid->pid;
	b->in_txn = false;
	b->tainted = false;
	b->ended = FB_IDLE;
	return 0;
}

int fake_producer_begin(struct broker *broker, struct err *err)
{
	struct fake_broker *b = fk_self(broker);

	if (!fk_alive(b))
		return fk_dead(err);
	must(!b->in_txn && b->txid >= 0);
	b->in_txn = true;
	b->was_refused = false;
	b->sent_count = 0;
	b->ended = FB_IDLE;
	return 0;
}

/* AddPartitionsToTxn: a transaction begins at the broker with its first request (protocol v1), also
 * after somebody's late EndTxn ended the one that we believe open. */
static struct fk_txid *ongoing(struct fake_broker *b)
{
	struct fk_txid *txid = &b->kafka->txids[b->txid];

	if (txid->pid != b->pid)
		return NULL;
	fk_markers(b->kafka, b->txid); /* CONCURRENT_TRANSACTIONS: waits for them */
	if (!txid->ongoing) {
		txid->ongoing = true;
		txid->began_ms = b->kafka->now_ms;
	}
	return txid;
}

static int fenced(struct err *err)
{
	return err_set(err, ERR_UNKNOWN, BROKER_CODE_FENCED, "INVALID_PRODUCER_EPOCH");
}

int fake_producer_produce(struct broker *broker, const struct output *output, struct err *err)
{
	struct fake_broker *b = fk_self(broker);
	struct fk_entry entry = {.kind = FK_DATA, .state = FK_OPEN};
	struct fk_txid *txid;
	struct fk_tp tp;
	uint64_t hash;

	if (!fk_alive(b))
		return fk_dead(err);
	must(b->in_txn);
	if (fk_fault(b, b->kafka->faults.abort / 4))
		return err_set(err, ERR_ABORT, 0, "produce");
	txid = ongoing(b);
	if (!txid)
		return fenced(err);
	must(output->record.value.len < sizeof(entry.value) &&
	     output->record.key.len < sizeof(entry.key));
	memcpy(entry.value, output->record.value.data, output->record.value.len);
	if (output->record.key.data)
		memcpy(entry.key, output->record.key.data, output->record.key.len);
	entry.timestamp = output->record.timestamp;
	entry.pid = b->pid;
	entry.dead_letter = output->record.header_count > 0;
	/* '!': the broker refuses its timestamp, with a delivery report: only the flush tells. */
	if (entry.value[0] == '!' && output->record.timestamp < 1700000000000) {
		b->was_refused = true;
		return 0;
	}
	hash = hash64(NULL, entry.key, strlen(entry.key));
	tp = fk_tp_of(b->kafka, output->topic, 0);
	tp.partition = (int32_t)(hash % (uint64_t)b->kafka->topics[tp.topic].count);
	fk_touch(txid, tp);
	fk_put(fk_part(b->kafka, tp), &entry);
	return 0;
}

static void send_late(struct fake_broker *b, const struct fk_delayed *late)
{
	struct fake_kafka *kafka = b->kafka;

	b->tainted = !b->conf.ignore_taint; /* the interceptor saw it sent twice */
	if (kafka->delayed_count == FK_DELAYED)
		return;
	kafka->delayed[kafka->delayed_count] = *late;
	kafka->delayed[kafka->delayed_count++].due_ms =
		kafka->now_ms + 1 + (int64_t)rng_below(&kafka->rng, 400);
}

int fake_producer_send_offsets(struct broker *broker, const struct tp_offset *offsets, size_t count,
			       struct err *err)
{
	struct fake_broker *b = fk_self(broker);
	const struct fk_member *member;
	struct fk_txid *txid;

	if (!fk_alive(b))
		return fk_dead(err);
	must(b->in_txn && count > 0);
	if (fk_fault(b, b->kafka->faults.retry))
		return err_set(err, ERR_RETRY, 0, "send_offsets");
	if (fk_fault(b, b->kafka->faults.abort))
		return err_set(err, ERR_ABORT, 0, "send_offsets");
	member = fk_member_of(b->kafka, b);
	if (!member || b->generation != b->kafka->generation)
		return err_set(err, ERR_ABORT, 0, "ILLEGAL_GENERATION");
	txid = ongoing(b);
	if (!txid)
		return fenced(err);
	for (size_t i = 0; i < count; i++) {
		struct fk_pending pending = {.pid = b->pid,
					     .offset = offsets[i].offset,
					     .def = b->conf.def};
		struct fk_tp tp = fk_tp_of(b->kafka, offsets[i].tp.topic, offsets[i].tp.partition);

		memcpy(pending.metadata, offsets[i].metadata,
		       strnlen(offsets[i].metadata, FK_META - 1));
		must(fk_offsets(b->kafka, b->txid, b->pid, tp, &pending));
		if (i == 0 && fk_fault(b, b->kafka->faults.delayed))
			send_late(b, &(struct fk_delayed){.what = FK_LATE_OFFSETS,
							  .txid = b->txid,
							  .pid = b->pid,
							  .tp = tp,
							  .offsets = pending});
	}
	if (fk_fault(b, b->kafka->faults.unknown_done))
		return err_set(err, ERR_UNKNOWN, 0, "send_offsets: the answer was lost");
	return 0;
}

static int end(struct fake_broker *b, bool commit, struct err *err)
{
	const struct fk_faults *faults = &b->kafka->faults;

	if (fk_fault(b, faults->retry / 2))
		return err_set(err, ERR_RETRY, 0, "EndTxn: timed out before it was sent");
	if (fk_fault(b, faults->unknown_undone))
		return err_set(err, ERR_UNKNOWN, 0, "EndTxn: lost on its way");
	if (!fk_end(b->kafka, b->txid, b->pid, commit))
		return fenced(err);
	b->ended = commit ? FB_COMMIT_DONE : FB_ABORT_DONE;
	if (fk_fault(b, faults->delayed))
		send_late(b, &(struct fk_delayed){.what = FK_LATE_END,
						  .txid = b->txid,
						  .pid = b->pid,
						  .commit = commit});
	if (fk_fault(b, faults->unknown_done))
		return err_set(err, ERR_UNKNOWN, 0, "EndTxn: the answer was lost");
	if (fk_fault(b, faults->retry / 2))
		return err_set(err, ERR_RETRY, 0, "EndTxn: the answer is late");
	b->in_txn = false;
	return 0;
}

int fake_producer_commit(struct broker *broker, struct err *err)
{
	struct fake_broker *b = fk_self(broker);

	if (!fk_alive(b))
		return fk_dead(err);
	must(b->in_txn);
	if (b->ended == FB_COMMIT_DONE) { /* resumed: the answer has come meanwhile */
		b->in_txn = false;
		return 0;
	}
	if (b->was_refused)
		return err_set(err, ERR_ABORT, 0, "a message failed: INVALID_TIMESTAMP");
	if (fk_fault(b, b->kafka->faults.abort))
		return err_set(err, ERR_ABORT, 0, "commit");
	return end(b, true, err);
}

int fake_producer_abort(struct broker *broker, struct err *err)
{
	struct fake_broker *b = fk_self(broker);

	if (!fk_alive(b))
		return fk_dead(err);
	must(b->in_txn);
	if (b->ended == FB_ABORT_DONE) {
		b->in_txn = false;
		return 0;
	}
	return end(b, false, err);
}

bool fake_producer_tainted(struct broker *broker)
{
	return fk_self(broker)->tainted;
}

bool fake_producer_refused(struct broker *broker, char *reason, size_t size)
{
	struct fake_broker *b = fk_self(broker);

	reason[0] = '\0';
	if (b->was_refused)
		memcpy(reason, "INVALID_TIMESTAMP", size < 18 ? size : 18);
	return b->was_refused;
}
