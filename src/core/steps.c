/*
 * steps: see steps.h. This file is the way through the steps; steps_eval.c asks the engine,
 * steps_route.c is what follows the steps.
 */
#include "core/steps.h"

#include <stdlib.h>

#include "base/must.h"
#include "core/steps_internal.h"

/* In front of an id that is the key's own bytes. Canonical JSON never begins with a zero byte, so
 * that no key's bytes can be taken for an id that was computed. */
#define RAW_ID_TAG '\0'

static int compile(struct steps *steps, int slot, struct err *err)
{
	const struct expr_source *source;

	if (slot < 0)
		return 0;
	must((size_t)slot < steps->pipeline->expr_count);
	source = &steps->pipeline->exprs[slot];
	return steps->engine->ops->compile(steps->engine, source->where, source->text,
					   &steps->exprs[slot], err);
}

int steps_init(struct steps *steps, const struct pipeline *pipeline, struct expr_engine *engine,
	       struct arena *arena, steps_see see, void *see_ctx, struct err *err)
{
	must(pipeline->dedup_index < 0 || see != NULL);
	must(pipeline->dedup_index < (int)pipeline->step_count);
	*steps = (struct steps){.pipeline = pipeline,
				.engine = engine,
				.arena = arena,
				.see = see,
				.see_ctx = see_ctx};
	steps->exprs = calloc(pipeline->expr_count + 1, sizeof(*steps->exprs));
	must(steps->exprs != NULL);
	for (size_t i = 0; i < pipeline->expr_count; i++) {
		if (compile(steps, (int)i, err)) {
			steps_fini(steps);
			return -1;
		}
	}
	return 0;
}

void steps_fini(struct steps *steps)
{
	free(steps->exprs);
	steps->exprs = NULL;
}

static void free_parsed(struct way *way, struct item *item)
{
	struct expr_engine *engine = way->steps->engine;

	engine->ops->value_free(engine, item->parsed);
	item->parsed = NULL;
}

static void drop(struct way *way, struct item *item)
{
	free_parsed(way, item);
	item->dropped = true;
}

static int run_filter(struct way *way, const struct step *step, struct row *row, struct err *err)
{
	for (size_t i = 0; i < row->count; i++) {
		struct item *item = &row->items[i];
		struct values values;
		bool kept;

		if (item->dropped || item->tombstone)
			continue;
		if (steps_eval(way, item, step->slot, &values, err))
			return -1;
		kept = values.count == 1 && way->steps->engine->ops->is_true(values.list[0]);
		steps_values_free(way, &values);
		if (values.count > 1)
			return err_set(err, ERR_DATA, 0, "a filter has %zu results, not one",
				       values.count);
		if (!kept) {
			drop(way, item);
			way->result->filtered++;
		}
	}
	return 0;
}

/* A row that is being built by a map. */
static void row_add(struct arena *arena, struct row *row, size_t *size, const struct item *item)
{
	if (row->count == *size) {
		struct item *items;

		*size = *size ? *size * 2 : 4;
		items = arena_alloc(arena, *size * sizeof(*items));
		if (row->count)
			memcpy(items, row->items, row->count * sizeof(*items));
		row->items = items;
	}
	row->items[row->count++] = *item;
}

static void row_free(struct way *way, struct row *row)
{
	for (size_t i = 0; i < row->count; i++)
		free_parsed(way, &row->items[i]);
}

/* One item's results join the row `to`, which owns them. */
static int map_item(struct way *way, const struct step *step, struct item *item, struct row *to,
		    size_t *size, struct err *err)
{
	struct item mapped = *item;
	struct values values;

	if (steps_eval(way, item, step->slot, &values, err))
		return -1;
	if (values.count > EXPR_RESULTS_MAX - to->count) {
		steps_values_free(way, &values);
		return err_set(err, ERR_DATA, 0, "more than %d results", EXPR_RESULTS_MAX);
	}
	free_parsed(way, item);
	if (values.count == 0)
		way->result->filtered++;
	mapped.mapped = true;
	for (size_t i = 0; i < values.count; i++) {
		mapped.parsed = values.list[i];
		row_add(way->steps->arena, to, size, &mapped);
	}
	return 0;
}

static int run_map(struct way *way, const struct step *step, struct row *row, struct err *err)
{
	struct row to = {NULL, 0};
	size_t size = 0;

	for (size_t i = 0; i < row->count; i++) {
		struct item *item = &row->items[i];

		if (item->dropped)
			continue;
		if (item->tombstone) {
			row_add(way->steps->arena, &to, &size, item);
			item->parsed = NULL; /* handed over */
			continue;
		}
		if (map_item(way, step, item, &to, &size, err)) {
			row_free(way, &to);
			return -1;
		}
	}
	*row = to;
	return 0;
}

/* The key's bytes as an id; a null key has none. */
static struct bytes raw_id(struct arena *arena, struct bytes key)
{
	char *id;

	if (!key.data)
		return BYTES_NULL;
	id = arena_alloc(arena, key.len + 1);
	id[0] = RAW_ID_TAG;
	if (key.len)
		memcpy(id + 1, key.data, key.len);
	return bytes_of(id, key.len + 1);
}

/* *ret null: the item has no id. */
static int computed_id(struct way *way, const struct step *step, struct item *item,
		       struct bytes *ret, struct err *err)
{
	struct steps *steps = way->steps;
	struct values values;
	int result = 0;

	if (steps_eval(way, item, step->slot, &values, err))
		return -1;
	if (values.count != 1)
		result = err_set(err, ERR_DATA, 0, "an id has %zu results, not one", values.count);
	else if (steps->engine->ops->is_null(values.list[0]))
		*ret = BYTES_NULL;
	else
		result = steps->engine->ops->canonical(steps->engine, values.list[0], steps->arena,
						       ret, err);
	steps_values_free(way, &values);
	return result;
}

static int id_of(struct way *way, const struct step *step, struct item *item, struct bytes *ret,
		 struct err *err)
{
	if (step->slot < 0) {
		*ret = raw_id(way->steps->arena, item->key);
	} else if (computed_id(way, step, item, ret, err)) {
		/* What is wrong with a tombstone's id is that there is no value to take it from. */
		if (!item->tombstone || err->kind != ERR_DATA)
			return -1;
		*ret = BYTES_NULL;
	}
	if (!ret->data && !step->missing_pass && !item->tombstone)
		return err_set(err, ERR_DATA, 0,
			       step->slot < 0
				       ? "the key is null, so there is no id (missing: pass?)"
				       : "the id is null (missing: pass?)");
	return 0;
}

static int run_dedup(struct way *way, const struct step *step, struct row *row, struct err *err)
{
	struct steps *steps = way->steps;
	struct bytes *ids = arena_alloc(steps->arena, row->count * sizeof(*ids));

	/* All ids before the first mark: an id that fails must leave no mark of this record. */
	for (size_t i = 0; i < row->count; i++) {
		ids[i] = BYTES_NULL;
		if (!row->items[i].dropped && id_of(way, step, &row->items[i], &ids[i], err))
			return -1;
	}
	for (size_t i = 0; i < row->count; i++) {
		bool seen;

		if (!ids[i].data)
			continue;
		if (steps->see(steps->see_ctx, ids[i], &seen, err))
			return -1;
		way->result->marked++;
		if (seen) {
			drop(way, &row->items[i]);
			way->result->duplicates++;
		}
	}
	return 0;
}

static int run_key(struct way *way, const struct step *step, struct row *row, struct err *err)
{
	for (size_t i = 0; i < row->count; i++) {
		struct item *item = &row->items[i];

		if (item->dropped || item->tombstone)
			continue;
		if (steps_eval_bytes(way, item, step->slot, "a key", &item->key, err))
			return -1;
	}
	return 0;
}

/* The expressions see the headers as they were before the step, so that one can be renamed. */
static int set_headers(struct way *way, const struct step *step, struct item *item, struct err *err)
{
	struct arena *arena = way->steps->arena;
	struct bytes *values = arena_alloc(arena, step->set_count * sizeof(*values));
	struct header *kept = arena_alloc(arena, (item->header_count + 1) * sizeof(*kept));
	size_t kept_count = 0;

	for (size_t i = 0; i < step->set_count; i++)
		if (steps_eval_bytes(way, item, step->set[i].slot, "a header", &values[i], err))
			return err_wrap(err, "set.%s", step->set[i].name);
	for (size_t i = 0; i < item->header_count; i++) {
		bool removed = false;

		for (size_t j = 0; j < step->remove_count && !removed; j++)
			removed = bytes_equal(item->headers[i].name, bytes_str(step->remove[j]));
		if (!removed)
			kept[kept_count++] = item->headers[i];
	}
	item->headers = kept;
	item->header_count = kept_count;
	for (size_t i = 0; i < step->set_count; i++)
		steps_header_replace(arena, &item->headers, &item->header_count,
				     bytes_str(step->set[i].name), values[i]);
	return 0;
}

static int run_headers(struct way *way, const struct step *step, struct row *row, struct err *err)
{
	for (size_t i = 0; i < row->count; i++)
		if (!row->items[i].dropped && set_headers(way, step, &row->items[i], err))
			return -1;
	return 0;
}

static int run_step(struct way *way, const struct step *step, struct row *row, struct err *err)
{
	switch (step->kind) {
	case STEP_FILTER:
		way->result->step = "filter";
		return run_filter(way, step, row, err);
	case STEP_MAP:
		way->result->step = "map";
		return run_map(way, step, row, err);
	case STEP_DEDUP:
		way->result->step = "dedup";
		return run_dedup(way, step, row, err);
	case STEP_KEY:
		way->result->step = "key";
		return run_key(way, step, row, err);
	case STEP_HEADERS:
		way->result->step = "headers";
		return run_headers(way, step, row, err);
	}
	must(false && "a step is of a kind");
	return -1;
}

/* The first `count` steps; then, if `route`, the targets. */
static int go(struct way *way, size_t count, bool route, struct err *err)
{
	const struct pipeline *pipeline = way->steps->pipeline;
	struct item *item = arena_alloc(way->steps->arena, sizeof(*item));
	struct row row = {item, 1};
	int result = 0;

	*item = (struct item){.key = way->record->key,
			      .value = way->record->value,
			      .headers = way->record->headers,
			      .header_count = way->record->header_count,
			      .tombstone = !way->record->value.data};
	for (size_t i = 0; i < count && !result; i++) {
		way->result->step_index = i;
		if (run_step(way, &pipeline->steps[i], &row, err))
			result = err_wrap(err, "%s", pipeline->steps[i].where);
	}
	if (!result && route)
		result = steps_route(way, &row, err);
	row_free(way, &row);
	return result;
}

int steps_run(struct steps *steps, const struct source *source, const struct record *record,
	      struct steps_result *ret, struct err *err)
{
	struct way way = {steps, source, record, ret};

	*ret = (struct steps_result){0};
	return go(&way, steps->pipeline->step_count, true, err);
}

int steps_replay(struct steps *steps, const struct source *source, const struct record *record,
		 struct steps_result *ret, struct err *err)
{
	struct way way = {steps, source, record, ret};

	*ret = (struct steps_result){0};
	return go(&way, (size_t)(steps->pipeline->dedup_index + 1), false, err);
}
