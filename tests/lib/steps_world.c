/*
 * steps_world: see steps_world.h.
 */
#include "lib/steps_world.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "lib/fake_expr.h"

struct steps_world world;
static struct target targets[4];

int steps_world_see(void *ctx, struct bytes id, bool *ret_seen, struct err *error)
{
	size_t used = strlen(world.seen_ids);

	ck_assert_ptr_eq(ctx, world.seen_ids);
	if (world.see_fails)
		return err_set(error, ERR_STOP, EXIT_STATE, "no store");
	/* A raw id begins with a zero byte: shown as '*'. */
	(void)snprintf(world.seen_ids + used, sizeof(world.seen_ids) - used, "%s%.*s,",
		       *(const char *)id.data ? "" : "*",
		       (int)(*(const char *)id.data ? id.len : id.len - 1),
		       (const char *)id.data + (*(const char *)id.data ? 0 : 1));
	*ret_seen = world.duplicate_id && bytes_equal(id, bytes_str(world.duplicate_id));
	return 0;
}

int steps_world_slot(const char *text)
{
	if (!text)
		return -1;
	world.sources[world.pipeline.expr_count] = (struct expr_source){"f:1:1: place", text};
	return (int)world.pipeline.expr_count++;
}

struct step *steps_world_add(enum step_kind kind, const char *text)
{
	struct step *step = &world.steps_list[world.pipeline.step_count];

	*step = (struct step){.kind = kind,
			      .where = "f:9:1: step",
			      .text = text,
			      .slot = steps_world_slot(text)};
	if (kind == STEP_DEDUP)
		world.pipeline.dedup_index = (int)world.pipeline.step_count;
	world.pipeline.step_count++;
	return step;
}

void steps_world_to(const char *topic, const char *when, bool otherwise)
{
	targets[world.pipeline.target_count++] = (struct target){.topic = topic,
								 .where = "f:20:1: to",
								 .when = when,
								 .slot = steps_world_slot(when),
								 .otherwise = otherwise};
}

void steps_world_setup(void)
{
	world.pipeline = (struct pipeline){.name = "p",
					   .format = FORMAT_JSON,
					   .steps = world.steps_list,
					   .targets = targets,
					   .exprs = world.sources,
					   .dedup_index = -1};
	world.headers[0] = (struct header){bytes_str("h"), bytes_str("1")};
	world.headers[1] = (struct header){bytes_str("g"), bytes_str("2")};
	world.source = (struct source){"in", 2, 77};
	world.record = (struct record){bytes_str("k"), bytes_str("v"), world.headers, 2, 1234};
	world.arena = arena_new(1 << 20);
	fake_expr_reset();
	world.duplicate_id = NULL;
	world.see_fails = false;
	world.seen_ids[0] = '\0';
	world.err = (struct err){0};
}

void steps_world_teardown(void)
{
	ck_assert_int_eq(fake_expr_stats.live, 0);
	arena_free(world.arena);
}

void steps_world_init(void)
{
	ck_assert_int_eq(steps_init(&world.steps, &world.pipeline, &fake_expr, world.arena,
				    steps_world_see, world.seen_ids, &world.err),
			 0);
}

int steps_world_run(const char *value)
{
	int outcome;

	steps_world_init();
	world.record.value = bytes_str(value);
	outcome = steps_run(&world.steps, &world.source, &world.record, &world.result, &world.err);
	steps_fini(&world.steps);
	return outcome;
}

const char *steps_world_outputs(void)
{
	static char text[1000];

	text[0] = '\0';
	for (size_t i = 0; i < world.result.output_count; i++) {
		const struct output *output = &world.result.outputs[i];
		const struct bytes *value = &output->record.value, *key = &output->record.key;
		size_t used = strlen(text);

		(void)snprintf(text + used, sizeof(text) - used, "%s %.*s %.*s;", output->topic,
			       key->data ? (int)key->len : 4,
			       key->data ? (const char *)key->data : "NULL",
			       value->data ? (int)value->len : 4,
			       value->data ? (const char *)value->data : "NULL");
	}
	return text;
}

const char *steps_world_headers(const struct record *of)
{
	static char text[1000];

	text[0] = '\0';
	for (size_t i = 0; i < of->header_count; i++) {
		const struct header *header = &of->headers[i];
		size_t used = strlen(text);

		(void)snprintf(text + used, sizeof(text) - used, "%.*s=%.*s;",
			       (int)header->name.len, (const char *)header->name.data,
			       header->value.data ? (int)header->value.len : 4,
			       header->value.data ? (const char *)header->value.data : "NULL");
	}
	return text;
}
