/*
 * expr_engine: what the parts of the expression engine share: expr_jq (values, opening, closing),
 * expr_compile and expr_run. Nobody else includes it.
 */
#ifndef ONCED_IO_EXPR_ENGINE_H
#define ONCED_IO_EXPR_ENGINE_H

#include <jq.h>

#include "io/expr_guard.h"
#include "io/expr_heap.h"
#include "io/expr_jq.h"
#include "io/expr_value.h"

struct expr {
	struct expr *next; /* of the engine's list */
	jq_state *jq;      /* owned */
	void *idle;        /* owned; what *jq holds between two runs */
	size_t idle_bytes;
	unsigned vars; /* bit n: enum expr_var n is bound */
	char *source;  /* owned: the text it was compiled from */
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
	struct expr_heap compiled; /* what libjq took for the expressions */
	struct expr_heap values;   /* what it took for values, in runs and to parse */
	size_t live;               /* struct expr_value that are not given back */
	bool torn;                 /* a run was thrown away: values has what nobody frees */
	struct expr_guard guard;
};

static inline struct engine *engine_of(struct expr_engine *engine)
{
	return (struct engine *)engine;
}

/* Takes content over. */
struct expr_value *expr_engine_value(struct engine *engine, jv content);

/* As struct expr_ops has them (port/expr.h). */
int expr_compile(struct expr_engine *port, const char *where, const char *text, struct expr **ret,
		 struct err *err);
int expr_run(struct expr_engine *port, const struct expr *expr, const struct expr_vars *vars,
	     const struct expr_value *input, struct arena *arena, struct expr_value ***ret_values,
	     size_t *ret_count, struct err *err);

#endif
