/*
 * expr_jq: see expr_jq.h. An expression is compiled twice: alone, so that messages show what the
 * user wrote, then as it is run: checked definitions, `. as [$key, ..., $v] | $v |`, and itself in
 * parentheses. Only the variables that it names are bound; if it names none, its input is the
 * value.
 */
#include "io/expr_jq.h"

#include <jq.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/must.h"
#include "io/expr_error.h"
#include "io/expr_guard.h"
#include "io/expr_lex.h"
#include "io/expr_prelude.h"
#include "io/expr_value.h"
#include "io/json_check.h"

/* Values given back are kept for the next, up to so many. */
#define SPARE_VALUES_MAX 1024

/* Beyond this a double has not every integer. */
#define EXACT_INTEGER_MAX ((int64_t)1 << 53)

struct expr {
	struct expr *next; /* of the engine's list */
	jq_state *jq;      /* owned, unless abandoned */
	unsigned vars;     /* bit n: enum expr_var n is bound */
	bool abandoned;
	char *source; /* owned: the text it was compiled from */
};

struct expr_value {
	jv value;
	struct expr_value *next; /* of the spare ones */
};

struct engine {
	struct expr_engine engine;
	struct expr_jq_conf conf;
	struct json_checker *checker;
	struct expr *exprs;
	struct expr_value *spare;
	size_t spare_count;
	struct expr_text text;
	struct expr_guard guard;
};

static struct engine *engine_of(struct expr_engine *engine)
{
	return (struct engine *)engine;
}

static struct expr_value *value_new(struct engine *engine, jv content)
{
	struct expr_value *value = engine->spare;

	if (value) {
		engine->spare = value->next;
		engine->spare_count--;
	} else {
		value = malloc(sizeof(*value));
		must(value != NULL);
	}
	value->value = content;
	return value;
}

static void engine_value_free(struct expr_engine *port, struct expr_value *value)
{
	struct engine *engine = engine_of(port);

	if (!value)
		return;
	jv_free(value->value);
	if (engine->spare_count == SPARE_VALUES_MAX) {
		free(value);
		return;
	}
	value->next = engine->spare;
	engine->spare = value;
	engine->spare_count++;
}

/* ---- compiling ---- */

/* libjq reports line by line; the first says what is wrong. */
struct report {
	char text[320];
	bool full;
};

static void on_report(void *ctx, jv message)
{
	struct report *report = ctx;
	jv text = jq_format_error(message);
	const char *p = jv_string_value(text);
	size_t used = 0;

	if (!report->full) {
		if (strncmp(p, "jq: error: ", 11) == 0)
			p += 11;
		for (; *p && used < sizeof(report->text) - 1; p++)
			report->text[used++] = *p;
		while (used > 0 &&
		       (report->text[used - 1] == '\n' || report->text[used - 1] == ' '))
			used--;
		report->text[used] = '\0';
		report->full = true;
	}
	jv_free(text);
}

static int compile_text(const char *text, jv args, jq_state **ret, struct err *err)
{
	struct report report = {.text = "libjq gives no reason"};
	jq_state *jq = jq_init();

	must(jq != NULL);
	jq_set_error_cb(jq, on_report, &report);
	if (!jq_compile_args(jq, text, args)) {
		jq_teardown(&jq);
		return err_set(err, ERR_STOP, EXIT_CONFIG, "%s", report.text);
	}
	jq_set_error_cb(jq, NULL, NULL);
	*ret = jq;
	return 0;
}

static jv all_vars(void)
{
	jv args = jv_object();

	for (unsigned i = 0; i < EXPR_VARS; i++)
		args = jv_object_set(args, jv_string(expr_lex_var_names[i]), jv_null());
	return args;
}

/* The program that is run. The caller frees it. */
static char *wrap(const char *text, struct expr_lex lex)
{
	size_t size = EXPR_PRELUDE_BYTES_MAX + 128 + strlen(text), used;
	char *program = malloc(size);

	must(program != NULL);
	expr_prelude_write(lex.uses, program, EXPR_PRELUDE_BYTES_MAX);
	used = strlen(program);
	if (lex.vars) {
		used += (size_t)snprintf(program + used, size - used, ". as [");
		for (unsigned i = 0; i < EXPR_VARS; i++)
			if (lex.vars & (1u << i))
				used += (size_t)snprintf(program + used, size - used, "$%s,",
							 expr_lex_var_names[i]);
		used += (size_t)snprintf(program + used, size - used, "$_v] | $_v | ");
	}
	used += (size_t)snprintf(program + used, size - used, "(%s\n)", text);
	must(used < size);
	return program;
}

static int compile(const char *text, struct expr **ret, struct err *err)
{
	struct expr_lex lex;
	struct expr *expr;
	jq_state *jq;

	if (expr_lex_check(text, &lex, err) || compile_text(text, all_vars(), &jq, err))
		return -1;
	if (lex.vars || lex.uses) {
		char *program = wrap(text, lex);
		int result;

		jq_teardown(&jq);
		result = compile_text(program, jv_object(), &jq, err);
		free(program);
		if (result)
			return -1;
	}
	expr = calloc(1, sizeof(*expr));
	must(expr != NULL);
	expr->jq = jq;
	expr->vars = lex.vars;
	*ret = expr;
	return 0;
}

static int engine_compile(struct expr_engine *port, const char *where, const char *text,
			  struct expr **ret, struct err *err)
{
	struct engine *engine = engine_of(port);
	struct expr *expr;

	/* The loader compiles each to check it, and again for each test: once is 20 ms. */
	for (expr = engine->exprs; expr; expr = expr->next) {
		if (!expr->abandoned && strcmp(expr->source, text) == 0) {
			*ret = expr;
			return 0;
		}
	}
	if (compile(text, &expr, err))
		return err_wrap(err, "%s", where);
	expr->source = strdup(text);
	must(expr->source != NULL);
	expr->next = engine->exprs;
	engine->exprs = expr;
	*ret = expr;
	return 0;
}

/* ---- running ---- */

static int engine_parse(struct expr_engine *port, enum value_format format, struct bytes bytes,
			struct expr_value **ret, struct err *err)
{
	struct engine *engine = engine_of(port);
	jv value = jv_null();

	if (bytes.data && format == FORMAT_JSON) {
		if (expr_value_parse(engine->checker, bytes, &value, err))
			return -1;
	} else if (bytes.data && format == FORMAT_TEXT) {
		if (bytes.len > INT32_MAX / 4 || !bytes_is_utf8(bytes))
			return err_set(err, ERR_DATA, JSON_BAD_UTF8, "value: not UTF-8");
		value = jv_string_sized(bytes.data, (int)bytes.len);
	}
	*ret = value_new(engine, value);
	return 0;
}

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
	jq_state *jq;
	jv input;
	struct arena *arena;
	struct expr_value **values; /* in the arena */
	size_t count;
	size_t size;
	bool too_many;
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
	run->values[run->count++] = value_new(run->engine, result);
}

/* Under the guard: may be left at any call of libjq, so that nothing is held but in *run. */
static void run_jq(void *ctx)
{
	struct run *run = ctx;
	jv result;

	jq_start(run->jq, run->input, 0);
	for (;;) {
		result = jq_next(run->jq);
		if (!jv_is_valid(result))
			break;
		if (run->count == EXPR_RESULTS_MAX) {
			run->too_many = true;
			jv_free(result);
			result = jv_invalid();
			break;
		}
		keep(run, result);
	}
	/* What was raised could be null, which libjq does not tell from the end. */
	run->failed = jv_invalid_has_msg(jv_copy(result));
	if (run->failed)
		run->failure = jv_invalid_get_msg(result);
	else
		jv_free(result);
	/* Does not keep what a generator, or a halted run, holds until the next record. */
	if (run->too_many || run->engine->guard.end != EXPR_END_OWN)
		jq_start(run->jq, jv_null(), 0);
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
			       "the expression ran longer than %lld ms on this record",
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
	if (ended(run->engine, end, err))
		return -1;
	if (run->too_many)
		return err_set(err, ERR_DATA, 0, "more than %d results", EXPR_RESULTS_MAX);
	return run->failed ? raised(run, err) : 0;
}

static int engine_run(struct expr_engine *port, const struct expr *const_expr,
		      const struct expr_vars *vars, const struct expr_value *input,
		      struct arena *arena, struct expr_value ***ret_values, size_t *ret_count,
		      struct err *err)
{
	struct engine *engine = engine_of(port);
	struct expr *expr = (struct expr *)const_expr; /* its state is the engine's own */
	struct run run = {.engine = engine, .jq = expr->jq, .arena = arena};
	enum expr_end end;
	int result;

	if (expr->abandoned)
		return err_set(err, ERR_STOP, EXIT_DATA,
			       "the expression exceeded a limit before and is not run again");
	if (input_of(expr, vars, input->value, &run.input, err))
		return -1;
	end = expr_guard_call(&engine->guard, run.jq, run_jq, &run, &expr->abandoned);
	result = run_verdict(&run, end, err);
	if (run.failed)
		jv_free(run.failure);
	if (result) {
		for (size_t i = 0; i < run.count; i++)
			engine_value_free(port, run.values[i]);
		return -1;
	}
	*ret_values = run.values;
	*ret_count = run.count;
	return 0;
}

/* ---- values ---- */

static bool engine_is_null(const struct expr_value *value)
{
	return jv_get_kind(value->value) == JV_KIND_NULL;
}

static bool engine_is_true(const struct expr_value *value)
{
	jv_kind kind = jv_get_kind(value->value);

	return kind != JV_KIND_NULL && kind != JV_KIND_FALSE;
}

static int engine_text(struct expr_engine *port, const struct expr_value *value, bool raw,
		       struct arena *arena, struct bytes *ret, struct err *err)
{
	struct engine *engine = engine_of(port);

	if (raw && engine_is_null(value)) {
		*ret = BYTES_NULL;
		return 0;
	}
	if (raw && jv_get_kind(value->value) == JV_KIND_STRING) {
		size_t len = (size_t)jv_string_length_bytes(jv_copy(value->value));

		if (len > engine->conf.text_bytes_max)
			return err_set(err, ERR_DATA, 0, "the result is longer than %zu bytes",
				       engine->conf.text_bytes_max);
		*ret = arena_copy(arena, bytes_of(jv_string_value(value->value), len));
		return 0;
	}
	if (expr_value_write(value->value, EXPR_FORM_TEXT, &engine->text, err))
		return -1;
	*ret = arena_copy(arena, bytes_of(engine->text.data, engine->text.len));
	return 0;
}

static int engine_canonical(struct expr_engine *port, const struct expr_value *value,
			    struct arena *arena, struct bytes *ret, struct err *err)
{
	struct engine *engine = engine_of(port);

	if (expr_value_write(value->value, EXPR_FORM_CANONICAL, &engine->text, err))
		return -1;
	*ret = arena_copy(arena, bytes_of(engine->text.data, engine->text.len));
	return 0;
}

/* ---- opening and closing ---- */

static void engine_close(struct expr_engine *port)
{
	struct engine *engine = engine_of(port);

	if (!port)
		return;
	while (engine->exprs) {
		struct expr *expr = engine->exprs;

		engine->exprs = expr->next;
		if (!expr->abandoned)
			jq_teardown(&expr->jq);
		free(expr->source);
		free(expr);
	}
	while (engine->spare) {
		struct expr_value *value = engine->spare;

		engine->spare = value->next;
		free(value);
	}
	expr_text_fini(&engine->text);
	json_check_free(engine->checker);
	free(engine);
}

static const struct expr_ops ops = {.compile = engine_compile,
				    .parse = engine_parse,
				    .run = engine_run,
				    .is_null = engine_is_null,
				    .is_true = engine_is_true,
				    .text = engine_text,
				    .canonical = engine_canonical,
				    .value_free = engine_value_free,
				    .close = engine_close};

static bool guard_works;

static void start(void)
{
	guard_works = expr_guard_works();
	/* mktime and strptime's %s and %Z ask for the zone; nothing sets a locale, so it is C. */
	must(setenv("TZ", "UTC", 1) == 0);
	tzset();
}

int expr_jq_open(const struct expr_jq_conf *conf, struct expr_engine **ret, struct err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct engine *engine;

	must(conf->run_ms_max > 0 && conf->text_bytes_max > 0 && conf->run_bytes_max >= 0);
	must(pthread_once(&once, start) == 0);
	if (!guard_works)
		return err_set(err, ERR_STOP, EXIT_INTERNAL,
			       "this libjq does not let its memory be limited (linked with "
			       "-Bsymbolic?): onced needs Debian's");
	engine = calloc(1, sizeof(*engine));
	must(engine != NULL);
	engine->engine.ops = &ops;
	engine->conf = *conf;
	if (!engine->conf.run_bytes_max)
		engine->conf.run_bytes_max = EXPR_RUN_BYTES;
	engine->checker = json_check_new();
	engine->text.bytes_max = conf->text_bytes_max;
	expr_guard_init(&engine->guard, engine->conf.run_bytes_max);
	*ret = &engine->engine;
	return 0;
}

void expr_jq_watch(struct expr_engine *engine, int64_t now_ms)
{
	expr_guard_watch(&engine_of(engine)->guard, now_ms, engine_of(engine)->conf.run_ms_max);
}
