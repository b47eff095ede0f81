/*
 * steps_route: where a result goes: the targets, lineage, and the dead letter of a record that went
 * nowhere.
 */
#include <inttypes.h>

#include "base/must.h"
#include "core/steps_internal.h"

#define LINEAGE_HEADER "onced.source"

/* Which targets does the item go to? `otherwise` targets are taken where no `when` held. */
static int choose(struct way *way, struct item *item, bool *taken, struct err *err)
{
	const struct pipeline *pipeline = way->steps->pipeline;
	bool held = false;

	for (size_t i = 0; i < pipeline->target_count; i++) {
		const struct target *target = &pipeline->targets[i];

		taken[i] = !target->when && !target->otherwise;
		if (!target->when)
			continue;
		way->result->step_index = i;
		if (steps_eval_true(way, item, target->slot, "when", &taken[i], err))
			return err_wrap(err, "%s", target->where);
		held = held || taken[i];
	}
	for (size_t i = 0; i < pipeline->target_count; i++)
		if (pipeline->targets[i].otherwise)
			taken[i] = !held;
	return 0;
}

static int value_of(struct way *way, struct item *item, struct bytes *ret, struct err *err)
{
	struct steps *steps = way->steps;
	bool raw = steps->pipeline->format == FORMAT_TEXT;

	if (!item->mapped) {
		*ret = item->value;
		return 0;
	}
	return steps->engine->ops->text(steps->engine, item->parsed, raw, steps->arena, ret, err);
}

/* index: the output's place among the record's outputs. */
static void add_lineage(struct way *way, struct record *record, size_t index)
{
	struct arena *arena = way->steps->arena;
	const char *text = arena_printf(arena, "%s/%" PRId32 "/%" PRId64 "/%zu", way->source->topic,
					way->source->partition, way->source->offset, index);

	steps_header_replace(arena, &record->headers, &record->header_count,
			     bytes_str(LINEAGE_HEADER), bytes_str(text));
}

static int send(struct way *way, struct item *item, const bool *taken, struct output *outputs,
		size_t *count, struct err *err)
{
	const struct pipeline *pipeline = way->steps->pipeline;
	struct record record = {.key = item->key,
				.headers = item->headers,
				.header_count = item->header_count,
				.timestamp = way->record->timestamp};
	bool made = false;

	for (size_t i = 0; i < pipeline->target_count; i++) {
		if (!taken[i])
			continue;
		if (!made && value_of(way, item, &record.value, err))
			return -1;
		made = true;
		outputs[*count].topic = pipeline->targets[i].topic;
		outputs[*count].record = record;
		if (pipeline->lineage)
			add_lineage(way, &outputs[*count].record, *count);
		(*count)++;
	}
	if (!made)
		way->result->unrouted++;
	return 0;
}

int steps_route(struct way *way, struct row *row, struct err *err)
{
	const struct pipeline *pipeline = way->steps->pipeline;
	struct output *outputs;
	bool taken[TARGETS_MAX];
	size_t count = 0;

	must(pipeline->target_count <= TARGETS_MAX);
	way->result->step = "to";
	outputs = arena_alloc(way->steps->arena,
			      row->count * pipeline->target_count * sizeof(*outputs));
	for (size_t i = 0; i < row->count; i++) {
		if (row->items[i].dropped)
			continue;
		if (choose(way, &row->items[i], taken, err) ||
		    send(way, &row->items[i], taken, outputs, &count, err))
			return -1;
	}
	/* All or nothing: only now is anything to be seen. */
	way->result->outputs = outputs;
	way->result->output_count = count;
	return 0;
}

void steps_header_replace(struct arena *arena, const struct header **headers, size_t *count,
			  struct bytes name, struct bytes value)
{
	struct header *copy = arena_alloc(arena, (*count + 1) * sizeof(*copy));
	size_t kept = 0;

	for (size_t i = 0; i < *count; i++)
		if (!bytes_equal((*headers)[i].name, name))
			copy[kept++] = (*headers)[i];
	copy[kept++] = (struct header){name, value};
	*headers = copy;
	*count = kept;
}

void steps_dead_letter(struct steps *steps, const struct source *source,
		       const struct record *record, const struct steps_result *result,
		       const struct err *why, int64_t timestamp_ms, struct output *ret)
{
	const struct {
		const char *name;
		const char *value;
	} added[] = {
		{"onced.error.reason", arena_printf(steps->arena, "%s", why->msg)},
		{"onced.error.step", result->step ? result->step : ""},
		{"onced.error.topic", source->topic},
		{"onced.error.partition",
		 arena_printf(steps->arena, "%" PRId32, source->partition)},
		{"onced.error.offset", arena_printf(steps->arena, "%" PRId64, source->offset)},
		{"onced.error.timestamp",
		 arena_printf(steps->arena, "%" PRId64, record->timestamp)},
	};
	const size_t added_count = sizeof(added) / sizeof(added[0]);
	struct header *headers;

	must(steps->pipeline->errors == ERRORS_TO && steps->pipeline->errors_topic);
	headers =
		arena_alloc(steps->arena, (record->header_count + added_count) * sizeof(*headers));
	if (record->header_count)
		memcpy(headers, record->headers, record->header_count * sizeof(*headers));
	for (size_t i = 0; i < added_count; i++)
		headers[record->header_count + i] =
			(struct header){bytes_str(added[i].name), bytes_str(added[i].value)};
	ret->topic = steps->pipeline->errors_topic;
	ret->record = *record;
	ret->record.headers = headers;
	ret->record.header_count = record->header_count + added_count;
	ret->record.timestamp = timestamp_ms;
}
