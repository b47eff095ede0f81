/* fake_kafka: see fake_kafka.h. Here: logs, transactions, the group. */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "lib/fake_kafka_state.h"

struct fk_part *fk_part(struct fake_kafka *kafka, struct fk_tp tp)
{
	must(tp.topic < kafka->topic_count && tp.partition < kafka->topics[tp.topic].count);
	return &kafka->topics[tp.topic].parts[tp.partition];
}

struct fk_tp fk_tp_of(struct fake_kafka *kafka, const char *topic, int32_t partition)
{
	for (int i = 0; i < kafka->topic_count; i++)
		if (strcmp(kafka->topics[i].name, topic) == 0)
			return (struct fk_tp){i, partition};
	must(false && "a topic that exists");
	return (struct fk_tp){0, 0};
}

void fk_put(struct fk_part *part, const struct fk_entry *entry)
{
	if (part->count == part->capacity) {
		part->capacity = part->capacity ? part->capacity * 2 : 64;
		part->entries =
			realloc(part->entries, (size_t)part->capacity * sizeof(*part->entries));
		must(part->entries != NULL);
	}
	part->entries[part->count++] = *entry;
}

int64_t fake_kafka_lso(const struct fk_part *part)
{
	for (int64_t i = part->log_start; i < part->count; i++)
		if (part->entries[i].kind == FK_DATA && part->entries[i].state == FK_OPEN)
			return i;
	return part->count;
}

void fk_touch(struct fk_txid *txid, struct fk_tp tp)
{
	for (size_t i = 0; i < txid->touched_count; i++)
		if (txid->touched[i].topic == tp.topic &&
		    txid->touched[i].partition == tp.partition)
			return;
	must(txid->touched_count < FK_TOUCHED);
	txid->touched[txid->touched_count++] = tp;
}

static void commit_offset(struct fk_part *part, const struct fk_pending *pending)
{
	int64_t from = part->has_c ? part->c : 0;

	part->ranges = realloc(part->ranges, (part->range_count + 1) * sizeof(*part->ranges));
	must(part->ranges != NULL);
	part->ranges[part->range_count++] = (struct fk_range){from, pending->offset, pending->def};
	part->has_c = true;
	part->c = pending->offset;
	memcpy(part->metadata, pending->metadata, FK_META);
}

static void settle_pending(struct fk_part *part, uint64_t pid, bool commit)
{
	size_t kept = 0;

	for (size_t i = 0; i < part->pending_count; i++) {
		if (part->pending[i].pid != pid)
			part->pending[kept++] = part->pending[i];
		else if (commit)
			commit_offset(part, &part->pending[i]);
	}
	part->pending_count = kept;
}

void fk_markers(struct fake_kafka *kafka, int index)
{
	struct fk_txid *txid = &kafka->txids[index];
	bool commit = txid->prepared == FK_COMMIT;
	uint64_t pid = txid->prepared_pid;

	if (txid->prepared == FK_NONE)
		return;
	for (size_t i = 0; i < txid->touched_count; i++) {
		struct fk_part *part = fk_part(kafka, txid->touched[i]);
		struct fk_entry marker = {.kind = FK_CONTROL, .state = FK_COMMITTED, .pid = pid};

		for (int64_t o = part->count - 1; o >= 0; o--)
			if (part->entries[o].pid == pid && part->entries[o].state == FK_OPEN)
				part->entries[o].state = commit ? FK_COMMITTED : FK_ABORTED;
		fk_put(part, &marker);
	}
	for (int t = 0; t < kafka->topic_count; t++)
		for (int32_t p = 0; p < kafka->topics[t].count; p++)
			settle_pending(&kafka->topics[t].parts[p], pid, commit);
	txid->touched_count = 0;
	txid->prepared = FK_NONE;
}

bool fk_end(struct fake_kafka *kafka, int index, uint64_t pid, bool commit)
{
	struct fk_txid *txid = &kafka->txids[index];

	if (txid->pid != pid)
		return false; /* INVALID_PRODUCER_EPOCH */
	if (!txid->ongoing)
		return true; /* nothing to end: the same answer again */
	txid->ongoing = false;
	txid->prepared = commit ? FK_COMMIT : FK_ABORT;
	txid->prepared_pid = pid;
	if (!rng_chance(&kafka->rng, kafka->faults.marker))
		fk_markers(kafka, index);
	return true;
}

bool fk_offsets(struct fake_kafka *kafka, int index, uint64_t pid, struct fk_tp tp,
		const struct fk_pending *offsets)
{
	struct fk_txid *txid = &kafka->txids[index];
	struct fk_part *part = fk_part(kafka, tp);

	if (txid->pid != pid || !txid->ongoing)
		return false;
	for (size_t i = 0; i < part->pending_count; i++)
		if (part->pending[i].pid == pid) {
			part->pending[i] = *offsets;
			return true;
		}
	must(part->pending_count < 8);
	part->pending[part->pending_count++] = *offsets;
	return true;
}

/* --- the group: classic, eager, static members --- */

struct fk_member *fk_member_of(struct fake_kafka *kafka, const struct fake_broker *handle)
{
	for (int i = 0; i < FK_MEMBERS; i++)
		if (kafka->members[i].instance && kafka->members[i].id == handle->member_id)
			return &kafka->members[i];
	return NULL;
}

static void start_rebalance(struct fake_kafka *kafka)
{
	kafka->rebalancing = true;
	for (int i = 0; i < FK_MEMBERS; i++) {
		struct fk_member *member = &kafka->members[i];

		if (!member->instance)
			continue;
		member->joined = member->handle->assigned_count == 0 && !member->handle->told;
		if (!member->joined && !member->handle->dead && !member->handle->told)
			member->handle->waiting = BROKER_REVOKED;
	}
}

/* Range over all partitions of the topics that the first member reads, once everybody joined. */
static void finish_rebalance(struct fake_kafka *kafka)
{
	struct fk_member *members[FK_MEMBERS];
	size_t count = 0, next = 0;

	for (int i = 0; i < FK_MEMBERS; i++) {
		if (!kafka->members[i].instance)
			continue;
		if (!kafka->members[i].joined)
			return;
		members[count++] = &kafka->members[i];
	}
	kafka->rebalancing = false;
	kafka->generation++;
	if (count == 0)
		return;
	for (size_t i = 0; i < count; i++)
		members[i]->handle->assigned_count = 0;
	next = rng_below(&kafka->rng, (uint32_t)count);
	for (size_t t = 0; t < members[0]->handle->conf.topic_count; t++) {
		const char *topic = members[0]->handle->conf.topics[t];
		int32_t n = kafka->topics[fk_tp_of(kafka, topic, 0).topic].count;

		for (int32_t p = 0; p < n; p++) {
			struct fake_broker *handle = members[next++ % count]->handle;

			handle->assigned[handle->assigned_count++] = (struct tp){topic, p};
		}
	}
	for (size_t i = 0; i < count; i++) {
		members[i]->handle->waiting = BROKER_ASSIGNED;
		members[i]->handle->generation = kafka->generation;
	}
}

void fk_joined(struct fake_kafka *kafka, struct fake_broker *handle)
{
	struct fk_member *member = fk_member_of(kafka, handle);

	if (member)
		member->joined = true;
	if (kafka->rebalancing)
		finish_rebalance(kafka);
}

void fk_join(struct fake_kafka *kafka, struct fake_broker *handle)
{
	struct fk_member *free_place = NULL;

	handle->member_id = ++kafka->next_member;
	for (int i = 0; i < FK_MEMBERS; i++) {
		struct fk_member *member = &kafka->members[i];

		if (!member->instance) {
			free_place = free_place ? free_place : member;
			continue;
		}
		if (strcmp(member->instance, handle->conf.instance) != 0)
			continue;
		/* A static member comes back: the old one is fenced; in a stable group it keeps its
		 * partitions without a rebalance. */
		if (!kafka->rebalancing && member->handle->assigned_count > 0 &&
		    member->handle != handle) {
			memcpy(handle->assigned, member->handle->assigned,
			       sizeof(handle->assigned));
			handle->assigned_count = member->handle->assigned_count;
			handle->generation = kafka->generation;
			handle->waiting = BROKER_ASSIGNED;
			*member = (struct fk_member){handle->conf.instance, handle->member_id,
						     handle, kafka->now_ms, true};
			return;
		}
		free_place = member;
		break;
	}
	must(free_place != NULL);
	*free_place = (struct fk_member){handle->conf.instance, handle->member_id, handle,
					 kafka->now_ms, true};
	start_rebalance(kafka);
	fk_joined(kafka, handle);
}

static void expire_members(struct fake_kafka *kafka)
{
	bool expired = false;

	for (int i = 0; i < FK_MEMBERS; i++) {
		struct fk_member *member = &kafka->members[i];

		if (!member->instance)
			continue;
		if (!member->handle->dead && !member->handle->frozen)
			member->heartbeat_ms = kafka->now_ms;
		if (kafka->now_ms - member->heartbeat_ms <= FK_SESSION_MS)
			continue;
		if (!member->handle->dead) {
			member->handle->waiting = BROKER_LOST;
			member->handle->lost = true;
		}
		member->instance = NULL;
		expired = true;
	}
	if (expired) {
		start_rebalance(kafka);
		finish_rebalance(kafka);
	}
}

static void deliver_late(struct fake_kafka *kafka, bool all)
{
	size_t kept = 0;

	for (size_t i = 0; i < kafka->delayed_count; i++) {
		struct fk_delayed *late = &kafka->delayed[i];

		if (!all && late->due_ms > kafka->now_ms) {
			kafka->delayed[kept++] = *late;
			continue;
		}
		if (late->what == FK_LATE_END)
			(void)fk_end(kafka, late->txid, late->pid, late->commit);
		else
			(void)fk_offsets(kafka, late->txid, late->pid, late->tp, &late->offsets);
	}
	kafka->delayed_count = kept;
}

void fake_kafka_tick(struct fake_kafka *kafka, int64_t ms)
{
	kafka->now_ms += ms;
	deliver_late(kafka, false);
	for (int i = 0; i < FK_MEMBERS; i++) {
		struct fk_txid *txid = &kafka->txids[i];

		if (txid->ongoing && kafka->now_ms - txid->began_ms > FK_TXN_TIMEOUT_MS) {
			/* The coordinator aborts it and bumps the epoch: the producer is fenced. */
			(void)fk_end(kafka, i, txid->pid, false);
			fk_markers(kafka, i);
			txid->pid = ++kafka->next_pid;
		}
		if (txid->prepared != FK_NONE && rng_chance(&kafka->rng, 300))
			fk_markers(kafka, i);
	}
	expire_members(kafka);
}

void fake_kafka_settle(struct fake_kafka *kafka)
{
	deliver_late(kafka, true);
	for (int i = 0; i < FK_MEMBERS; i++) {
		struct fk_txid *txid = &kafka->txids[i];

		if (txid->ongoing) {
			(void)fk_end(kafka, i, txid->pid, false);
			txid->pid = ++kafka->next_pid;
		}
		fk_markers(kafka, i);
	}
}

static int64_t monotonic(struct clock *clock)
{
	return ((struct fake_kafka *)clock)->now_ms;
}

static int64_t wall(struct clock *clock)
{
	return 1700000000000 + ((struct fake_kafka *)clock)->now_ms;
}

static void sleep_for(struct clock *clock, int64_t ms)
{
	fake_kafka_tick((struct fake_kafka *)clock, ms);
}

struct fake_kafka *fake_kafka_new(uint64_t seed, const struct fk_faults *faults)
{
	static const struct clock_ops ops = {monotonic, wall, sleep_for};
	struct fake_kafka *kafka = calloc(1, sizeof(*kafka));

	must(kafka != NULL);
	kafka->clock.ops = &ops;
	kafka->rng.state = seed;
	kafka->faults = *faults;
	kafka->now_ms = 1000;
	return kafka;
}

void fake_kafka_free(struct fake_kafka *kafka)
{
	for (int t = 0; t < kafka->topic_count; t++) {
		for (int32_t p = 0; p < kafka->topics[t].count; p++) {
			free(kafka->topics[t].parts[p].entries);
			free(kafka->topics[t].parts[p].ranges);
		}
		free(kafka->topics[t].parts);
	}
	for (size_t i = 0; i < kafka->handle_count; i++)
		free(kafka->handles[i]);
	free(kafka);
}

struct fk_topic *fake_kafka_topic(struct fake_kafka *kafka, const char *name, int32_t partitions)
{
	struct fk_topic *topic = &kafka->topics[kafka->topic_count++];

	must(kafka->topic_count <= FK_TOPICS);
	topic->name = name;
	topic->count = partitions;
	topic->parts = calloc((size_t)partitions, sizeof(*topic->parts));
	must(topic->parts != NULL);
	return topic;
}

void fake_kafka_append(struct fake_kafka *kafka, struct fk_topic *topic, int32_t partition,
		       const char *key, const char *value, int64_t timestamp, bool transactional)
{
	struct fk_entry entry = {.kind = FK_DATA, .state = FK_COMMITTED, .timestamp = timestamp};
	struct fk_part *part = &topic->parts[partition];

	memcpy(entry.key, key, strnlen(key, sizeof(entry.key) - 1));
	memcpy(entry.value, value, strnlen(value, sizeof(entry.value) - 1));
	if (transactional && rng_chance(&kafka->rng, 200)) {
		struct fk_entry aborted = entry;

		memcpy(aborted.value, "aborted", 8);
		aborted.state = FK_ABORTED;
		fk_put(part, &aborted);
		aborted.kind = FK_CONTROL;
		fk_put(part, &aborted);
	}
	fk_put(part, &entry);
	if (transactional) {
		entry.kind = FK_CONTROL;
		fk_put(part, &entry);
	}
}

void fake_kafka_faults(struct fake_kafka *kafka, const struct fk_faults *faults)
{
	kafka->faults = *faults;
}

struct clock *fake_kafka_clock(struct fake_kafka *kafka)
{
	return &kafka->clock;
}

int64_t fake_kafka_now(const struct fake_kafka *kafka)
{
	return kafka->now_ms;
}
