/* verify_read: see verify_read.h. */
#include "cli/verify_read.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/must.h"
#include "cli/verify_item.h"
#include "cli/verify_journal.h"

#define IDLE_MS_MAX 20000 /* longer than an open transaction's own timeout */
#define ARENA_KEPT_BYTES ((size_t)1 << 20)

static int partitions(struct kafka_topic *reader, const struct ask *ask, const char *topic,
		      int32_t *ret, bool *ret_compacted, struct err *err)
{
	int rc;

	do
		rc = kafka_topic_partitions(reader, topic, ret, err);
	while (ask_again(ask, rc, err));
	if (rc < 0)
		return -1;
	do
		rc = kafka_topic_compacted(reader, topic, ret_compacted, err);
	while (ask_again(ask, rc, err));
	return rc;
}

static int range(struct kafka_topic *reader, const struct ask *ask, struct tp tp,
		 int64_t *ret_start, int64_t *ret_end, struct err *err)
{
	int rc;

	do
		rc = kafka_topic_range(reader, tp, ret_start, ret_end, err);
	while (ask_again(ask, rc, err));
	return rc;
}

/* Into the arena. */
static int read_committed(const struct verify_source *from, const struct ask *ask,
			  const struct verify_parts *parts, struct arena *arena,
			  struct committed **ret, struct err *err)
{
	struct tp *tps = arena_alloc(arena, (parts->count + 1) * sizeof(*tps));
	struct committed *committed = arena_alloc(arena, (parts->count + 1) * sizeof(*committed));
	int rc;

	for (size_t i = 0; i < parts->count; i++)
		tps[i] = parts->all[i].tp;
	do
		rc = from->journal ? from->journal->ops->committed(from->journal, tps, parts->count,
								   arena, committed, err)
				   : kafka_topic_committed(from->topics, tps, parts->count, arena,
							   committed, err);
	while (ask_again(ask, rc, err));
	if (rc == 0)
		*ret = committed;
	return rc;
}

/* --- steps 1 and 2 --- */

/* Can what was committed be judged by the present definition? */
static void take_committed(const struct pipeline *pipeline, const struct committed *committed,
			   struct verify_part *part, struct verify_notes *notes)
{
	if (!committed->has_offset)
		return;
	part->has_c = true;
	part->c = committed->offset;
	part->has_m = meta_read(committed->metadata, &part->m) == META_OURS;
	if (!part->has_m) {
		part->judged = false;
		verify_notes_add(notes,
				 "%s/%" PRId32 ": the committed offset %" PRId64
				 " was not written by this onced: it cannot be told where it began",
				 part->tp.topic, part->tp.partition, part->c);
	} else if (part->m.d != pipeline->prefix_hash) {
		part->judged = false;
		verify_notes_add(notes,
				 "%s/%" PRId32
				 ": the definition has changed since the last commit (the steps up "
				 "to dedup, their window, the format, or onced's expressions)",
				 part->tp.topic, part->tp.partition);
	} else if (part->m.a.open) {
		part->judged = false;
		verify_notes_add(notes,
				 "%s/%" PRId32 ": a gap is open: part of what was seen is lost",
				 part->tp.topic, part->tp.partition);
	}
}

static int read_inputs(const struct verify_source *from, const struct pipeline *pipeline,
		       const struct ask *ask, struct verify_parts *parts,
		       struct verify_notes *notes, struct err *err)
{
	if (from->journal) {
		verify_parts_add(parts, pipeline->topics[0], 1);
		return 0;
	}
	for (size_t i = 0; i < pipeline->topic_count; i++) {
		bool compacted;
		int32_t count;

		if (partitions(from->topics, ask, pipeline->topics[i], &count, &compacted, err) < 0)
			return -1;
		verify_parts_add(parts, pipeline->topics[i], count);
		if (!compacted)
			continue;
		verify_notes_add(notes, "%s is compacted: what it held is not all there",
				 pipeline->topics[i]);
		for (size_t j = parts->first[i]; j < parts->count; j++)
			parts->all[j].judged = false;
	}
	return 0;
}

static int read_output_ends(const struct verify_source *from, const struct pipeline *pipeline,
			    const struct ask *ask, struct verify_parts *parts,
			    struct verify_notes *notes, struct err *err)
{
	const char *topic;

	for (size_t i = 0; (topic = verify_item_topic(pipeline, i)) != NULL; i++) {
		struct verify_output output = {.topic = (uint8_t)i};
		struct kafka_topic_span *span = &output.span;
		int32_t count;

		if (partitions(from->topics, ask, topic, &count, &output.compacted, err) < 0)
			return -1;
		if (output.compacted)
			verify_notes_add(notes,
					 "%s is compacted: what is missing may have been there",
					 topic);
		for (int32_t j = 0; j < count; j++) {
			span->tp = (struct tp){topic, j};
			if (range(from->topics, ask, span->tp, &span->start, &span->end, err) < 0)
				return -1;
			verify_parts_add_output(parts, &output);
			if (span->start > 0)
				verify_notes_add(notes,
						 "%s/%" PRId32 ": outputs below %" PRId64
						 " are deleted",
						 topic, j, span->start);
		}
	}
	return 0;
}

int verify_read_begin(const struct verify_source *from, const struct pipeline *pipeline,
		      const struct ask *ask, struct verify_parts *parts, struct verify_notes *notes,
		      struct err *err)
{
	struct arena *arena;
	struct committed *committed;
	int rc;

	if (read_inputs(from, pipeline, ask, parts, notes, err) < 0)
		return -1;
	arena = arena_new(ARENA_KEPT_BYTES);
	rc = read_committed(from, ask, parts, arena, &committed, err);
	for (size_t i = 0; rc == 0 && i < parts->count; i++)
		take_committed(pipeline, &committed[i], &parts->all[i], notes);
	arena_free(arena);
	return rc < 0 ? rc : read_output_ends(from, pipeline, ask, parts, notes, err);
}

/* --- step 4 --- */

static int64_t at_most(int64_t value, int64_t max)
{
	return value < max ? value : max;
}

static int64_t at_least(int64_t value, int64_t min)
{
	return value > min ? value : min;
}

/* The part of the log to be read. */
static void place(struct verify_part *part, int64_t log_start, int64_t log_end, int64_t second_c,
		  struct verify_notes *notes)
{
	int64_t base = part->has_m ? part->m.b : log_start;

	if (part->c > log_end) {
		part->judged = false;
		verify_notes_add(notes,
				 "%s/%" PRId32 ": the committed offset %" PRId64
				 " lies beyond the log's end %" PRId64 ": the topic was made anew, "
				 "or truncated",
				 part->tp.topic, part->tp.partition, part->c, log_end);
	}
	part->cut = part->judged && base < log_start && part->c > base;
	if (part->cut)
		verify_notes_add(notes,
				 "%s/%" PRId32 ": input from %" PRId64 " to %" PRId64
				 " is deleted: its outputs, and repeats of it, are not checkable",
				 part->tp.topic, part->tp.partition, base,
				 at_most(log_start, part->c));
	part->start = at_least(base, log_start);
	part->has_past = part->start > 0;
	part->c = at_least(at_most(part->c, log_end), part->start);
	part->end = at_least(at_most(second_c, log_end), part->c);
	if (!part->judged)
		part->end = part->c = part->start; /* nothing of it is read */
}

int verify_read_end(const struct verify_source *from, const struct pipeline *pipeline,
		    const struct ask *ask, struct verify_parts *parts, struct verify_notes *notes,
		    struct err *err)
{
	struct arena *arena = arena_new(ARENA_KEPT_BYTES);
	struct committed *committed;
	int rc = read_committed(from, ask, parts, arena, &committed, err);

	for (size_t i = 0; rc == 0 && i < parts->count; i++) {
		struct verify_part *part = &parts->all[i];
		int64_t log_start, log_end;

		if (committed[i].has_offset && !part->has_c) {
			/* The first start came in between: nothing below it was there to judge. */
			take_committed(pipeline, &committed[i], part, notes);
			part->c = part->has_m ? part->m.b : 0;
		}
		rc = from->journal ? verify_journal_range(from->journal, ask, part->tp, &log_start,
							  &log_end, err)
				   : range(from->topics, ask, part->tp, &log_start, &log_end, err);
		if (rc == 0)
			place(part, log_start, log_end,
			      committed[i].has_offset ? committed[i].offset : 0, notes);
	}
	arena_free(arena);
	return rc;
}

/* --- steps 3 and 5 --- */

struct reading {
	kafka_topic_fn *fn;
	void *arg;
	bool failed; /* it was fn that ended the read */
};

static int pass_on(void *arg, const struct source *source, const struct record *record,
		   struct err *err)
{
	struct reading *reading = arg;

	reading->failed = reading->fn(reading->arg, source, record, err) < 0;
	return reading->failed ? -1 : 0;
}

/* A read that gets nowhere is the broker's absence, for a command that ends; one whose beginning
 * has been deleted meanwhile is to be done again. Frees the spans. */
static int read_spans(const struct verify_source *from, struct kafka_topic_span *spans,
		      size_t count, kafka_topic_fn *fn, void *arg, struct err *err)
{
	struct reading reading = {.fn = fn, .arg = arg};
	int rc = kafka_topic_read(from->topics, spans, count, IDLE_MS_MAX, pass_on, &reading, err);

	free(spans);
	if (rc == 0 || reading.failed)
		return rc;
	if (err->kind == ERR_RETRY) {
		err->kind = ERR_STOP;
		err->code = EXIT_UNAVAILABLE;
	} else if (err->kind == ERR_STOP && err->code == EXIT_DATA) {
		err->kind = ERR_ABORT;
	}
	return rc;
}

int verify_read_outputs(const struct verify_source *from, const struct verify_parts *parts,
			kafka_topic_fn *fn, void *arg, struct err *err)
{
	struct kafka_topic_span *spans = calloc(parts->output_count + 1, sizeof(*spans));

	must(spans != NULL);
	for (size_t i = 0; i < parts->output_count; i++)
		spans[i] = parts->outputs[i].span;
	return read_spans(from, spans, parts->output_count, fn, arg, err);
}

int verify_read_inputs(const struct verify_source *from, const struct verify_parts *parts,
		       kafka_topic_fn *fn, void *arg, struct err *err)
{
	struct kafka_topic_span *spans;

	if (from->journal)
		return verify_journal_read(from->journal, &parts->all[0], fn, arg, err);
	spans = calloc(parts->count + 1, sizeof(*spans));
	must(spans != NULL);
	for (size_t i = 0; i < parts->count; i++)
		spans[i] = (struct kafka_topic_span){parts->all[i].tp, parts->all[i].start,
						     parts->all[i].end};
	return read_spans(from, spans, parts->count, fn, arg, err);
}
