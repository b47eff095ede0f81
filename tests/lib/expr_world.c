/* expr_world: see expr_world.h. */
#include "lib/expr_world.h"

#include <check.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/must.h"

static struct header headers[] = {{{"a", 1}, {"first", 5}},
				  {{"b", 1}, {NULL, 0}},
				  {{"a", 1}, {"last", 4}}};

static int64_t tick_ms; /* the watcher's, once it runs */

static int64_t ticks(pthread_t thread)
{
	static int64_t now_ms;

	(void)thread;
	return now_ms += tick_ms;
}

void expr_world_open(struct expr_world *world, int64_t run_ms_max, int64_t run_bytes_max)
{
	struct expr_jq_conf conf = {.run_ms_max = run_ms_max,
				    .text_bytes_max = 100000,
				    .run_bytes_max = run_bytes_max,
				    .spent = world->tick_ms ? ticks : NULL};
	struct err err;

	tick_ms = world->tick_ms;
	must(expr_jq_open(&conf, &world->engine, &err) == 0);
	world->arena = arena_new(1 << 20);
	world->record = (struct record){{"k1", 2}, {NULL, 0}, headers, 3, 1700000000123};
	world->source = (struct source){"payments", 3, 42};
}

void expr_world_close(struct expr_world *world)
{
	world->engine->ops->close(world->engine);
	arena_free(world->arena);
}

static void *watch(void *ctx)
{
	struct expr_world *world = ctx;

	while (atomic_load(&world->watching)) {
		expr_jq_watch(world->engine);
		nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
	}
	return NULL;
}

void expr_world_watch(struct expr_world *world)
{
	atomic_store(&world->watching, true);
	must(pthread_create(&world->watcher, NULL, watch, world) == 0);
}

void expr_world_unwatch(struct expr_world *world)
{
	atomic_store(&world->watching, false);
	must(pthread_join(world->watcher, NULL) == 0);
}

struct expr *expr_world_compile(struct expr_world *world, const char *text)
{
	struct expr *expr = NULL;
	struct err err;

	if (world->engine->ops->compile(world->engine, "here", text, &expr, &err))
		ck_abort_msg("%s: %s", text, err.msg);
	return expr;
}

/* Takes the results over. */
static int print(struct expr_world *world, struct expr_value **results, size_t count, char *line,
		 size_t size, struct err *err)
{
	const struct expr_ops *ops = world->engine->ops;
	int result = 0;

	for (size_t i = 0; i < count; i++) {
		struct bytes bytes = BYTES_NULL;

		if (!result && line) {
			size_t used = strlen(line);

			result = ops->canonical(world->engine, results[i], world->arena, &bytes,
						err);
			if (!result)
				(void)snprintf(line + used, size - used, "%s%.*s", i ? "; " : "",
					       (int)bytes.len, (const char *)bytes.data);
		}
		ops->value_free(world->engine, results[i]);
	}
	return result;
}

int expr_world_run(struct expr_world *world, const struct expr *expr, const char *value, char *line,
		   size_t size, struct err *err)
{
	const struct expr_ops *ops = world->engine->ops;
	struct expr_vars vars = {&world->record, &world->source};
	struct expr_value *input, **results;
	size_t count;
	int result;

	if (line)
		line[0] = '\0';
	if (ops->parse(world->engine, FORMAT_JSON, bytes_str(value), &input, err))
		return -1;
	result = ops->run(world->engine, expr, &vars, input, world->arena, &results, &count, err);
	if (!result)
		result = print(world, results, count, line, size, err);
	ops->value_free(world->engine, input);
	arena_reset(world->arena);
	return result;
}

int expr_world_try(struct expr_world *world, const char *text, const char *value, char *line,
		   size_t size, struct err *err)
{
	struct expr *expr;
	int result;

	line[0] = '\0';
	if (world->engine->ops->compile(world->engine, "here", text, &expr, err))
		return -1;
	result = expr_world_run(world, expr, value, line, size, err);
	ck_assert_msg(expr_jq_blocks(world->engine) == 0, "%s holds %zu blocks", text,
		      expr_jq_blocks(world->engine));
	return result;
}
