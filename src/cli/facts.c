/* facts: see facts.h. */
#include "cli/facts.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/must.h"
#include "io/clock_ms.h"

#define ARENA_KEPT_BYTES ((size_t)1 << 16)

struct reader {
	struct broker *broker;
	struct store *store;
	const struct pipeline *pipeline;
	const struct ask *ask;
	struct arena *arena;
	uint64_t cluster;
};

static void fill(const struct reader *reader, struct facts_part *part, int32_t count,
		 bool compacted, const struct committed *committed)
{
	struct recover_in *in = &part->in;

	in->stateful = reader->pipeline->dedup_index >= 0;
	in->d = reader->pipeline->prefix_hash;
	in->window_ms = pipeline_window_ms(reader->pipeline);
	in->adopt = reader->pipeline->adopt;
	in->gap_accept = reader->pipeline->on_gap == GAP_ACCEPT;
	in->k = reader->cluster;
	in->n = count;
	in->compacted = compacted;
	in->now_ms = clock_ms(CLOCK_REALTIME);
	in->has_c = committed->has_offset;
	in->c = committed->has_offset ? committed->offset : 0;
	in->m_form = META_FOREIGN;
	if (committed->has_offset)
		in->m_form = meta_read(committed->metadata, &in->m);
}

/* Where a first start would begin. */
static int read_start(const struct reader *reader, struct facts_part *part, struct err *err)
{
	const struct broker_ops *ops = reader->broker->ops;
	struct recover_in *in = &part->in;
	int rc;

	in->start = in->log_start;
	if (part->is_added) /* what it holds came after the others */
		return 0;
	if (reader->pipeline->start == START_LATEST)
		in->start = in->high_watermark;
	if (reader->pipeline->start != START_TIME)
		return 0;
	do
		rc = ops->offset_at(reader->broker, part->tp, reader->pipeline->start_ms,
				    &in->start, err);
	while (ask_again(reader->ask, rc, err));
	return rc;
}

/* What is asked for each partition by itself: the ends after C, so that they are not older. */
static int read_part(const struct reader *reader, struct facts_part *part, struct err *err)
{
	const struct broker_ops *ops = reader->broker->ops;
	struct recover_in *in = &part->in;
	struct store_part store_part;
	struct crash_count crashes;
	int rc;

	do
		rc = ops->log_range(reader->broker, part->tp, &in->log_start, &in->high_watermark,
				    err);
	while (ask_again(reader->ask, rc, err));
	if (rc < 0)
		return -1;
	if (read_start(reader, part, err) < 0)
		return -1;
	if (!reader->store)
		return 0;
	if (reader->store->ops->acquire(reader->store, part->tp, &store_part, &in->has_checkpoint,
					&in->checkpoint, &crashes, err) < 0)
		return -1;
	in->has_checkpoint = in->has_checkpoint && in->checkpoint.k == in->k;
	return 0;
}

static int read_topic(const struct reader *reader, const char *topic, struct facts *facts,
		      struct err *err)
{
	const struct broker_ops *ops = reader->broker->ops;
	struct committed *committed;
	struct tp *tps;
	struct meta meta;
	int32_t count, known = INT32_MAX; /* the fewest partitions that an M tells of */
	bool compacted;
	int rc;

	do
		rc = ops->topic(reader->broker, topic, &count, &compacted, err);
	while (ask_again(reader->ask, rc, err));
	if (rc < 0)
		return -1;
	arena_reset(reader->arena);
	tps = arena_alloc(reader->arena, (size_t)count * sizeof(*tps));
	committed = arena_alloc(reader->arena, (size_t)count * sizeof(*committed));
	for (int32_t i = 0; i < count; i++)
		tps[i] = (struct tp){topic, i};
	do
		rc = ops->committed(reader->broker, tps, (size_t)count, reader->arena, committed,
				    err);
	while (ask_again(reader->ask, rc, err));
	if (rc < 0)
		return -1;
	for (int32_t i = 0; i < count; i++)
		if (committed[i].has_offset &&
		    meta_read(committed[i].metadata, &meta) == META_OURS && meta.n < known)
			known = meta.n;
	facts->parts =
		realloc(facts->parts, (facts->count + (size_t)count + 1) * sizeof(*facts->parts));
	must(facts->parts != NULL);
	for (int32_t i = 0; i < count; i++) {
		struct facts_part *part = &facts->parts[facts->count];

		memset(part, 0, sizeof(*part));
		part->tp = tps[i];
		part->is_added = !committed[i].has_offset && i >= known;
		fill(reader, part, count, compacted, &committed[i]);
		if (read_part(reader, part, err) < 0)
			return -1;
		facts->count++;
	}
	return 0;
}

int facts_read(struct broker *broker, struct store *store, const struct pipeline *pipeline,
	       const struct ask *ask, struct facts *ret, struct err *err)
{
	struct reader reader = {.broker = broker, .store = store, .pipeline = pipeline, .ask = ask};
	struct facts facts = {0};
	int rc;

	do
		rc = broker->ops->cluster(broker, &reader.cluster, err);
	while (ask_again(ask, rc, err));
	if (rc < 0)
		return -1;
	reader.arena = arena_new(ARENA_KEPT_BYTES);
	for (size_t i = 0; i < pipeline->topic_count && rc == 0; i++)
		rc = read_topic(&reader, pipeline->topics[i], &facts, err);
	arena_free(reader.arena);
	if (rc < 0) {
		facts_fini(&facts);
		return -1;
	}
	*ret = facts;
	return 0;
}

void facts_fini(struct facts *facts)
{
	free(facts->parts);
	facts->parts = NULL;
	facts->count = 0;
}
