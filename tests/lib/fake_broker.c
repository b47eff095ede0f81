/* fake_broker: the broker port on fake_kafka: the consumer's half here, the producer's in
 * fake_producer.c. Each call may fail as the real one's does. */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "lib/fake_kafka_state.h"

bool fk_alive(struct fake_broker *b)
{
	b->calls++;
	if (!b->dead && b->crash_in >= 0 && b->crash_in-- == 0)
		b->dead = true;
	return !b->dead;
}

bool fake_broker_alive(struct broker *broker)
{
	return fk_alive(fk_self(broker));
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
	struct fake_broker *b = fk_self(broker);

	if (!fk_alive(b))
		return fk_dead(err);
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
	struct fake_broker *b = fk_self(broker);

	memset(ret, 0, sizeof(*ret));
	if (!fk_alive(b))
		return fk_dead(err);
	if (b->subscribed && is_fenced(b))
		return err_set(err, ERR_STOP, EXIT_FENCED, "FENCED_INSTANCE_ID");
	if (fk_fault(b, b->kafka->faults.retry))
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
	struct fake_broker *b = fk_self(broker);

	memset(b->key, 'Z', sizeof(b->key) - 1); /* borrowed until here, and no longer */
	memset(b->value, 'Z', sizeof(b->value) - 1);
}

static int assign(struct broker *broker, const struct tp_offset *positions, size_t count,
		  struct err *err)
{
	struct fake_broker *b = fk_self(broker);

	if (!fk_alive(b))
		return fk_dead(err);
	if (fk_fault(b, b->kafka->faults.retry))
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
		if (positions[i].offset > part->log_start && fk_fault(b, b->kafka->faults.stale))
			b->positions[i].position--;
	}
	return 0;
}

static int unassign(struct broker *broker, struct err *err)
{
	struct fake_broker *b = fk_self(broker);

	if (!fk_alive(b))
		return fk_dead(err);
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
	return fk_self(broker)->lost && fk_self(broker)->told;
}

static bool is_member(struct broker *broker)
{
	return fk_self(broker)->member_id != 0;
}

static int cluster(struct broker *broker, uint64_t *ret_hash, struct err *err)
{
	struct fake_broker *b = fk_self(broker);

	if (!fk_alive(b))
		return fk_dead(err);
	if (fk_fault(b, b->kafka->faults.retry))
		return err_set(err, ERR_RETRY, 0, "cluster");
	*ret_hash = 0x1234;
	return 0;
}

static int topic(struct broker *broker, const char *name, int32_t *ret_partitions,
		 bool *ret_compacted, struct err *err)
{
	struct fake_broker *b = fk_self(broker);

	if (!fk_alive(b))
		return fk_dead(err);
	*ret_partitions = b->kafka->topics[fk_tp_of(b->kafka, name, 0).topic].count;
	*ret_compacted = false;
	return 0;
}

static int committed(struct broker *broker, const struct tp *tps, size_t count, struct arena *arena,
		     struct committed *ret, struct err *err)
{
	struct fake_broker *b = fk_self(broker);

	if (!fk_alive(b))
		return fk_dead(err);
	if (fk_fault(b, b->kafka->faults.retry))
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
	struct fake_broker *b = fk_self(broker);
	struct fk_part *part;

	if (!fk_alive(b))
		return fk_dead(err);
	if (fk_fault(b, b->kafka->faults.retry))
		return err_set(err, ERR_RETRY, 0, "log_range");
	part = fk_part(b->kafka, fk_tp_of(b->kafka, tp.topic, tp.partition));
	*ret_start = part->log_start;
	*ret_end = fake_kafka_lso(part);
	return 0;
}

static int64_t heard_end(struct broker *broker, struct tp tp)
{
	struct fake_broker *b = fk_self(broker);

	return fake_kafka_lso(fk_part(b->kafka, fk_tp_of(b->kafka, tp.topic, tp.partition)));
}

static int offset_at(struct broker *broker, struct tp tp, int64_t ms, int64_t *ret, struct err *err)
{
	struct fake_broker *b = fk_self(broker);
	struct fk_part *part;

	if (!fk_alive(b))
		return fk_dead(err);
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
		fk_self(broker)->dead = true;
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
	.renew = fake_producer_renew,
	.begin = fake_producer_begin,
	.produce = fake_producer_produce,
	.send_offsets = fake_producer_send_offsets,
	.commit = fake_producer_commit,
	.abort = fake_producer_abort,
	.tainted = fake_producer_tainted,
	.refused = fake_producer_refused,
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
	fk_self(broker)->dead = true;
}

void fake_broker_freeze(struct broker *broker, bool frozen)
{
	fk_self(broker)->frozen = frozen;
}

void fake_broker_crash_in(struct broker *broker, int64_t calls)
{
	fk_self(broker)->crash_in = calls;
}

bool fake_broker_is_dead(const struct broker *broker)
{
	return ((const struct fake_broker *)broker)->dead;
}

int64_t fake_broker_calls(const struct broker *broker)
{
	return ((const struct fake_broker *)broker)->calls;
}
