/*
 * steps_world: a pipeline made by hand, one record, and what became of it; for the tests of steps.
 */
#ifndef ONCED_TESTS_LIB_STEPS_WORLD_H
#define ONCED_TESTS_LIB_STEPS_WORLD_H

#include "core/steps.h"

/* What the tests look at and change; steps_world_setup makes all of it anew. */
struct steps_world {
	struct step steps_list[8];
	struct expr_source sources[32];
	struct pipeline pipeline;
	struct arena *arena;
	struct steps steps;
	struct steps_result result;
	struct err err;
	struct header headers[2]; /* h=1 g=2 */
	struct record record;     /* key k, value v, timestamp 1234 */
	struct source source;     /* in/2/77 */
	char seen_ids[1000];      /* what `see` was asked, "," behind each; a raw id as *bytes */
	const char *duplicate_id; /* the id that was seen before */
	bool see_fails;
};

extern struct steps_world world;

void steps_world_setup(void);
void steps_world_teardown(void); /* fails if a value was not given back */

/* An expression's slot; -1 for NULL. */
int steps_world_slot(const char *text);
struct step *steps_world_add(enum step_kind kind, const char *text);
void steps_world_to(const char *topic, const char *when, bool otherwise);

/* steps_init on lib/fake_expr, which must succeed. */
void steps_world_init(void);
/* steps_init, steps_run on the record with this value, steps_fini. */
int steps_world_run(const char *value);
int steps_world_see(void *ctx, struct bytes id, bool *ret_seen, struct err *err);

/* The outputs as "topic key value;" each. */
const char *steps_world_outputs(void);
/* "name=value;" each. */
const char *steps_world_headers(const struct record *record);

#endif
