/* fake_kafka: see fake_kafka.h. Here: logs, transactions, time. */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "lib/fake_kafka_state.h"
#include "lib/tally.h"

struct fk_part *fk_part(struct fake_kafka *kafka, struct fk_tp tp)
{
	must(tp.topic < kafka->topic_count && tp.partition < kafka->topics[tp.topic].count);
	return &kafka->topics[tp.topic].parts[tp.partition];
}

bool fk_has_topic(const struct fake_kafka *kafka, const char *topic)
{
	for (int i = 0; i < kafka->topic_count; i++)
		if (strcmp(kafka->topics[i].name, topic) == 0)
			return true;
	return false;
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

static void add_range(struct fk_part *part, const struct fk_range *range)
{
	part->ranges = realloc(part->ranges, (part->range_count + 1) * sizeof(*part->ranges));
	must(part->ranges != NULL);
	part->ranges[part->range_count++] = *range;
}

static int64_t base_of(const char *metadata)
{
	const char *b = strstr(metadata, " b=");

	return b ? strtoll(b + 3, NULL, 10) : -1;
}

static void commit_offset(struct fk_part *part, const struct fk_pending *pending)
{
	int64_t base = base_of(pending->metadata);
	int64_t from = part->has_c ? part->c : base; /* a first start begins at its base */
	int64_t deleted = from < part->log_start ? part->log_start : from;

	add_range(part, &(struct fk_range){from, pending->offset, pending->def, base,
					   deleted < pending->offset ? deleted : pending->offset});
	if (strstr(pending->metadata, " a=") && !strstr(part->metadata, " a="))
		tally(TALLY_GAP_OPENED);
	part->has_c = true;
	part->c = pending->offset;
	memcpy(part->metadata, pending->metadata, FK_META);
}

void fake_kafka_set_offset(struct fk_part *part, int64_t offset, const char *metadata)
{
	must(part->pending_count == 0 && strlen(metadata) < FK_META);
	part->has_c = offset >= 0;
	part->c = offset < 0 ? 0 : offset;
	memset(part->metadata, 0, sizeof(part->metadata));
	memcpy(part->metadata, metadata, strlen(metadata));
	add_range(part, &(struct fk_range){part->c, part->c, -1, -1, part->c});
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
	if (rng_chance(&kafka->rng, kafka->faults.per_mille[FK_FAULT_MARKER]))
		tally(TALLY_LATE_MARKERS);
	else
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

static void deliver_late(struct fake_kafka *kafka, bool all)
{
	size_t kept = 0;

	for (size_t i = 0; i < kafka->delayed_count; i++) {
		struct fk_delayed *late = &kafka->delayed[i];

		if (!all && late->due_ms > kafka->now_ms) {
			kafka->delayed[kept++] = *late;
			continue;
		}
		tally(late->what == FK_LATE_END ? TALLY_LATE_END : TALLY_LATE_OFFSETS);
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
			tally(TALLY_TXN_TIMEOUT);
			(void)fk_end(kafka, i, txid->pid, false);
			fk_markers(kafka, i);
			txid->pid = ++kafka->next_pid;
		}
		if (txid->prepared != FK_NONE && rng_chance(&kafka->rng, 300))
			fk_markers(kafka, i);
	}
	fk_expire_members(kafka);
}

void fake_kafka_fence(struct fake_kafka *kafka, const char *instance)
{
	for (int i = 0; i < FK_MEMBERS && kafka->txids[i].name; i++) {
		struct fk_txid *txid = &kafka->txids[i];

		if (strcmp(txid->name, instance) != 0)
			continue;
		(void)fk_end(kafka, i, txid->pid, false);
		fk_markers(kafka, i);
		txid->pid = ++kafka->next_pid;
	}
}

void fake_kafka_write_markers(struct fake_kafka *kafka)
{
	for (int i = 0; i < FK_MEMBERS; i++)
		fk_markers(kafka, i);
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
	must(partitions <= FK_PARTITIONS);
	topic->parts = calloc(FK_PARTITIONS, sizeof(*topic->parts));
	must(topic->parts != NULL);
	for (int32_t p = 0; p < FK_PARTITIONS; p++)
		topic->parts[p].saved_c = -1;
	return topic;
}

/* Seen by a client's next metadata: here by its next start, which is a rebalance then. */
void fake_kafka_add_partition(struct fake_kafka *kafka, struct fk_topic *topic)
{
	must(topic->count < FK_PARTITIONS);
	topic->count++;
	kafka->grown = true;
	tally(TALLY_PARTITION_ADDED);
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
		tally(TALLY_INPUT_ABORTED);
	}
	fk_put(part, &entry);
	if (transactional) {
		tally(TALLY_CONTROL);
		entry.kind = FK_CONTROL;
		fk_put(part, &entry);
	}
}

void fake_kafka_faults(struct fake_kafka *kafka, const struct fk_faults *faults)
{
	kafka->faults = *faults;
}

void fake_kafka_meanwhile(struct fake_kafka *kafka,
			  void (*fn)(void *arg, const struct broker *busy), void *arg)
{
	kafka->meanwhile = fn;
	kafka->meanwhile_arg = arg;
}

uint32_t fake_kafka_rate(const struct fake_kafka *kafka, enum fk_fault fault)
{
	return kafka->faults.per_mille[fault];
}

struct clock *fake_kafka_clock(struct fake_kafka *kafka)
{
	return &kafka->clock;
}

int64_t fake_kafka_now(const struct fake_kafka *kafka)
{
	return kafka->now_ms;
}
