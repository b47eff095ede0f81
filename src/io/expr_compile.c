/*
 * expr_compile: an expression is compiled twice: alone, so that messages show what the user wrote,
 * then as it is run: checked definitions, `. as [$key, ..., $v] | $v |`, and itself in parentheses.
 * Only the variables that it names are bound; if it names none, its input is the value.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "io/expr_engine.h"
#include "io/expr_lex.h"
#include "io/expr_prelude.h"

/* What libjq suspects behind each syntax error; no shell has a part in this. */
#define SHELL_HINT " (Unix shell quoting issues?)"

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
	char *noise;

	if (!report->full) {
		if (strncmp(p, "jq: error: ", 11) == 0)
			p += 11;
		for (; *p && used < sizeof(report->text) - 1; p++)
			report->text[used++] = *p;
		while (used > 0 &&
		       (report->text[used - 1] == '\n' || report->text[used - 1] == ' '))
			used--;
		report->text[used] = '\0';
		noise = strstr(report->text, SHELL_HINT);
		if (noise)
			memmove(noise, noise + strlen(SHELL_HINT),
				strlen(noise + strlen(SHELL_HINT)) + 1);
		for (char *q = report->text; *q; q++)
			if (*q == '\n' || *q == '\r' || *q == '\t')
				*q = ' ';
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
	expr->idle_bytes = expr_heap_size(jq);
	expr->idle = malloc(expr->idle_bytes);
	must(expr->idle != NULL);
	memcpy(expr->idle, jq, expr->idle_bytes);
	expr->vars = lex.vars;
	*ret = expr;
	return 0;
}

int expr_compile(struct expr_engine *port, const char *where, const char *text, struct expr **ret,
		 struct err *err)
{
	struct engine *engine = engine_of(port);
	struct expr_heap *heap;
	struct expr *expr;
	int result;

	/* The loader compiles each to check it, and again for each test: once is 20 ms. */
	for (expr = engine->exprs; expr; expr = expr->next) {
		if (strcmp(expr->source, text) == 0) {
			*ret = expr;
			return 0;
		}
	}
	heap = expr_heap_use(&engine->compiled);
	result = compile(text, &expr, err);
	(void)expr_heap_use(heap);
	if (result)
		return err_wrap(err, "%s", where);
	expr->source = strdup(text);
	must(expr->source != NULL);
	expr->next = engine->exprs;
	engine->exprs = expr;
	*ret = expr;
	return 0;
}
