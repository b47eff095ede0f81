/* fake_producer: the producer's half of the broker port on fake_kafka. */
#include <string.h>

#include "base/must.h"
#include "lib/fake_kafka_state.h"
#include "lib/tally.h"
#include "port/hash.h"

static struct fake_broker *self(struct broker *broker)
{
	return (struct fake_broker *)broker;
}

/* True: the call fails in this way, *err says how. */
static bool fails(struct fake_broker *b, enum fk_fault fault, uint32_t rarer, const char *what,
		  struct err *err)
{
	static const struct {
		enum err_kind kind;
		enum tally tally;
	} kinds[FK_FAULTS] = {
		[FK_FAULT_RETRY] = {ERR_RETRY, TALLY_RETRY},
		[FK_FAULT_ABORT] = {ERR_ABORT, TALLY_ABORT},
		[FK_FAULT_DONE_UNKNOWN] = {ERR_UNKNOWN, TALLY_DONE_UNKNOWN},
		[FK_FAULT_LOST_UNKNOWN] = {ERR_UNKNOWN, TALLY_LOST_UNKNOWN},
	};

	must(kinds[fault].kind != ERR_NONE);
	if (!fb_fault(b, fault, rarer))
		return false;
	tally(kinds[fault].tally);
	(void)err_set(err, kinds[fault].kind, 0, "%s", what);
	return true;
}

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

static int renew(struct broker *broker, struct err *err)
{
	struct fake_broker *b = self(broker);
	struct fk_txid *txid;

	if (!fb_alive(b))
		return fb_dead(err);
	if (fails(b, FK_FAULT_RETRY, 1, "init_transactions", err))
		return -1;
	b->txid = txid_of(b->kafka,
			  b->conf.transactional_id ? b->conf.transactional_id : b->conf.instance);
	txid = &b->kafka->txids[b->txid];
	if (txid->ongoing)
		(void)fk_end(b->kafka, b->txid, txid->pid, false);
	fk_markers(b->kafka, b->txid);
	txid->pid = ++b->kafka->next_pid;
	b->pid = txid->pid;
	b->in_txn = b->mute = false;
	b->tainted = false;
	b->ended = FB_IDLE;
	return 0;
}

static int begin(struct broker *broker, struct err *err)
{
	struct fake_broker *b = self(broker);

	if (!fb_alive(b))
		return fb_dead(err);
	must(!b->in_txn && b->txid >= 0);
	if (fb_fault(b, FK_FAULT_ABORT, 4)) /* a producer that died since the last one */
		return err_set(err, ERR_UNKNOWN, 0, "begin");
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

static int fenced(struct fake_broker *b, struct err *err)
{
	b->tainted = !b->conf.ignore_taint; /* any error of the transaction is one */
	tally(TALLY_FENCED);
	return err_set(err, ERR_UNKNOWN, BROKER_CODE_FENCED, "INVALID_PRODUCER_EPOCH");
}

/* '#' and '%': too large for the topic of that name, and known before anything is sent. */
static bool is_too_large(const struct output *output)
{
	char first = *(const char *)output->record.value.data;

	return (first == '#' && strcmp(output->topic, "out") == 0) ||
	       (first == '%' && strcmp(output->topic, "copy") == 0);
}

static int produce(struct broker *broker, const struct output *output, struct err *err)
{
	struct fake_broker *b = self(broker);
	struct fk_entry entry = {.kind = FK_DATA, .state = FK_OPEN};
	struct fk_txid *txid;
	struct fk_tp tp;
	uint64_t hash;

	if (!fb_alive(b))
		return fb_dead(err);
	must(b->in_txn);
	if (*(const char *)output->record.value.data == '*') { /* the record that kills */
		b->dead = true;
		return fb_dead(err);
	}
	if (fails(b, FK_FAULT_ABORT, 4, "produce", err))
		return -1;
	if (fb_fault(b, FK_FAULT_QUEUE, 1)) {
		tally(TALLY_QUEUE_FULL);
		fake_kafka_tick(b->kafka, 1);
		return err_set(err, ERR_RETRY, BROKER_CODE_QUEUE_FULL, "the queue is full");
	}
	if (!fk_has_topic(b->kafka, output->topic)) {
		fake_kafka_tick(b->kafka, 1);
		return err_set(err, ERR_RETRY, 3, "topic %s: unknown", output->topic);
	}
	if (is_too_large(output)) {
		tally(TALLY_TOO_LARGE);
		return err_set(err, ERR_DATA, 10, "MSG_SIZE_TOO_LARGE");
	}
	txid = ongoing(b);
	if (!txid)
		return fenced(b, err);
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
		tally(TALLY_REFUSED);
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

static void delay(struct fake_broker *b, const struct fk_delayed *late)
{
	struct fake_kafka *kafka = b->kafka;

	if (kafka->delayed_count == FK_DELAYED)
		return;
	kafka->delayed[kafka->delayed_count] = *late;
	kafka->delayed[kafka->delayed_count++].due_ms =
		kafka->now_ms + 1 + (int64_t)rng_below(&kafka->rng, 400);
}

/* The second copy arrives later; the interceptor saw both go out. */
static void send_twice(struct fake_broker *b, const struct fk_delayed *late)
{
	b->tainted = !b->conf.ignore_taint;
	delay(b, late);
}

/* The broker's rule: the member with its present generation; but generation -1, with which a client
 * sends that is none at the moment, passes unfenced while the group is empty (H3). */
static bool is_let_through(const struct fake_broker *b)
{
	if (fb_is_member(b))
		return fk_member_of(b->kafka, b) && b->generation == b->kafka->generation;
	for (int i = 0; i < FK_MEMBERS; i++)
		if (b->kafka->members[i].instance)
			return false;
	return true;
}

static int send_offsets(struct broker *broker, const struct tp_offset *offsets, size_t count,
			struct err *err)
{
	struct fake_broker *b = self(broker);
	struct fk_txid *txid;

	if (!fb_alive(b))
		return fb_dead(err);
	must(b->in_txn && count > 0);
	if (fails(b, FK_FAULT_RETRY, 1, "send_offsets", err))
		return -1;
	if (fails(b, FK_FAULT_ABORT, 1, "send_offsets", err))
		return -1;
	if (!b->conf.ignore_membership && !fb_is_member(b)) {
		/* The adapter looks at the very metadata that it would send. */
		tally(TALLY_NO_MEMBER);
		return err_set(err, ERR_ABORT, 0, "not a member of the group at the moment");
	}
	if (!is_let_through(b)) {
		tally(TALLY_OLD_GENERATION);
		return err_set(err, ERR_ABORT, 0, "ILLEGAL_GENERATION");
	}
	txid = ongoing(b);
	if (!txid)
		return fenced(b, err);
	for (size_t i = 0; i < count; i++) {
		struct fk_pending pending = {.pid = b->pid,
					     .offset = offsets[i].offset,
					     .def = b->conf.def};
		struct fk_tp tp = fk_tp_of(b->kafka, offsets[i].tp.topic, offsets[i].tp.partition);

		memcpy(pending.metadata, offsets[i].metadata,
		       strnlen(offsets[i].metadata, FK_META - 1));
		must(fk_offsets(b->kafka, b->txid, b->pid, tp, &pending));
		if (i == 0 && fb_fault(b, FK_FAULT_DELAYED, 1))
			send_twice(b, &(struct fk_delayed){.what = FK_LATE_OFFSETS,
							   .txid = b->txid,
							   .pid = b->pid,
							   .tp = tp,
							   .offsets = pending});
	}
	if (fails(b, FK_FAULT_DONE_UNKNOWN, 1, "send_offsets: the answer was lost", err))
		return -1;
	return 0;
}

static int end(struct fake_broker *b, bool commit, struct err *err)
{
	const struct fk_delayed request = {.what = FK_LATE_END,
					   .txid = b->txid,
					   .pid = b->pid,
					   .commit = commit};

	if (fails(b, FK_FAULT_RETRY, 2, "EndTxn: timed out before it was sent", err))
		return -1;
	if (fails(b, FK_FAULT_LOST_UNKNOWN, 1, "EndTxn: no answer", err)) {
		if (rng_chance(&b->kafka->rng, 500)) { /* not lost, but on its way */
			tally(TALLY_UNDER_WAY);
			delay(b, &request);
		}
		return -1;
	}
	if (!fk_end(b->kafka, b->txid, b->pid, commit))
		return fenced(b, err);
	b->ended = commit ? FB_COMMIT_DONE : FB_ABORT_DONE;
	if (fb_fault(b, FK_FAULT_DELAYED, 1))
		send_twice(b, &request);
	if (fails(b, FK_FAULT_DONE_UNKNOWN, 1, "EndTxn: the answer was lost", err)) {
		if (commit)
			tally(TALLY_COMMIT_UNKNOWN);
		return -1;
	}
	if (fails(b, FK_FAULT_RETRY, 2, "EndTxn: the answer is late", err))
		return -1;
	b->in_txn = false;
	return 0;
}

static int commit(struct broker *broker, struct err *err)
{
	struct fake_broker *b = self(broker);

	if (!fb_alive(b))
		return fb_dead(err);
	must(b->in_txn);
	if (b->mute) {
		if (b->ended == FB_IDLE && fk_end(b->kafka, b->txid, b->pid, true))
			b->ended = FB_COMMIT_DONE;
		return err_set(err, ERR_RETRY, 0, "EndTxn: no answer yet");
	}
	if (b->ended == FB_COMMIT_DONE) { /* resumed: the answer has come meanwhile */
		tally(TALLY_COMMIT_LATE);
		b->in_txn = false;
		return 0;
	}
	if (b->was_refused)
		return err_set(err, ERR_ABORT, 0, "a message failed: INVALID_TIMESTAMP");
	if (fails(b, FK_FAULT_ABORT, 1, "commit", err))
		return -1;
	return end(b, true, err);
}

static int abort_txn(struct broker *broker, struct err *err)
{
	struct fake_broker *b = self(broker);

	if (!fb_alive(b))
		return fb_dead(err);
	must(b->in_txn);
	if (b->ended == FB_ABORT_DONE) {
		b->in_txn = false;
		return 0;
	}
	return end(b, false, err);
}

static bool tainted(struct broker *broker)
{
	return self(broker)->tainted;
}

static bool refused(struct broker *broker, char *reason, size_t size)
{
	struct fake_broker *b = self(broker);

	reason[0] = '\0';
	if (b->was_refused)
		memcpy(reason, "INVALID_TIMESTAMP", size < 18 ? size : 18);
	return b->was_refused;
}

void fb_producer_ops(struct broker_ops *ops)
{
	ops->renew = renew;
	ops->begin = begin;
	ops->produce = produce;
	ops->send_offsets = send_offsets;
	ops->commit = commit;
	ops->abort = abort_txn;
	ops->tainted = tainted;
	ops->refused = refused;
}
