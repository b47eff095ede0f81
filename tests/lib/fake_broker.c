/* fake_broker: the broker port on fake_kafka. Each call may fail as the real one's does. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "lib/fake_kafka_state.h"
#include "port/hash.h"

static struct fake_broker *self(struct broker *broker)
{
	return (struct fake_broker *)broker;
}

static int dead(struct err *err)
{
	return err_set(err, ERR_STOP, EXIT_INTERNAL, "killed");
}

/* Each call costs a little time, counts, and is where a crash can hit. False: the process is dead.
 */
static bool alive(struct fake_broker *b)
{
	b->calls++;
	if (!b->dead && b->crash_in >= 0 && b->crash_in-- == 0)
		b->dead = true;
	return !b->dead;
}

bool fake_broker_alive(struct broker *broker)
{
	return alive(self(broker));
}

static bool fault(struct fake_broker *b, uint32_t per_mille)
{
	return rng_chance(&b->kafka->rng, per_mille);
}

static bool is_fenced(const struct fake_broker *b)
{
	for (int i = 0; i < FK_MEMBERS; i++) {
		const struct fk_member *member = &b->kafka->members[i];

		if (member->instance && strcmp(member->instance, b->conf.instance) == 0)
			return member->id != b->member_id;
	}
	return false;
}

static int subscribe(struct broker *broker, struct err *err)
{
	struct fake_broker *b = self(broker);

	if (!alive(b))
		return dead(err);
	must(b->txid >= 0); /* init_transactions comes before subscribe */
	b->subscribed = true;
	fk_join(b->kafka, b);
	return 0;
}

/* Something to read at one of the positions: data, or an end not told yet. */
static void fetch(struct fake_broker *b, struct broker_event *ret)
{
	uint32_t first = rng_below(&b->kafka->rng, (uint32_t)b->position_count);

	for (size_t i = 0; i < b->position_count; i++) {
		size_t at = (first + i) % b->position_count;
		struct fk_part *part = fk_part(b->kafka, b->positions[at].tp);
		int64_t *position = &b->positions[at].position;
		int64_t lso = fake_kafka_lso(part);
		const struct fk_entry *entry;

		ret->source = (struct source){b->positions[at].topic, b->positions[at].tp.partition,
					      *position};
		if (*position < part->log_start || *position > part->count) {
			ret->kind = BROKER_OFFSET_GONE;
			return;
		}
		while (*position < lso && (part->entries[*position].kind == FK_CONTROL ||
					   part->entries[*position].state == FK_ABORTED))
			(*position)++;
		ret->source.offset = *position;
		if (*position >= lso) {
			if (b->positions[at].eof_at == *position)
				continue;
			b->positions[at].eof_at = *position;
			ret->kind = BROKER_EOF;
			return;
		}
		entry = &part->entries[*position];
		memcpy(b->key, entry->key, sizeof(b->key));
		memcpy(b->value, entry->value, sizeof(b->value));
		ret->kind = BROKER_RECORD;
		ret->record = (struct record){bytes_str(b->key), bytes_str(b->value), NULL, 0,
					      entry->timestamp};
		(*position)++;
		return;
	}
}

static int poll(struct broker *broker, int timeout_ms, struct broker_event *ret, struct err *err)
{
	struct fake_broker *b = self(broker);

	memset(ret, 0, sizeof(*ret));
	if (!alive(b))
		return dead(err);
	if (b->subscribed && is_fenced(b))
		return err_set(err, ERR_STOP, EXIT_FENCED, "FENCED_INSTANCE_ID");
	if (fault(b, b->kafka->faults.retry))
		return err_set(err, ERR_RETRY, 0, "all brokers down");
	if (b->waiting != BROKER_NOTHING && !b->told) {
		ret->kind = b->waiting;
		b->told = true;
		if (ret->kind == BROKER_ASSIGNED)
			b->told =
				false; /* several ASSIGNED may follow each other only via REVOKED */
		b->waiting = BROKER_NOTHING;
		ret->partitions = b->assigned;
		ret->partition_count = b->assigned_count;
		return 0;
	}
	if (b->position_count > 0 && !b->told)
		fetch(b, ret);
	if (ret->kind == BROKER_NOTHING)
		fake_kafka_tick(b->kafka, timeout_ms > 0 ? timeout_ms : 1);
	return 0;
}

static void release(struct broker *broker)
{
	struct fake_broker *b = self(broker);

	memset(b->key, 'Z', sizeof(b->key) - 1); /* borrowed until here, and no longer */
	memset(b->value, 'Z', sizeof(b->value) - 1);
}

static int assign(struct broker *broker, const struct tp_offset *positions, size_t count,
		  struct err *err)
{
	struct fake_broker *b = self(broker);

	if (!alive(b))
		return dead(err);
	if (fault(b, b->kafka->faults.retry))
		return err_set(err, ERR_RETRY, 0, "assign");
	b->position_count = count;
	for (size_t i = 0; i < count; i++) {
		struct fk_tp tp =
			fk_tp_of(b->kafka, positions[i].tp.topic, positions[i].tp.partition);
		struct fk_part *part = fk_part(b->kafka, tp);

		b->positions[i].tp = tp;
		b->positions[i].topic = positions[i].tp.topic;
		b->positions[i].position = positions[i].offset;
		b->positions[i].eof_at = -1;
		/* What was prefetched before a rewind may still come (stale), or the position may
		 * be off by a record (the client's bugs that R10 is about). */
		if (positions[i].offset > part->log_start && fault(b, b->kafka->faults.stale))
			b->positions[i].position--;
	}
	return 0;
}

static int unassign(struct broker *broker, struct err *err)
{
	struct fake_broker *b = self(broker);

	if (!alive(b))
		return dead(err);
	b->position_count = 0;
	b->told = false;
	if (b->lost) {
		b->lost = false;
		b->assigned_count = 0;
		fk_join(b->kafka, b); /* with a new member id */
		return 0;
	}
	b->assigned_count = 0;
	fk_joined(b->kafka, b);
	return 0;
}

static bool assignment_lost(struct broker *broker)
{
	/* Only what the client knows: a loss that was not told yet is not known (H3, H4). */
	return self(broker)->lost && self(broker)->told;
}

static bool is_member(struct broker *broker)
{
	return self(broker)->member_id != 0;
}

static int cluster(struct broker *broker, uint64_t *ret_hash, struct err *err)
{
	struct fake_broker *b = self(broker);

	if (!alive(b))
		return dead(err);
	if (fault(b, b->kafka->faults.retry))
		return err_set(err, ERR_RETRY, 0, "cluster");
	*ret_hash = 0x1234;
	return 0;
}

static int topic(struct broker *broker, const char *name, int32_t *ret_partitions,
		 bool *ret_compacted, struct err *err)
{
	struct fake_broker *b = self(broker);

	if (!alive(b))
		return dead(err);
	*ret_partitions = b->kafka->topics[fk_tp_of(b->kafka, name, 0).topic].count;
	*ret_compacted = false;
	return 0;
}

static int committed(struct broker *broker, const struct tp *tps, size_t count, struct arena *arena,
		     struct committed *ret, struct err *err)
{
	struct fake_broker *b = self(broker);

	if (!alive(b))
		return dead(err);
	if (fault(b, b->kafka->faults.retry))
		return err_set(err, ERR_RETRY, 0, "committed");
	for (size_t i = 0; i < count; i++)
		if (fk_part(b->kafka, fk_tp_of(b->kafka, tps[i].topic, tps[i].partition))
			    ->pending_count > 0) {
			fake_kafka_tick(b->kafka, 100);
			return err_set(err, ERR_RETRY, 0, "UNSTABLE_OFFSET_COMMIT");
		}
	for (size_t i = 0; i < count; i++) {
		struct fk_part *part =
			fk_part(b->kafka, fk_tp_of(b->kafka, tps[i].topic, tps[i].partition));

		ret[i] = (struct committed){part->has_c, part->c, BYTES_NULL};
		if (part->has_c)
			ret[i].metadata = arena_copy(arena, bytes_str(part->metadata));
	}
	return 0;
}

static int log_range(struct broker *broker, struct tp tp, int64_t *ret_start, int64_t *ret_end,
		     struct err *err)
{
	struct fake_broker *b = self(broker);
	struct fk_part *part;

	if (!alive(b))
		return dead(err);
	if (fault(b, b->kafka->faults.retry))
		return err_set(err, ERR_RETRY, 0, "log_range");
	part = fk_part(b->kafka, fk_tp_of(b->kafka, tp.topic, tp.partition));
	*ret_start = part->log_start;
	*ret_end = fake_kafka_lso(part);
	return 0;
}

static int64_t heard_end(struct broker *broker, struct tp tp)
{
	struct fake_broker *b = self(broker);

	return fake_kafka_lso(fk_part(b->kafka, fk_tp_of(b->kafka, tp.topic, tp.partition)));
}

static int offset_at(struct broker *broker, struct tp tp, int64_t ms, int64_t *ret, struct err *err)
{
	struct fake_broker *b = self(broker);
	struct fk_part *part;

	if (!alive(b))
		return dead(err);
	part = fk_part(b->kafka, fk_tp_of(b->kafka, tp.topic, tp.partition));
	for (*ret = part->log_start; *ret < part->count; (*ret)++)
		if (part->entries[*ret].timestamp >= ms)
			break;
	return 0;
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

	if (!alive(b))
		return dead(err);
	if (fault(b, b->kafka->faults.retry))
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

static int begin(struct broker *broker, struct err *err)
{
	struct fake_broker *b = self(broker);

	if (!alive(b))
		return dead(err);
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

static int produce(struct broker *broker, const struct output *output, struct err *err)
{
	struct fake_broker *b = self(broker);
	struct fk_entry entry = {.kind = FK_DATA, .state = FK_OPEN};
	struct fk_txid *txid;
	struct fk_tp tp;
	uint64_t hash;

	if (!alive(b))
		return dead(err);
	must(b->in_txn);
	if (fault(b, b->kafka->faults.abort / 4))
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

static int send_offsets(struct broker *broker, const struct tp_offset *offsets, size_t count,
			struct err *err)
{
	struct fake_broker *b = self(broker);
	const struct fk_member *member;
	struct fk_txid *txid;

	if (!alive(b))
		return dead(err);
	must(b->in_txn && count > 0);
	if (fault(b, b->kafka->faults.retry))
		return err_set(err, ERR_RETRY, 0, "send_offsets");
	if (fault(b, b->kafka->faults.abort))
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
		if (i == 0 && fault(b, b->kafka->faults.delayed))
			send_late(b, &(struct fk_delayed){.what = FK_LATE_OFFSETS,
							  .txid = b->txid,
							  .pid = b->pid,
							  .tp = tp,
							  .offsets = pending});
	}
	if (fault(b, b->kafka->faults.unknown_done))
		return err_set(err, ERR_UNKNOWN, 0, "send_offsets: the answer was lost");
	return 0;
}

static int end(struct fake_broker *b, bool commit, struct err *err)
{
	const struct fk_faults *faults = &b->kafka->faults;

	if (fault(b, faults->retry / 2))
		return err_set(err, ERR_RETRY, 0, "EndTxn: timed out before it was sent");
	if (fault(b, faults->unknown_undone))
		return err_set(err, ERR_UNKNOWN, 0, "EndTxn: lost on its way");
	if (!fk_end(b->kafka, b->txid, b->pid, commit))
		return fenced(err);
	b->ended = commit ? FB_COMMIT_DONE : FB_ABORT_DONE;
	if (fault(b, faults->delayed))
		send_late(b, &(struct fk_delayed){.what = FK_LATE_END,
						  .txid = b->txid,
						  .pid = b->pid,
						  .commit = commit});
	if (fault(b, faults->unknown_done))
		return err_set(err, ERR_UNKNOWN, 0, "EndTxn: the answer was lost");
	if (fault(b, faults->retry / 2))
		return err_set(err, ERR_RETRY, 0, "EndTxn: the answer is late");
	b->in_txn = false;
	return 0;
}

static int commit(struct broker *broker, struct err *err)
{
	struct fake_broker *b = self(broker);

	if (!alive(b))
		return dead(err);
	must(b->in_txn);
	if (b->ended == FB_COMMIT_DONE) { /* resumed: the answer has come meanwhile */
		b->in_txn = false;
		return 0;
	}
	if (b->was_refused)
		return err_set(err, ERR_ABORT, 0, "a message failed: INVALID_TIMESTAMP");
	if (fault(b, b->kafka->faults.abort))
		return err_set(err, ERR_ABORT, 0, "commit");
	return end(b, true, err);
}

static int abort_txn(struct broker *broker, struct err *err)
{
	struct fake_broker *b = self(broker);

	if (!alive(b))
		return dead(err);
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

/* A graceful end of a static member: no LeaveGroup; the heartbeats just stop. */
static void close_broker(struct broker *broker)
{
	if (broker)
		self(broker)->dead = true;
}

static const struct broker_ops ops = {
	.subscribe = subscribe,
	.poll = poll,
	.release = release,
	.assign = assign,
	.unassign = unassign,
	.assignment_lost = assignment_lost,
	.is_member = is_member,
	.cluster = cluster,
	.topic = topic,
	.committed = committed,
	.log_range = log_range,
	.heard_end = heard_end,
	.offset_at = offset_at,
	.renew = renew,
	.begin = begin,
	.produce = produce,
	.send_offsets = send_offsets,
	.commit = commit,
	.abort = abort_txn,
	.tainted = tainted,
	.refused = refused,
	.close = close_broker,
};

struct broker *fake_broker_new(struct fake_kafka *kafka, const struct fake_broker_conf *conf)
{
	struct fake_broker *b = calloc(1, sizeof(*b));

	must(b != NULL && kafka->handle_count < sizeof(kafka->handles) / sizeof(*kafka->handles));
	b->broker.ops = &ops;
	b->kafka = kafka;
	b->conf = *conf;
	b->crash_in = -1;
	b->txid = -1;
	kafka->handles[kafka->handle_count++] = b;
	return &b->broker;
}

void fake_broker_kill(struct broker *broker)
{
	self(broker)->dead = true;
}

void fake_broker_freeze(struct broker *broker, bool frozen)
{
	self(broker)->frozen = frozen;
}

void fake_broker_crash_in(struct broker *broker, int64_t calls)
{
	self(broker)->crash_in = calls;
}

bool fake_broker_is_dead(const struct broker *broker)
{
	return ((const struct fake_broker *)broker)->dead;
}

int64_t fake_broker_calls(const struct broker *broker)
{
	return ((const struct fake_broker *)broker)->calls;
}
