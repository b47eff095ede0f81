/* fake_broker: the broker port on fake_kafka. Each call may fail as the real one's does. Here: the
 * process, the consumer, facts; fake_producer.c has the rest. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "lib/fake_kafka_state.h"
#include "lib/tally.h"

static struct fake_broker *self(struct broker *broker)
{
	return (struct fake_broker *)broker;
}

int fb_dead(struct err *err)
{
	return err_set(err, ERR_STOP, EXIT_INTERNAL, "killed");
}

/* After the session ended the client hears of it at some moment, and then has neither a member id
 * nor a generation. Until then it works on with what it believes. */
static void maybe_learn(struct fake_broker *b)
{
	if (b->lost && !b->learned && rng_chance(&b->kafka->rng, 200))
		b->learned = true;
}

bool fb_alive(struct fake_broker *b)
{
	if (b->kafka->meanwhile)
		b->kafka->meanwhile(b->kafka->meanwhile_arg, &b->broker);
	if (!b->dead && b->crash_in >= 0 && b->crash_in-- == 0) {
		b->dead = true;
		tally(TALLY_CRASH);
	}
	b->failing = b->fail_in >= 0 && b->fail_in-- == 0;
	maybe_learn(b);
	return !b->dead;
}

bool fake_broker_alive(struct broker *broker)
{
	return fb_alive(self(broker));
}

bool fb_is_member(const struct fake_broker *b)
{
	return b->member_id != 0 && !b->learned;
}

bool fb_fault(struct fake_broker *b, enum fk_fault fault, uint32_t rarer)
{
	const struct fk_faults *faults = &b->kafka->faults;

	if (b->failing && b->fail == fault) {
		b->failing = false;
		return true;
	}
	return rng_chance(&b->kafka->rng, faults->per_mille[fault] / rarer);
}

static bool retry(struct fake_broker *b, const char *what, struct err *err)
{
	if (!fb_fault(b, FK_FAULT_RETRY, 1))
		return false;
	tally(TALLY_RETRY);
	(void)err_set(err, ERR_RETRY, 0, "%s", what);
	return true;
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

	if (!fb_alive(b))
		return fb_dead(err);
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

/* What was fetched before the loss may come before the news of it. */
static bool is_late(struct fake_broker *b)
{
	if (b->waiting != BROKER_LOST || b->position_count == 0 || rng_chance(&b->kafka->rng, 300))
		return false;
	tally(TALLY_LOST_UNSEEN);
	return true;
}

static int poll(struct broker *broker, int timeout_ms, struct broker_event *ret, struct err *err)
{
	struct fake_broker *b = self(broker);

	memset(ret, 0, sizeof(*ret));
	if (!fb_alive(b))
		return fb_dead(err);
	if (b->subscribed && is_fenced(b)) {
		tally(TALLY_FENCED_MEMBER);
		return err_set(err, ERR_STOP, EXIT_FENCED, "FENCED_INSTANCE_ID");
	}
	if (retry(b, "all brokers down", err))
		return -1;
	if (b->waiting != BROKER_NOTHING && !b->told && !is_late(b) &&
	    !(b->waiting == BROKER_REVOKED && b->unanswered)) {
		ret->kind = b->waiting;
		if (ret->kind == BROKER_LOST) {
			b->learned = true;
			tally(TALLY_LOST);
		}
		b->told = ret->kind != BROKER_ASSIGNED;
		b->unanswered = !b->told;
		b->waiting = BROKER_NOTHING;
		ret->partitions = b->assigned;
		ret->partition_count = b->assigned_count;
		return 0;
	}
	if (b->position_count > 0 && !b->told)
		fetch(b, ret);
	/* after the begin and the note of the risk, before anything could be committed */
	if (ret->kind == BROKER_RECORD && b->poison >= 0 && ret->source.offset == b->poison)
		b->crash_in = 2;
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

/* What the worker decided, by where it reads from: for the tally only. */
static void tally_verdict(struct fake_broker *b, struct fk_tp tp, int64_t from)
{
	const struct fk_part *part = fk_part(b->kafka, tp);
	const char *w = strstr(part->metadata, " w=");

	if (!b->deciding[tp.partition])
		return;
	b->deciding[tp.partition] = false;
	if (from >= part->c)
		tally(TALLY_VERDICT_LIVE);
	else if (!b->forgot[tp.partition])
		tally(TALLY_VERDICT_REPLAY);
	else if (w && strtoll(w + 3, NULL, 10) == from)
		tally(TALLY_VERDICT_REBUILD);
	else
		tally(TALLY_VERDICT_SCRATCH);
}

static int assign(struct broker *broker, const struct tp_offset *positions, size_t count,
		  struct err *err)
{
	struct fake_broker *b = self(broker);

	if (!fb_alive(b))
		return fb_dead(err);
	if (retry(b, "assign", err))
		return -1;
	b->position_count = count;
	b->unanswered = false;
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
		if (positions[i].offset > part->log_start && fb_fault(b, FK_FAULT_STALE, 1)) {
			tally(TALLY_STALE);
			b->positions[i].position--;
		}
		tally_verdict(b, tp, positions[i].offset);
	}
	return 0;
}

static int unassign(struct broker *broker, struct err *err)
{
	struct fake_broker *b = self(broker);

	if (!fb_alive(b))
		return fb_dead(err);
	b->position_count = 0;
	b->told = b->unanswered = false;
	if (b->lost) {
		b->lost = b->learned = false;
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
	maybe_learn(self(broker));
	return self(broker)->learned && !self(broker)->conf.ignore_membership;
}

static bool is_member(struct broker *broker)
{
	return fb_is_member(self(broker)) || self(broker)->conf.ignore_membership;
}

static int cluster(struct broker *broker, uint64_t *ret_hash, struct err *err)
{
	struct fake_broker *b = self(broker);

	if (!fb_alive(b))
		return fb_dead(err);
	if (retry(b, "cluster", err))
		return -1;
	*ret_hash = FK_CLUSTER;
	return 0;
}

static int topic(struct broker *broker, const char *name, int32_t *ret_partitions,
		 bool *ret_compacted, struct err *err)
{
	struct fake_broker *b = self(broker);

	if (!fb_alive(b))
		return fb_dead(err);
	if (!fk_has_topic(b->kafka, name))
		return err_set(err, ERR_RETRY, 3, "topic %s: unknown", name);
	*ret_partitions = b->kafka->topics[fk_tp_of(b->kafka, name, 0).topic].count;
	*ret_compacted = false;
	return 0;
}

static int committed(struct broker *broker, const struct tp *tps, size_t count, struct arena *arena,
		     struct committed *ret, struct err *err)
{
	struct fake_broker *b = self(broker);

	if (!fb_alive(b))
		return fb_dead(err);
	if (retry(b, "committed", err))
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct fk_part *part =
			fk_part(b->kafka, fk_tp_of(b->kafka, tps[i].topic, tps[i].partition));

		if (part->pending_count == 0 && !part->end_lost)
			continue;
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

	if (!fb_alive(b))
		return fb_dead(err);
	if (retry(b, "log_range", err))
		return -1;
	part = fk_part(b->kafka, fk_tp_of(b->kafka, tp.topic, tp.partition));
	b->deciding[tp.partition] = true;
	b->forgot[tp.partition] = false;
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

	if (!fb_alive(b))
		return fb_dead(err);
	part = fk_part(b->kafka, fk_tp_of(b->kafka, tp.topic, tp.partition));
	for (*ret = part->log_start; *ret < part->count; (*ret)++)
		if (part->entries[*ret].timestamp >= ms)
			break;
	return 0;
}

/* A graceful end of a static member: no LeaveGroup; the heartbeats just stop. */
static void close_broker(struct broker *broker)
{
	if (broker)
		self(broker)->dead = true;
}

static const struct broker_ops *the_ops(void)
{
	static struct broker_ops ops = {
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
		.close = close_broker,
	};

	fb_producer_ops(&ops);
	return &ops;
}

struct broker *fake_broker_new(struct fake_kafka *kafka, const struct fake_broker_conf *conf)
{
	struct fake_broker *b = calloc(1, sizeof(*b));

	must(b != NULL && kafka->handle_count < sizeof(kafka->handles) / sizeof(*kafka->handles));
	b->broker.ops = the_ops();
	b->kafka = kafka;
	b->conf = *conf;
	b->crash_in = -1;
	b->poison = -1;
	b->fail_in = -1;
	b->txid = -1;
	kafka->handles[kafka->handle_count++] = b;
	return &b->broker;
}

void fake_broker_kill(struct broker *broker)
{
	self(broker)->dead = true;
}

bool fake_broker_freeze(struct broker *broker, bool frozen)
{
	self(broker)->frozen = frozen;
	return self(broker)->lost && self(broker)->assigned_count > 0;
}

void fake_broker_poison(struct broker *broker, int64_t offset)
{
	self(broker)->poison = offset;
}

void fake_broker_crash_in(struct broker *broker, int64_t calls)
{
	self(broker)->crash_in = calls;
}

void fake_broker_fail_in(struct broker *broker, int64_t calls, enum fk_fault fault)
{
	self(broker)->fail_in = calls;
	self(broker)->fail = fault;
}

bool fake_broker_in_txn(const struct broker *broker)
{
	return ((const struct fake_broker *)broker)->in_txn;
}

void fake_broker_mute_commit(struct broker *broker)
{
	self(broker)->mute = true;
}

bool fake_broker_has_failed(const struct broker *broker)
{
	return ((const struct fake_broker *)broker)->fail_in < 0;
}

void fake_broker_lose(struct broker *broker)
{
	struct fake_broker *b = self(broker);

	for (int i = 0; i < FK_MEMBERS; i++)
		if (b->kafka->members[i].handle == b)
			b->kafka->members[i].instance = NULL;
	b->waiting = BROKER_LOST;
	b->lost = b->learned = true;
}

void fake_broker_forgot(struct broker *broker, struct tp tp)
{
	self(broker)->forgot[tp.partition] = true;
}

bool fake_broker_is_dead(const struct broker *broker)
{
	return ((const struct fake_broker *)broker)->dead;
}
