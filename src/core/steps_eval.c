/*
 * steps_eval: asks the engine about an item. The value is parsed when the first expression looks at
 * it, once per record, and goes along from step to step.
 */
#include "core/steps_internal.h"

#include "base/must.h"

static int parse(struct way *way, struct item *item, struct err *err)
{
	struct expr_engine *engine = way->steps->engine;

	if (item->parsed)
		return 0;
	must(!item->mapped);
	return engine->ops->parse(engine, way->steps->pipeline->format, item->value, &item->parsed,
				  err);
}

int steps_eval(struct way *way, struct item *item, int slot, struct values *ret, struct err *err)
{
	struct expr_engine *engine = way->steps->engine;
	struct record record = {.key = item->key,
				.value = item->value,
				.headers = item->headers,
				.header_count = item->header_count,
				.timestamp = way->record->timestamp};
	struct expr_vars vars = {.record = &record, .source = way->source};

	must(slot >= 0 && (size_t)slot < way->steps->pipeline->expr_count);
	if (parse(way, item, err))
		return -1;
	return engine->ops->run(engine, way->steps->exprs[slot], &vars, item->parsed,
				way->steps->arena, &ret->list, &ret->count, err);
}

void steps_values_free(struct way *way, struct values *values)
{
	struct expr_engine *engine = way->steps->engine;

	for (size_t i = 0; i < values->count; i++)
		engine->ops->value_free(engine, values->list[i]);
}

static int eval_one(struct way *way, struct item *item, int slot, const char *what,
		    struct values *ret, struct err *err)
{
	if (steps_eval(way, item, slot, ret, err))
		return -1;
	if (ret->count == 1)
		return 0;
	steps_values_free(way, ret);
	return err_set(err, ERR_DATA, 0, "%s has %zu results, not one", what, ret->count);
}

int steps_eval_bytes(struct way *way, struct item *item, int slot, const char *what,
		     struct bytes *ret, struct err *err)
{
	struct expr_engine *engine = way->steps->engine;
	struct values values;
	int result;

	if (eval_one(way, item, slot, what, &values, err))
		return -1;
	result = engine->ops->text(engine, values.list[0], true, way->steps->arena, ret, err);
	steps_values_free(way, &values);
	return result;
}

int steps_eval_true(struct way *way, struct item *item, int slot, const char *what, bool *ret,
		    struct err *err)
{
	struct values values;

	if (eval_one(way, item, slot, what, &values, err))
		return -1;
	*ret = way->steps->engine->ops->is_true(values.list[0]);
	steps_values_free(way, &values);
	return 0;
}
