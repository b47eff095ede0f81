/* verify_read: see verify_read.h. */
#include "cli/verify_read.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/must.h"
#include "core/meta.h"

#define NOTE_BYTES 512
#define IDLE_MS_MAX 20000 /* longer than an open transaction's own timeout */
#define ARENA_KEPT_BYTES ((size_t)1 << 20)

void verify_notes_add(struct verify_notes *notes, const char *format, ...)
{
	va_list args;

	if (notes->count == VERIFY_NOTES_MAX) {
		notes->more++;
		return;
	}
	notes->lines[notes->count] = malloc(NOTE_BYTES);
	must(notes->lines[notes->count] != NULL);
	va_start(args, format);
	(void)vsnprintf(notes->lines[notes->count], NOTE_BYTES, format, args);
	va_end(args);
	notes->count++;
}

void verify_notes_fini(struct verify_notes *notes)
{
	for (size_t i = 0; i < notes->count; i++)
		free(notes->lines[i]);
	notes->count = 0;
}

static int partitions(struct kafka_topic *reader, const struct ask *ask, const char *topic,
	int32_t *ret, struct err *err)
{
	int rc;

	do
		rc = kafka_topic_partitions(reader, topic, ret, err);
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

/* What the metadata says of where onced began; -1: it does not. */
static int64_t base_of(const struct pipeline *pipeline, const struct verify_part *part,
	const struct committed *committed, struct verify_notes *notes)
{
	struct meta meta;

	if (meta_read(committed->metadata, &meta) != META_OURS) {
		verify_notes_add(notes,
			"%s/%" PRId32 ": the committed offset %" PRId64
			" was not written by onced: it cannot be told where onced began",
			part->tp.topic, part->tp.partition, committed->offset);
		return -1;
	}
	if (meta.d != pipeline->prefix_hash)
		verify_notes_add(notes,
			"%s/%" PRId32 ": the steps up to dedup are not those of the last commit",
			part->tp.topic, part->tp.partition);
	if (meta.a.open)
		verify_notes_add(notes, "%s/%" PRId32 ": a gap is open: part of what was seen is lost",
			part->tp.topic, part->tp.partition);
	return meta.b;
}

/* Where the pass begins: at the base, unless retention has taken it. */
static int start_of(struct kafka_topic *reader, const struct ask *ask,
	const struct pipeline *pipeline, struct verify_part *part,
	const struct committed *committed, struct verify_notes *notes, struct err *err)
{
	int64_t base, log_start, log_end;

	if (range(reader, ask, part->tp, &log_start, &log_end, err) < 0)
		return -1;
	part->end = log_end;
	if (!committed->has_offset) {
		part->start = part->c = log_start;
		return 0;
	}
	base = base_of(pipeline, part, committed, notes);
	part->c = committed->offset;
	part->start = base >= 0 && base > log_start ? base : log_start;
	if (base >= 0 && base < log_start && committed->offset > base)
		verify_notes_add(notes,
			"%s/%" PRId32 ": input %" PRId64 " to %" PRId64
			" is deleted: its outputs, and repeats of what it held, are not checkable",
			part->tp.topic, part->tp.partition, base,
			log_start < committed->offset ? log_start : committed->offset);
	if (part->c > log_end)
		verify_notes_add(notes,
			"%s/%" PRId32 ": the committed offset %" PRId64
			" lies beyond the log's end %" PRId64,
			part->tp.topic, part->tp.partition, part->c, log_end);
	if (part->c > log_end)
		part->c = log_end;
	if (part->c < part->start)
		part->c = part->start;
	return 0;
}

static int read_committed(struct kafka_topic *reader, const struct ask *ask,
	const struct verify_bounds *bounds, struct arena *arena, struct committed **ret,
	struct err *err)
{
	struct tp *tps = arena_alloc(arena, (bounds->part_count + 1) * sizeof(*tps));
	struct committed *committed =
		arena_alloc(arena, (bounds->part_count + 1) * sizeof(*committed));
	int rc;

	for (size_t i = 0; i < bounds->part_count; i++)
		tps[i] = bounds->parts[i].tp;
	do
		rc = kafka_topic_committed(
			reader, tps, bounds->part_count, arena, committed, err);
	while (ask_again(ask, rc, err));
	if (rc == 0)
		*ret = committed;
	return rc;
}

static int list_inputs(struct kafka_topic *reader, const struct pipeline *pipeline,
	const struct ask *ask, struct verify_bounds *bounds, struct err *err)
{
	for (size_t i = 0; i < pipeline->topic_count; i++) {
		int32_t count;

		if (partitions(reader, ask, pipeline->topics[i], &count, err) < 0)
			return -1;
		bounds->parts = realloc(bounds->parts,
			(bounds->part_count + (size_t)count + 1) * sizeof(*bounds->parts));
		must(bounds->parts != NULL);
		for (int32_t j = 0; j < count; j++)
			bounds->parts[bounds->part_count++] = (struct verify_part){
				.tp = {pipeline->topics[i], j}, .topic = (uint16_t)i};
	}
	return 0;
}

static int list_outputs(struct kafka_topic *reader, const struct pipeline *pipeline,
	const struct ask *ask, struct verify_bounds *bounds, struct verify_notes *notes,
	struct err *err)
{
	const char *topic;

	for (size_t i = 0; (topic = verify_list_topic(pipeline, i)) != NULL; i++) {
		int32_t count;

		if (partitions(reader, ask, topic, &count, err) < 0)
			return -1;
		bounds->outputs = realloc(bounds->outputs,
			(bounds->output_count + (size_t)count + 1) * sizeof(*bounds->outputs));
		must(bounds->outputs != NULL);
		for (int32_t j = 0; j < count; j++) {
			struct kafka_topic_span *span = &bounds->outputs[bounds->output_count];

			span->tp = (struct tp){topic, j};
			if (range(reader, ask, span->tp, &span->start, &span->end, err) < 0)
				return -1;
			bounds->output_count++;
			if (span->start > 0)
				verify_notes_add(notes,
					"%s/%" PRId32 ": outputs below offset %" PRId64
					" are deleted: what is missing may have been there",
					topic, j, span->start);
		}
	}
	return 0;
}

static int fill_bounds(struct kafka_topic *reader, const struct pipeline *pipeline,
	const struct ask *ask, struct arena *arena, struct verify_bounds *bounds,
	struct verify_notes *notes, struct err *err)
{
	struct committed *first, *second;

	if (list_inputs(reader, pipeline, ask, bounds, err) < 0 ||
		read_committed(reader, ask, bounds, arena, &first, err) < 0 ||
		list_outputs(reader, pipeline, ask, bounds, notes, err) < 0 ||
		read_committed(reader, ask, bounds, arena, &second, err) < 0)
		return -1;
	for (size_t i = 0; i < bounds->part_count; i++) {
		struct verify_part *part = &bounds->parts[i];

		if (start_of(reader, ask, pipeline, part, &first[i], notes, err) < 0)
			return -1;
		/* part->end is the log's now. */
		if (!second[i].has_offset || second[i].offset < part->c)
			part->end = part->c;
		else if (second[i].offset < part->end)
			part->end = second[i].offset;
	}
	return 0;
}

int verify_read_bounds(struct kafka_topic *reader, const struct pipeline *pipeline,
	const struct ask *ask, struct verify_bounds *ret, struct verify_notes *notes,
	struct err *err)
{
	struct arena *arena = arena_new(ARENA_KEPT_BYTES);
	struct verify_bounds bounds = {0};
	int rc = fill_bounds(reader, pipeline, ask, arena, &bounds, notes, err);

	arena_free(arena);
	if (rc < 0)
		verify_bounds_fini(&bounds);
	else
		*ret = bounds;
	return rc;
}

void verify_bounds_fini(struct verify_bounds *bounds)
{
	free(bounds->parts);
	free(bounds->outputs);
	*bounds = (struct verify_bounds){0};
}

int verify_read_moved(struct kafka_topic *reader, const struct verify_bounds *bounds,
	const struct ask *ask, bool *ret, struct err *err)
{
	bool moved = false;

	for (size_t i = 0; i < bounds->output_count; i++) {
		int64_t start, end;

		if (range(reader, ask, bounds->outputs[i].tp, &start, &end, err) < 0)
			return -1;
		moved = moved || end != bounds->outputs[i].end;
	}
	*ret = moved;
	return 0;
}

/* A read that gets nowhere is the broker's absence, for a command that ends. */
static int give_up(int rc, struct err *err)
{
	if (rc < 0 && err->kind == ERR_RETRY) {
		err->kind = ERR_STOP;
		err->code = EXIT_UNAVAILABLE;
	}
	return rc;
}

int verify_read_inputs(struct kafka_topic *reader, const struct verify_bounds *bounds,
	struct verify_model *model, struct err *err)
{
	struct kafka_topic_span *spans = calloc(bounds->part_count + 1, sizeof(*spans));
	int rc;

	must(spans != NULL);
	for (size_t i = 0; i < bounds->part_count; i++)
		spans[i] = (struct kafka_topic_span){
			bounds->parts[i].tp, bounds->parts[i].start, bounds->parts[i].end};
	rc = kafka_topic_read(reader, spans, bounds->part_count, IDLE_MS_MAX, verify_model_record,
		model, err);
	free(spans);
	return give_up(rc, err);
}

struct output_pass {
	const struct pipeline *pipeline;
	struct arena *arena;
	struct verify_list *found;
};

static int on_output(
	void *arg, const struct source *source, const struct record *record, struct err *err)
{
	struct output_pass *pass = arg;
	struct verify_item item;

	(void)err;
	verify_list_describe(pass->pipeline, pass->arena, source->topic, record, &item);
	item.partition = source->partition;
	item.offset = source->offset;
	verify_list_add(pass->found, &item);
	arena_reset(pass->arena);
	return 0;
}

int verify_read_outputs(struct kafka_topic *reader, const struct pipeline *pipeline,
	const struct verify_bounds *bounds, struct verify_list *found, struct err *err)
{
	struct output_pass pass = {pipeline, arena_new(ARENA_KEPT_BYTES), found};
	int rc = kafka_topic_read(reader, bounds->outputs, bounds->output_count, IDLE_MS_MAX,
		on_output, &pass, err);

	arena_free(pass.arena);
	return give_up(rc, err);
}
