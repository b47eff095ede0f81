/* build_steps: `steps:` and the expressions of a pipeline; see build.h. */
#include "config/build.h"

#include <stdlib.h>

#include "base/must.h"

static const char *const kinds[] = {
	[STEP_FILTER] = "filter", [STEP_MAP] = "map",         [STEP_DEDUP] = "dedup",
	[STEP_KEY] = "key",       [STEP_HEADERS] = "headers",
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const char *where_of(struct build *build, const struct node *node)
{
	return arena_printf(build->arena, "%s:%d:%d: %s", node->file, node->line, node->column,
			    tree_path(node, build->arena));
}

static void compile(struct build *build, const struct node *node, const char *where,
		    const char *text)
{
	struct expr_engine *engine = build->request->engine;
	struct err err = {0};
	struct expr *expr;

	must(engine != NULL);
	if (engine->ops->compile(engine, where, text, &expr, &err) == 0)
		return;
	problems_error_line(
		build->problems, node,
		node->quoted
			? arena_printf(build->arena,
				       "%s (YAML took the quotes around it away: if they belong to "
				       "the expression, write it as a block, `|`)",
				       err.msg)
			: err.msg);
}

int build_expr(struct build *build, struct build_exprs *exprs, const struct node *node,
	       const char *text)
{
	const char *where = where_of(build, node);

	compile(build, node, where, text);
	if (exprs->count == exprs->capacity) {
		exprs->capacity = exprs->capacity ? 2 * exprs->capacity : 16;
		exprs->items = realloc(exprs->items, exprs->capacity * sizeof(*exprs->items));
		must(exprs->items != NULL);
	}
	exprs->items[exprs->count] = (struct expr_source){where, text};
	return (int)exprs->count++;
}

/* ---- headers ---- */

static bool is_header_name(struct build *build, const struct node *node, const char *name, bool set)
{
	if (!*name)
		problems_error(build->problems, node, NULL, "a header name is empty");
	else if (set && strncmp(name, "onced.", 6) == 0)
		problems_error(
			build->problems, node, NULL,
			"headers that begin with `onced.` are onced's own: choose another name");
	else
		return true;
	return false;
}

static void read_set(struct build *build, const struct section *section, struct build_exprs *exprs,
		     struct step *step)
{
	const struct node *node = section_node(section, "set");
	struct header_set *set;

	if (!node || node->count == 0)
		return;
	set = arena_alloc(build->arena, node->count * sizeof(*set));
	for (const struct node *child = node->first; child; child = child->next) {
		const struct option_rule expected = {.path = "set", .type = OPTION_EXPR};
		const char *text;

		if (!is_header_name(build, child, child->key, true))
			continue;
		if (child->kind != NODE_SCALAR) {
			section_wrong(build, &expected, child);
			continue;
		}
		text = section_scalar_expr(build, child);
		if (!text)
			continue;
		section_record(build, tree_path(child, build->arena), text, child);
		set[step->set_count++] =
			(struct header_set){arena_printf(build->arena, "%s", child->key), text,
					    build_expr(build, exprs, child, text)};
	}
	step->set = set;
}

static void read_remove(struct build *build, const struct section *section, struct step *step)
{
	const struct node *node = section_node(section, "remove");
	const struct option_rule expected = {.path = "remove", .type = OPTION_TEXT};
	const char **names;

	if (!node || node->count == 0)
		return;
	names = arena_alloc(build->arena, node->count * sizeof(*names));
	for (const struct node *item = node->first; item; item = item->next) {
		const char *name = section_scalar(build, &expected, item);

		if (!name)
			continue;
		section_record(build, tree_path(item, build->arena), name, item);
		names[step->remove_count++] = name;
	}
	step->remove = names;
}

static void read_headers(struct build *build, const struct section *item, struct build_exprs *exprs,
			 struct step *step)
{
	struct section section = section_open(item, "headers");

	read_set(build, &section, exprs, step);
	read_remove(build, &section, step);
	if (section.node && !section_has(&section, "set") && !section_has(&section, "remove"))
		problems_error(build->problems, section.node, NULL,
			       "does nothing: give it `set:` or `remove:`");
}

/* ---- the other steps ---- */

static void read_dedup(struct build *build, const struct section *item, struct build_exprs *exprs,
		       struct step *step)
{
	struct section section = section_open(item, "dedup");

	step->text = section_expr(&section, "id");
	if (step->text)
		step->slot = build_expr(build, exprs, tree_find(section.node, "id"), step->text);
	step->within_ms = section_number(&section, "within");
	step->missing_pass = section_word(&section, "missing") == 1;
	if (section.node && !section_has(&section, "id") && !section_has(&section, "missing"))
		problems_hint(
			build->problems, section.node, NULL,
			"without `id` it goes by the record's key, and a record without a key is "
			"an error: write `missing: pass` to let it through, or `missing: error`");
}

static void read_expr_step(struct build *build, const struct section *item,
			   struct build_exprs *exprs, struct step *step)
{
	const char *key = kinds[step->kind];

	if (step->kind == STEP_MAP && exprs->format == FORMAT_BYTES)
		problems_error_key(
			build->problems, tree_find(item->node, key),
			"is not possible under `format: bytes`, which has no value to work on: use "
			"format json or text");
	step->text = section_expr(item, key);
	if (step->text)
		step->slot = build_expr(build, exprs, tree_find(item->node, key), step->text);
}

/* Which step an item is; false: reported. */
static bool kind_of(struct build *build, const struct section *item, enum step_kind *ret)
{
	const struct node *found = NULL;

	for (const struct node *child = item->node->first; child; child = child->next) {
		for (size_t kind = 0; kind < KINDS; kind++) {
			if (strcmp(child->key, kinds[kind]) != 0)
				continue;
			if (found) {
				problems_error_key(build->problems, child,
						   "a step has one key, this one has `%s` already: "
						   "begin the next step with `- %s:`",
						   found->key, child->key);
				return false;
			}
			found = child;
			*ret = (enum step_kind)kind;
		}
	}
	if (!found && item->node->count == 0)
		problems_error(build->problems, item->node, NULL,
			       "is empty: a step is one of filter, map, dedup, key, headers");
	return found != NULL;
}

static bool read_step(struct build *build, const struct section *root, const struct node *node,
		      struct build_exprs *exprs, struct step *step)
{
	struct section item = section_item(root, "steps", node);
	enum step_kind kind = STEP_FILTER;

	if (!item.node || !kind_of(build, &item, &kind))
		return false;
	*step = (struct step){.kind = kind, .slot = -1};
	step->where = where_of(build, tree_find(item.node, kinds[kind]));
	if (kind == STEP_DEDUP)
		read_dedup(build, &item, exprs, step);
	else if (kind == STEP_HEADERS)
		read_headers(build, &item, exprs, step);
	else
		read_expr_step(build, &item, exprs, step);
	return true;
}

/* ---- what may fail after dedup ---- */

/* `.a.b`, `$topic`: fails only where the value is no object, or no JSON at all. */
static bool is_path(const char *text)
{
	for (; *text; text++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._$",
			    *text))
			return false;
	return true;
}

/* Is the value looked at before the first mark, so that malformed JSON is found there? */
static bool is_parsed_early(const struct pipeline *pipeline)
{
	for (int i = 0; i <= pipeline->dedup_index; i++)
		if (pipeline->steps[i].text || pipeline->steps[i].set_count > 0)
			return true;
	return pipeline->format == FORMAT_BYTES;
}

static bool may_fail(const struct step *step, bool parsed)
{
	bool simple = parsed && step->kind != STEP_MAP && step->kind != STEP_FILTER;

	for (size_t i = 0; i < step->set_count; i++)
		if (!simple || !is_path(step->set[i].text))
			return true;
	return step->text && (!simple || !is_path(step->text));
}

static void hint_at_order(struct build *build, const struct pipeline *pipeline,
			  const struct node *node)
{
	bool parsed = is_parsed_early(pipeline);
	size_t index = 0;

	if (pipeline->dedup_index < 0 || node->count != pipeline->step_count)
		return;
	for (const struct node *item = node->first; item; item = item->next, index++) {
		const struct step *step = &pipeline->steps[index];

		if ((int)index > pipeline->dedup_index && may_fail(step, parsed))
			problems_hint(
				build->problems, item, kinds[step->kind],
				"stands after dedup: when it fails, the id counts as seen and a "
				"corrected repeat is dropped; what may fail belongs before dedup");
	}
}

void build_steps(struct build *build, const struct section *root, struct build_exprs *exprs,
		 struct pipeline *pipeline)
{
	const struct node *node = section_node(root, "steps");
	struct step *steps;

	pipeline->dedup_index = -1;
	if (!node) {
		if (!section_has(root, "steps"))
			section_record(build, "steps", "none", NULL);
		return;
	}
	steps = arena_alloc(build->arena, (node->count + 1) * sizeof(*steps));
	pipeline->steps = steps;
	for (const struct node *item = node->first; item; item = item->next) {
		struct step *step = &steps[pipeline->step_count];

		if (!read_step(build, root, item, exprs, step))
			continue;
		if (step->kind == STEP_DEDUP && pipeline->dedup_index >= 0)
			problems_error_key(build->problems, tree_find(item, "dedup"),
					   "is the second one: one dedup per pipeline for now, as "
					   "what reaches the second would depend on the first's "
					   "verdicts; use a second pipeline");
		else if (step->kind == STEP_DEDUP)
			pipeline->dedup_index = (int)pipeline->step_count;
		pipeline->step_count++;
	}
	hint_at_order(build, pipeline, node);
}
