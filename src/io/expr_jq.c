/* expr_jq: see expr_jq.h. Here: values, opening and closing. */
#include <stdlib.h>
#include <time.h>

#include "base/must.h"
#include "io/expr_engine.h"
#include "io/expr_hooks.h"
#include "io/json_check.h"

/* Values given back are kept for the next, up to so many. */
#define SPARE_VALUES_MAX 1024

/* So many blocks of no value may be there. */
#define FORGOTTEN_BLOCKS_MAX 1024

/* ---- values ---- */

struct expr_value *expr_engine_value(struct engine *engine, jv content)
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
	engine->live++;
	return value;
}

/* When no value is there any more, what is left of them is what a torn run referred to, or what
 * libjq forgot: of its builtins, ltrimstr and tonumber do. The expressions hold none between runs.
 */
static void sweep(struct engine *engine)
{
	expr_heap_clear(&engine->values);
	engine->torn = false;
}

static void engine_value_free(struct expr_engine *port, struct expr_value *value)
{
	struct engine *engine = engine_of(port);

	if (!value)
		return;
	jv_free(value->value);
	expr_hooks_drain();
	if (engine->spare_count == SPARE_VALUES_MAX) {
		free(value);
	} else {
		value->next = engine->spare;
		engine->spare = value;
		engine->spare_count++;
	}
	must(engine->live > 0);
	engine->live--;
	if (engine->live == 0 && (engine->torn || engine->values.count > FORGOTTEN_BLOCKS_MAX))
		sweep(engine);
}

static int engine_parse(struct expr_engine *port, enum value_format format, struct bytes bytes,
			struct expr_value **ret, struct err *err)
{
	struct engine *engine = engine_of(port);
	struct expr_heap *heap = expr_heap_use(&engine->values);
	jv value = jv_null();
	int result = 0;

	if (bytes.data && format == FORMAT_JSON) {
		result = expr_value_parse(engine->checker, bytes, &value, err);
	} else if (bytes.data && format == FORMAT_TEXT) {
		if (bytes.len > INT32_MAX / 4 || !bytes_is_utf8(bytes))
			result = err_set(err, ERR_DATA, JSON_BAD_UTF8, "value: not UTF-8");
		else
			value = jv_string_sized(bytes.data, (int)bytes.len);
	}
	(void)expr_heap_use(heap);
	if (result)
		return -1;
	*ret = expr_engine_value(engine, value);
	return 0;
}

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
		jq_teardown(&expr->jq);
		free(expr->idle);
		free(expr->source);
		free(expr);
	}
	while (engine->spare) {
		struct expr_value *value = engine->spare;

		engine->spare = value->next;
		free(value);
	}
	sweep(engine);
	expr_heap_clear(&engine->compiled);
	expr_text_fini(&engine->text);
	json_check_free(engine->checker);
	free(engine);
}

static const struct expr_ops ops = {.compile = expr_compile,
				    .parse = engine_parse,
				    .run = expr_run,
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
	expr_heap_init(&engine->compiled);
	expr_heap_init(&engine->values);
	expr_guard_init(&engine->guard, &engine->values, engine->conf.run_bytes_max, conf->spent);
	*ret = &engine->engine;
	return 0;
}

void expr_jq_watch(struct expr_engine *engine)
{
	expr_guard_watch(&engine_of(engine)->guard, engine_of(engine)->conf.run_ms_max);
}

size_t expr_jq_blocks(const struct expr_engine *engine)
{
	return ((const struct engine *)engine)->values.count;
}
