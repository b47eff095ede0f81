/*
 * sim_engine: the expression port for the simulation. It knows one expression, "f": false for a
 * value that begins with 'x', an error for one that begins with 'e', true for the others.
 */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "lib/sim.h"

struct expr {
	int unused;
};

struct expr_value {
	bool truth;
	char first;
};

static struct expr the_expr;

static int compile(struct expr_engine *engine, const char *where, const char *text,
		   struct expr **ret, struct err *err)
{
	(void)engine;
	(void)where;
	(void)err;
	must(strcmp(text, "f") == 0);
	*ret = &the_expr;
	return 0;
}

static struct expr_value *value_new(bool truth, char first)
{
	struct expr_value *value = malloc(sizeof(*value));

	must(value != NULL);
	*value = (struct expr_value){truth, first};
	return value;
}

static int parse(struct expr_engine *engine, enum value_format format, struct bytes bytes,
		 struct expr_value **ret, struct err *err)
{
	(void)engine;
	(void)format;
	(void)err;
	must(bytes.data != NULL && bytes.len > 0);
	*ret = value_new(true, *(const char *)bytes.data);
	return 0;
}

static int run(struct expr_engine *engine, const struct expr *expr, const struct expr_vars *vars,
	       const struct expr_value *input, struct arena *arena, struct expr_value ***ret_values,
	       size_t *ret_count, struct err *err)
{
	(void)engine;
	(void)expr;
	(void)vars;
	must(input->first != 'Z'); /* a record used after its release */
	if (input->first == 'e')
		return err_set(err, ERR_DATA, 0, "an error");
	*ret_values = arena_alloc(arena, sizeof(**ret_values));
	(*ret_values)[0] = value_new(input->first != 'x', 0);
	*ret_count = 1;
	return 0;
}

static bool is_null(const struct expr_value *value)
{
	(void)value;
	return false;
}

static bool is_true(const struct expr_value *value)
{
	return value->truth;
}

static void value_free(struct expr_engine *engine, struct expr_value *value)
{
	(void)engine;
	free(value);
}

struct expr_engine *sim_engine(void)
{
	static const struct expr_ops ops = {
		.compile = compile,
		.parse = parse,
		.run = run,
		.is_null = is_null,
		.is_true = is_true,
		.value_free = value_free,
	};
	static struct expr_engine engine = {&ops};

	return &engine;
}
