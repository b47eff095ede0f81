/*
 * expr_run: one run of an expression: its input from the record, its results, and how it ended.
 */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "io/expr_engine.h"
#include "io/expr_error.h"
#include "io/expr_lex.h"

/* Beyond this a double has not every integer. */
#define EXACT_INTEGER_MAX ((int64_t)1 << 53)

static int string_of(struct bytes bytes, const char *what, jv *ret, struct err *err)
{
	if (!bytes.data) {
		*ret = jv_null();
		return 0;
	}
	if (bytes.len > INT32_MAX / 4 || !bytes_is_utf8(bytes))
		return err_set(err, ERR_DATA, JSON_BAD_UTF8,
			       "%s is not UTF-8, but the expression names it", what);
	*ret = jv_string_sized(bytes.data, (int)bytes.len);
	return 0;
}

static int headers_of(const struct record *record, jv *ret, struct err *err)
{
	jv headers = jv_object();

	for (size_t i = 0; i < record->header_count; i++) {
		jv name, value;

		if (string_of(record->headers[i].name, "a header's name in $headers", &name, err)) {
			jv_free(headers);
			return -1;
		}
		if (string_of(record->headers[i].value, "a header's value in $headers", &value,
			      err)) {
			jv_free(name);
			jv_free(headers);
			return -1;
		}
		headers = jv_object_set(headers, name, value);
	}
	*ret = headers;
	return 0;
}

static int number_of(int64_t number, const char *what, jv *ret, struct err *err)
{
	if (number > EXACT_INTEGER_MAX || number < -EXACT_INTEGER_MAX)
		return err_set(err, ERR_DATA, JSON_NUMBER, "%s is beyond 2^53", what);
	*ret = jv_number((double)number);
	return 0;
}

static int variable(enum expr_var var, const struct expr_vars *vars, jv *ret, struct err *err)
{
	switch (var) {
	case EXPR_VAR_KEY:
		return string_of(vars->record->key, "$key", ret, err);
	case EXPR_VAR_HEADERS:
		return headers_of(vars->record, ret, err);
	case EXPR_VAR_TOPIC:
		*ret = jv_string(vars->source->topic);
		return 0;
	case EXPR_VAR_PARTITION:
		*ret = jv_number(vars->source->partition);
		return 0;
	case EXPR_VAR_OFFSET:
		return number_of(vars->source->offset, "$offset", ret, err);
	case EXPR_VAR_TIMESTAMP:
		*ret = jv_null();
		if (vars->record->timestamp < 0)
			return 0;
		return number_of(vars->record->timestamp, "$timestamp", ret, err);
	case EXPR_VARS:
		break;
	}
	must(false && "a variable is one of the six");
	return -1;
}

/* What the program sees as `.`: the value, or [variables..., the value]. */
static int input_of(const struct expr *expr, const struct expr_vars *vars, jv value, jv *ret,
		    struct err *err)
{
	jv input;

	if (!expr->vars) {
		*ret = jv_copy(value);
		return 0;
	}
	input = jv_array();
	for (unsigned i = 0; i < EXPR_VARS; i++) {
		jv bound;

		if (!(expr->vars & (1u << i)))
			continue;
		if (variable((enum expr_var)i, vars, &bound, err)) {
			jv_free(input);
			return -1;
		}
		input = jv_array_append(input, bound);
	}
	*ret = jv_array_append(input, jv_copy(value));
	return 0;
}

struct run {
	struct engine *engine;
	const struct expr *expr;
	const struct expr_vars *vars;
	const struct expr_value *input;
	struct arena *arena;
	struct expr_value **values; /* in the arena */
	size_t count;
	size_t size;
	bool too_many;
	int refused; /* nonzero: the record gives no input, *err says why */
	struct err *err;
	bool failed;
	jv failure; /* owned, if failed: what was raised */
};

static void keep(struct run *run, jv result)
{
	if (run->count == run->size) {
		size_t size = run->size ? run->size * 4 : 4;
		struct expr_value **values = arena_alloc(run->arena, size * sizeof(*values));

		if (run->count)
			memcpy(values, run->values, run->count * sizeof(*values));
		run->values = values;
		run->size = size;
	}
	run->values[run->count++] = expr_engine_value(run->engine, result);
}

/* Under the guard: may be left at any call of libjq, so that nothing is held but in *run. */
static bool run_jq(void *ctx)
{
	struct run *run = ctx;
	jq_state *jq = run->expr->jq;
	jv result;

	run->refused = input_of(run->expr, run->vars, run->input->value, &result, run->err);
	if (run->refused)
		return true;
	jq_start(jq, result, 0);
	for (;;) {
		result = jq_next(jq);
		if (!jv_is_valid(result))
			break;
		if (run->count == EXPR_RESULTS_MAX) {
			run->too_many = true;
			return false;
		}
		keep(run, result);
	}
	run->failed = jv_invalid_has_msg(jv_copy(result));
	if (run->failed)
		run->failure = jv_invalid_get_msg(result);
	else
		jv_free(result);
	return true;
}

static int raised(struct run *run, struct err *err)
{
	char text[EXPR_ERROR_BYTES_MAX];

	expr_error_safe(jv_get_kind(run->failure) == JV_KIND_STRING ? jv_string_value(run->failure)
								    : NULL,
			text);
	return err_set(err, ERR_DATA, 0, "%s", text);
}

static int ended(const struct engine *engine, enum expr_end end, struct err *err)
{
	switch (end) {
	case EXPR_END_TIME:
		return err_set(err, ERR_STOP, EXIT_DATA,
			       "the expression took more than %lld ms of CPU time on this record",
			       (long long)engine->conf.run_ms_max);
	case EXPR_END_MEMORY:
		return err_set(err, ERR_STOP, EXIT_DATA,
			       "the expression took more than %lld bytes of memory on this record",
			       (long long)engine->conf.run_bytes_max);
	case EXPR_END_DEPTH:
		return err_set(err, ERR_STOP, EXIT_DATA,
			       "the expression made or met a value that is nested too deeply");
	case EXPR_END_OWN:
		break;
	}
	return 0;
}

static int run_verdict(struct run *run, enum expr_end end, struct err *err)
{
	if (ended(run->engine, end, err) || run->refused)
		return -1;
	if (run->too_many)
		return err_set(err, ERR_DATA, 0, "more than %d results", EXPR_RESULTS_MAX);
	return run->failed ? raised(run, err) : 0;
}

/* Gives back what a run without a verdict for the caller has made. */
static void drop(struct run *run, bool kept)
{
	for (size_t i = 0; i < run->count; i++) {
		if (!kept) /* its memory is gone */
			run->values[i]->value = jv_null();
		run->engine->engine.ops->value_free(&run->engine->engine, run->values[i]);
	}
}

int expr_run(struct expr_engine *port, const struct expr *expr, const struct expr_vars *vars,
	     const struct expr_value *input, struct arena *arena, struct expr_value ***ret_values,
	     size_t *ret_count, struct err *err)
{
	struct engine *engine = engine_of(port);
	struct run run = {.engine = engine,
			  .expr = expr,
			  .vars = vars,
			  .input = input,
			  .arena = arena,
			  .err = err};
	enum expr_end end;
	bool kept;
	int result;

	end = expr_guard_call(&engine->guard, expr->jq, run_jq, &run, &kept);
	memcpy(expr->jq, expr->idle, expr->idle_bytes);
	engine->torn = engine->torn || !kept;
	result = run_verdict(&run, end, err);
	if (run.failed && kept)
		jv_free(run.failure);
	if (result) {
		drop(&run, kept);
		return -1;
	}
	*ret_values = run.values;
	*ret_count = run.count;
	return 0;
}
