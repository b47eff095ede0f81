/*
 * fuzz_expr: an expression as a user may write it: lexer, allow-list, libjq's compiler, and, if it
 * compiles, a run on a few values. What holds: a refusal is a printable line; an expression that is
 * taken is a function of the record (two engines, in another environment, agree), ends within its
 * limits, and leaves no value that cannot be written again.
 */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/must.h"
#include "fuzz/fuzz.h"
#include "io/expr_jq.h"

/* A run that is left by a jump out of libjq leaks what it held: that is how it is ended. */
const char *__lsan_default_options(void);
const char *__lsan_default_options(void)
{
	return "detect_leaks=0";
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct expr_engine *watched; /* under lock */

static void *watch(void *unused)
{
	(void)unused;
	for (;;) {
		pthread_mutex_lock(&lock);
		if (watched)
			expr_jq_watch(watched);
		pthread_mutex_unlock(&lock);
		(void)usleep(10000);
	}
	return NULL;
}

static struct expr_engine *engine_open(void)
{
	static const struct expr_jq_conf conf = {.run_ms_max = 100,
						 .text_bytes_max = 1 << 16,
						 .run_bytes_max = 8 << 20};
	static pthread_t thread;
	struct expr_engine *engine;
	struct err err;

	must(expr_jq_open(&conf, &engine, &err) == 0);
	pthread_mutex_lock(&lock);
	watched = engine;
	pthread_mutex_unlock(&lock);
	if (!thread)
		must(pthread_create(&thread, NULL, watch, NULL) == 0);
	return engine;
}

static void engine_close(struct expr_engine *engine)
{
	pthread_mutex_lock(&lock);
	watched = NULL;
	pthread_mutex_unlock(&lock);
	engine->ops->close(engine);
}

static void printable(const struct err *err)
{
	must(strlen(err->msg) < sizeof(err->msg) && err->msg[0]);
	must(bytes_is_utf8(bytes_str(err->msg)));
	for (const char *c = err->msg; *c; c++)
		must((unsigned char)*c >= 0x20 && *c != 0x7f);
}

/* All results, one after the other; false: a limit ended it, which says nothing about the next
 * run. */
static bool run_all(struct expr_engine *engine, const struct expr *expr, struct arena *arena,
		    const char *text, struct bytes *ret)
{
	static const struct header header = {{"h", 1}, {"1", 1}};
	const struct record record = {{"k", 1}, {text, strlen(text)}, &header, 1, 1234};
	const struct source source = {"in", 1, 99};
	const struct expr_vars vars = {&record, &source};
	struct expr_value *input, **values = NULL;
	size_t count = 0;
	struct err err;
	char *all = arena_printf(arena, "%s", "");

	must(engine->ops->parse(engine, FORMAT_JSON, record.value, &input, &err) == 0);
	if (engine->ops->run(engine, expr, &vars, input, arena, &values, &count, &err)) {
		must(err.kind == ERR_DATA || err.kind == ERR_STOP);
		printable(&err);
		all = err.kind == ERR_DATA ? arena_printf(arena, "%s", err.msg) : NULL;
	}
	for (size_t i = 0; i < count; i++) {
		struct bytes id = BYTES_NULL;

		if (all && i < 100 && !engine->ops->canonical(engine, values[i], arena, &id, &err))
			all = arena_printf(arena, "%s %.*s", all, (int)id.len,
					   (const char *)id.data);
		engine->ops->value_free(engine, values[i]);
	}
	engine->ops->value_free(engine, input);
	*ret = bytes_str(all);
	return all != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const inputs[] = {
		"{\"a\":[1,-2.5,{\"b\":\"x\"}],\"c\":null,\"id\":\"q\",\"n\":1e300}", "null"};
	struct arena *arena = arena_new(0);
	struct expr_engine *engine[2] = {engine_open(), NULL};
	struct expr *expr[2];
	struct err err;
	char *text = arena_printf(arena, "%.*s", (int)size, (const char *)data);

	if (engine[0]->ops->compile(engine[0], "f:1:1: map", text, &expr[0], &err)) {
		must(err.kind == ERR_STOP && err.code == EXIT_CONFIG);
		printable(&err);
	} else {
		struct bytes first[2], second;
		bool ended[2];

		must(setenv("FUZZ", "1", 1) == 0);
		for (int i = 0; i < 2; i++)
			ended[i] = run_all(engine[0], expr[0], arena, inputs[i], &first[i]);
		must(setenv("FUZZ", "2", 1) == 0);
		engine[1] = engine_open();
		must(engine[1]->ops->compile(engine[1], "f:1:1: map", text, &expr[1], &err) == 0);
		for (int i = 0; i < 2; i++)
			if (run_all(engine[1], expr[1], arena, inputs[i], &second) && ended[i])
				must(bytes_equal(first[i], second));
		engine_close(engine[1]);
	}
	engine_close(engine[0]);
	arena_free(arena);
	return 0;
}
