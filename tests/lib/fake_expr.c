/*
 * fake_expr: see fake_expr.h.
 */
#include "lib/fake_expr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"

struct expr {
	const char *text;
};

struct expr_value {
	char *text; /* owned; NULL = null */
};

static struct expr exprs[64];
static size_t expr_count;
struct fake_expr_stats fake_expr_stats;

static struct expr_value *value_new(const char *text, size_t len)
{
	struct expr_value *value = malloc(sizeof(*value));

	must(value != NULL);
	value->text = text ? strndup(text, len) : NULL;
	fake_expr_stats.live++;
	return value;
}

static int fake_compile(struct expr_engine *engine, const char *where, const char *text,
			struct expr **ret, struct err *err)
{
	(void)engine;
	if (fake_expr_stats.refused_text && strcmp(text, fake_expr_stats.refused_text) == 0)
		return err_set(err, ERR_STOP, EXIT_CONFIG, "%s: refused", where);
	exprs[expr_count].text = text;
	*ret = &exprs[expr_count++];
	return 0;
}

static int fake_parse(struct expr_engine *engine, enum value_format format, struct bytes bytes,
		      struct expr_value **ret, struct err *err)
{
	(void)engine;
	(void)format;
	fake_expr_stats.parsed++;
	if (bytes_equal(bytes, bytes_str("bad")))
		return err_set(err, ERR_DATA, 0, "value: bad");
	*ret = value_new(bytes.data, bytes.len);
	return 0;
}

static int run_one(const char *text, const struct expr_vars *vars, const char *input,
		   struct expr_value **ret, struct err *err)
{
	char joined[100];

	if (strcmp(text, "fail") == 0)
		return err_set(err, ERR_DATA, 0, "failed");
	if (strcmp(text, "stop") == 0)
		return err_set(err, ERR_STOP, EXIT_DATA, "stopped");
	if (strcmp(text, "null") == 0 || (strcmp(text, ".") == 0 && !input)) {
		*ret = value_new(NULL, 0);
	} else if (strcmp(text, ".") == 0) {
		*ret = value_new(input, strlen(input));
	} else if (strcmp(text, "key") == 0) {
		*ret = value_new(vars->record->key.data, vars->record->key.len);
	} else if (strcmp(text, "hdr") == 0) {
		struct bytes last = BYTES_NULL;

		if (vars->record->header_count)
			last = vars->record->headers[vars->record->header_count - 1].value;
		*ret = value_new(last.data, last.len);
	} else if (text[0] == '=') {
		*ret = value_new(text + 1, strlen(text + 1));
	} else if (text[0] == '?') {
		bool same = input && strcmp(input, text + 1) == 0;

		*ret = value_new(same ? "true" : "false", same ? 4 : 5);
	} else {
		must(text[0] == '+' && input);
		(void)snprintf(joined, sizeof(joined), "%s%s", input, text + 1);
		*ret = value_new(joined, strlen(joined));
	}
	return 0;
}

static int fake_run(struct expr_engine *engine, const struct expr *expr,
		    const struct expr_vars *vars, const struct expr_value *input,
		    struct arena *arena, struct expr_value ***ret_values, size_t *ret_count,
		    struct err *err)
{
	size_t len = input->text ? strlen(input->text) : 0;
	struct expr_value **values = arena_alloc(arena, (len + 1) * sizeof(struct expr_value *));

	(void)engine;
	*ret_values = values;
	*ret_count = 0;
	if (strcmp(expr->text, "none") == 0)
		return 0;
	if (strcmp(expr->text, "many") == 0) {
		for (size_t i = 0; i < len; i++)
			values[i] = value_new(input->text + i, 1);
		*ret_count = len;
		return 0;
	}
	if (run_one(expr->text, vars, input->text, values, err))
		return -1;
	*ret_count = 1;
	return 0;
}

static bool fake_is_null(const struct expr_value *value)
{
	return !value->text;
}

static bool fake_is_true(const struct expr_value *value)
{
	return value->text && strcmp(value->text, "false") != 0;
}

static int fake_text(struct expr_engine *engine, const struct expr_value *value, bool raw,
		     struct arena *arena, struct bytes *ret, struct err *err)
{
	(void)engine;
	if (value->text && strcmp(value->text, "long") == 0)
		return err_set(err, ERR_DATA, 0, "too long");
	if (!value->text)
		*ret = raw ? BYTES_NULL : bytes_str("null");
	else
		*ret = bytes_str(arena_printf(arena, raw ? "%s" : "<%s>", value->text));
	return 0;
}

static int fake_canonical(struct expr_engine *engine, const struct expr_value *value,
			  struct arena *arena, struct bytes *ret, struct err *err)
{
	(void)engine;
	(void)err;
	*ret = bytes_str(arena_printf(arena, "\"%s\"", value->text));
	return 0;
}

static void fake_value_free(struct expr_engine *engine, struct expr_value *value)
{
	(void)engine;
	if (!value)
		return;
	fake_expr_stats.live--;
	free(value->text);
	free(value);
}

static const struct expr_ops fake_ops = {.compile = fake_compile,
					 .parse = fake_parse,
					 .run = fake_run,
					 .is_null = fake_is_null,
					 .is_true = fake_is_true,
					 .text = fake_text,
					 .canonical = fake_canonical,
					 .value_free = fake_value_free};
struct expr_engine fake_expr = {&fake_ops};

void fake_expr_reset(void)
{
	expr_count = 0;
	fake_expr_stats = (struct fake_expr_stats){0, 0, NULL};
}
