/* problems: see problems.h. Lines are made at once, sorted at the end. */
#include "config/problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/must.h"

struct problem {
	size_t file_order; /* files in the order in which they were first complained about */
	int line, column;
	size_t order; /* of arrival: keeps the sort stable */
	char *text;   /* owned */
	bool hint;
};

struct problems {
	struct problem *items; /* owned */
	size_t count, capacity;
	size_t error_count;
	size_t left_out;
	char **files; /* owned */
	size_t file_count;
	struct arena *arena; /* for paths */
};

struct problems *problems_new(void)
{
	struct problems *problems = calloc(1, sizeof(*problems));

	must(problems != NULL);
	problems->arena = arena_new(0);
	return problems;
}

void problems_free(struct problems *problems)
{
	if (!problems)
		return;
	for (size_t i = 0; i < problems->count; i++)
		free(problems->items[i].text);
	for (size_t i = 0; i < problems->file_count; i++)
		free(problems->files[i]);
	free(problems->files);
	free(problems->items);
	arena_free(problems->arena);
	free(problems);
}

static size_t file_order(struct problems *problems, const char *file)
{
	for (size_t i = 0; i < problems->file_count; i++)
		if (strcmp(problems->files[i], file) == 0)
			return i;
	problems->files =
		realloc(problems->files, (problems->file_count + 1) * sizeof(*problems->files));
	must(problems->files != NULL);
	problems->files[problems->file_count] = strdup(file);
	must(problems->files[problems->file_count] != NULL);
	return problems->file_count++;
}

/* text: owned by the list from here on. */
static void add(struct problems *problems, bool hint, const char *file, int line, int column,
		char *text)
{
	struct problem *problem;

	must(text != NULL);
	if (!hint)
		problems->error_count++;
	if (problems->count >= PROBLEMS_MAX) {
		problems->left_out += !hint;
		free(text);
		return;
	}
	if (problems->count == problems->capacity) {
		problems->capacity = problems->capacity ? 2 * problems->capacity : 16;
		problems->items =
			realloc(problems->items, problems->capacity * sizeof(*problems->items));
		must(problems->items != NULL);
	}
	problem = &problems->items[problems->count];
	*problem = (struct problem){.file_order = file_order(problems, file),
				    .line = line,
				    .column = column,
				    .order = problems->count++,
				    .text = text,
				    .hint = hint};
}

/* One line: "file:line:column: key: reason". A line break in it would be two errors, and any other
 * control character would steer the terminal. */
static char *compose(const char *file, int line, int column, const char *key, const char *reason)
{
	char *text = NULL;
	int len;

	if (line > 0)
		len = asprintf(&text, "%s:%d:%d: %s%s%s", file, line, column, key ? key : "",
			       key && *key ? ": " : "", reason);
	else
		len = asprintf(&text, "%s: %s%s%s", file, key ? key : "", key && *key ? ": " : "",
			       reason);
	must(len >= 0);
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = ' ';
	return text;
}

static void add_at(struct problems *problems, bool hint, const char *file, int line, int column,
		   const char *key, const char *format, va_list args)
	__attribute__((format(printf, 7, 0)));

static void add_at(struct problems *problems, bool hint, const char *file, int line, int column,
		   const char *key, const char *format, va_list args)
{
	CLEANUP(free) char *reason = NULL;

	must(vasprintf(&reason, format, args) >= 0);
	add(problems, hint, file, line, column, compose(file, line, column, key, reason));
}

static const char *path_of(struct problems *problems, const struct node *node, const char *key)
{
	const char *path = tree_path(node, problems->arena);

	if (!key)
		return path;
	return *path ? arena_printf(problems->arena, "%s.%s", path, key) : key;
}

void problems_error(struct problems *problems, const struct node *node, const char *key,
		    const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_at(problems, false, node->file, node->line, node->column, path_of(problems, node, key),
	       format, args);
	va_end(args);
}

void problems_hint(struct problems *problems, const struct node *node, const char *key,
		   const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_at(problems, true, node->file, node->line, node->column, path_of(problems, node, key),
	       format, args);
	va_end(args);
}

void problems_error_key(struct problems *problems, const struct node *value, const char *format,
			...)
{
	va_list args;

	must(value->key != NULL);
	va_start(args, format);
	add_at(problems, false, value->file, value->key_line, value->key_column,
	       path_of(problems, value, NULL), format, args);
	va_end(args);
}

void problems_error_at(struct problems *problems, const char *file, int line, int column,
		       const char *key, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_at(problems, false, file, line, column, key, format, args);
	va_end(args);
}

void problems_error_line(struct problems *problems, const struct node *node, const char *line)
{
	add(problems, false, node->file, node->line, node->column, strdup(line));
}

size_t problems_error_count(const struct problems *problems)
{
	return problems->error_count;
}

static int by_place(const void *left, const void *right)
{
	const struct problem *a = left, *b = right;

	if (a->file_order != b->file_order)
		return a->file_order < b->file_order ? -1 : 1;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	if (a->column != b->column)
		return a->column < b->column ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

void problems_finish(struct problems *problems, struct config_errors *ret)
{
	*ret = (struct config_errors){0};
	if (problems->count)
		qsort(problems->items, problems->count, sizeof(*problems->items), by_place);
	ret->lines = calloc(problems->count + 1, sizeof(*ret->lines));
	ret->warnings = calloc(problems->count + 1, sizeof(*ret->warnings));
	must(ret->lines != NULL && ret->warnings != NULL);
	for (size_t i = 0; i < problems->count; i++) {
		struct problem *problem = &problems->items[i];

		if (problem->hint)
			ret->warnings[ret->warning_count++] = TAKE(problem->text);
		else
			ret->lines[ret->count++] = TAKE(problem->text);
	}
	if (problems->left_out > 0)
		must(asprintf(&ret->lines[ret->count++], "and %zu more errors",
			      problems->left_out) >= 0);
	problems->count = 0;
}
