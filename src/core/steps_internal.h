/*
 * steps_internal: what steps.c, steps_run.c and steps_route.c share. Not for others.
 */
#ifndef ONCED_CORE_STEPS_INTERNAL_H
#define ONCED_CORE_STEPS_INTERNAL_H

#include "core/steps.h"

/* One result on its way through the steps: breadth first, there is a row of them at each step. */
struct item {
	struct bytes key;
	struct bytes value; /* the record's own bytes; meaningless once mapped */
	const struct header *headers;
	size_t header_count;
	struct expr_value *parsed; /* owned; NULL = no expression has looked at it yet */
	bool mapped;               /* parsed is what a map returned: the text is made of it */
	bool tombstone;            /* the source record's value is null */
	bool dropped;              /* by a filter, a map, or as a duplicate */
};

struct row {
	struct item *items; /* in the arena */
	size_t count;
};

/* One record's way. */
struct way {
	struct steps *steps;
	const struct source *source;
	const struct record *record;
	struct steps_result *result;
};

/* The values of an expression; freed by steps_values_free. */
struct values {
	struct expr_value **list;
	size_t count;
};

/* Runs the expression of a slot on an item, whose value is parsed now if it was not. */
int steps_eval(struct way *way, struct item *item, int slot, struct values *ret, struct err *err);
void steps_values_free(struct way *way, struct values *values);

/* As steps_eval, for what must have exactly one result: the value's bytes (a string's own, null is
 * null). `what` names it in messages. */
int steps_eval_bytes(struct way *way, struct item *item, int slot, const char *what,
		     struct bytes *ret, struct err *err);

/* Is the one result true? */
int steps_eval_true(struct way *way, struct item *item, int slot, const char *what, bool *ret,
		    struct err *err);

/* What is left of the row, sent to the targets: fills result->outputs. */
int steps_route(struct way *way, struct row *row, struct err *err);

/* A row's headers without those of one name, and one more at the end, in the arena. */
void steps_header_replace(struct arena *arena, const struct header **headers, size_t *count,
			  struct bytes name, struct bytes value);

#endif
