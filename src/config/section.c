/* section: see section.h. */
#include "config/section.h"

#include <stdlib.h>

#include "base/must.h"
#include "config/suggest.h"
#include "config/units.h"

static const char block_advice[] =
	"expected a jq expression, but YAML read %s; write it as a block: `%s: |` with the "
	"expression on the next line, indented";

static const char *join(struct arena *arena, const char *prefix, const char *key)
{
	return *prefix ? arena_printf(arena, "%s.%s", prefix, key) : key;
}

void section_record(struct build *build, const char *path, const char *value,
		    const struct node *node)
{
	if (build->setting_count == build->setting_capacity) {
		build->setting_capacity =
			build->setting_capacity ? 2 * build->setting_capacity : 32;
		build->settings = realloc(build->settings,
					  build->setting_capacity * sizeof(*build->settings));
		must(build->settings != NULL);
	}
	build->settings[build->setting_count++] = (struct setting){
		.path = arena_printf(build->arena, "%s", path),
		.value = arena_printf(build->arena, "%s", value),
		.file = node ? node->file : NULL,
		.line = node ? node->line : 0,
	};
}

/* ---- keys ---- */

/* "; did you mean ..." or where the key belongs or which keys there are. */
static const char *advice(const struct section *section, const char *key)
{
	struct arena *arena = section->build->arena;
	struct suggest suggest = suggest_begin(key);
	const char *known = "";
	const struct option_rule *all;
	size_t count;

	for (const struct option_rule *o = options_next(section->which, section->prefix, NULL); o;
	     o = options_next(section->which, section->prefix, o)) {
		suggest_offer(&suggest, options_key(o));
		known = arena_printf(arena, "%s%s%s", known, *known ? ", " : "", options_key(o));
	}
	if (suggest.best)
		return arena_printf(arena, "did you mean \"%s\"?", suggest.best);
	all = options_all(&count);
	for (size_t i = 0; i < count; i++)
		if (all[i].type != OPTION_ANY && strcmp(options_key(&all[i]), key) == 0)
			return arena_printf(arena, "it belongs %s%s",
					    all[i].file == section->which ? "elsewhere: "
					    : all[i].file == OPTION_MAIN  ? "into the main file: "
									 : "into a pipeline file: ",
					    all[i].path);
	return arena_printf(arena, "known here: %s", known);
}

static void check_keys(const struct section *section)
{
	const struct option_rule *option;

	for (const struct node *child = section->node->first; child; child = child->next) {
		option = options_child(section->which, section->prefix, child->key);
		if (!option)
			problems_error_key(section->build->problems, child, "unknown key; %s",
					   advice(section, child->key));
		else if (option->type == OPTION_LATER)
			problems_error_key(section->build->problems, child,
					   "not supported yet; remove it");
	}
}

static bool is_unquoted(enum option_type type)
{
	return type == OPTION_BOOL || type == OPTION_INT || type == OPTION_SIZE ||
	       type == OPTION_DURATION;
}

void section_wrong(struct build *build, const struct option_rule *option, const struct node *node)
{
	char expected[OPTIONS_EXPECTED_MAX];
	const char *got = tree_describe(node, build->arena);
	struct suggest suggest;

	if (node->kind == NODE_REFUSED)
		return;
	if (option->type == OPTION_EXPR && node->kind != NODE_SCALAR) {
		problems_error(build->problems, node, NULL, block_advice, got,
			       node->key ? node->key : options_key(option));
		return;
	}
	options_expected(option, expected);
	if (node->quoted && is_unquoted(option->type)) {
		problems_error(build->problems, node, NULL, "expected %s, without quotes, got %s",
			       expected, got);
		return;
	}
	if (option->example) {
		problems_error(build->problems, node, NULL, "expected %s such as `%s`, got %s",
			       expected, option->example, got);
		return;
	}
	if (node->kind == NODE_SCALAR) {
		suggest = suggest_begin(node->text);
		for (size_t i = 0; i < OPTION_WORDS_MAX && option->words[i]; i++)
			suggest_offer(&suggest, option->words[i]);
		if (suggest.best) {
			problems_error(build->problems, node, NULL,
				       "expected %s, got %s; did you mean \"%s\"?", expected, got,
				       suggest.best);
			return;
		}
	}
	problems_error(build->problems, node, NULL, "expected %s, got %s", expected, got);
}

/* ---- sections ---- */

struct section section_root(struct build *build, enum option_file which, const struct node *node,
			    const char *file)
{
	struct section section = {.build = build, .which = which, .prefix = "", .path = ""};

	if (node && node->kind != NODE_MAPPING) {
		problems_error(build->problems, node, NULL,
			       "expected a mapping such as `%s`, got %s",
			       which == OPTION_MAIN ? "instance: billing-1" : "pipeline: payments",
			       tree_describe(node, build->arena));
		section.silent = true;
		return section;
	}
	if (!node && which == OPTION_PIPELINE) {
		problems_error_at(build->problems, file, 1, 1, NULL,
				  "the file is empty: a pipeline has at least "
				  "the keys pipeline, from and to");
		section.silent = true;
		return section;
	}
	section.node = node;
	if (node)
		check_keys(&section);
	return section;
}

static struct section open_node(struct build *build, enum option_file which,
				const struct option_rule *option, const struct node *node,
				const char *prefix, const char *path)
{
	struct section section = {
		.build = build, .which = which, .prefix = prefix, .path = path, .silent = true};

	if (!node)
		return section;
	if (node->kind != NODE_MAPPING) {
		if (option)
			section_wrong(build, option, node);
		return section;
	}
	section.node = node;
	section.silent = false;
	check_keys(&section);
	return section;
}

struct section section_open(const struct section *parent, const char *key)
{
	struct arena *arena = parent->build->arena;
	const struct option_rule *option = options_child(parent->which, parent->prefix, key);
	struct section section;

	must(option != NULL);
	must(option->type == OPTION_SECTION || option->type == OPTION_ERRORS);
	section = open_node(parent->build, parent->which, option, section_node(parent, key),
			    option->path, join(arena, parent->path, key));
	return section;
}

struct section section_item(const struct section *parent, const char *key, const struct node *item)
{
	struct arena *arena = parent->build->arena;
	const struct option_rule *option = options_child(parent->which, parent->prefix, key);

	must(option != NULL && option->type == OPTION_SECTIONS);
	if (item->kind != NODE_MAPPING && item->kind != NODE_REFUSED)
		problems_error(parent->build->problems, item, NULL,
			       "expected a mapping, as in `%s`, got %s", option->example,
			       tree_describe(item, arena));
	return open_node(parent->build, parent->which, NULL, item,
			 arena_printf(arena, "%s[]", option->path), tree_path(item, arena));
}

struct section section_at(struct build *build, const struct node *node, const char *prefix)
{
	if (node->kind != NODE_MAPPING && node->kind != NODE_REFUSED)
		problems_error(build->problems, node, NULL,
			       "expected a mapping such as `{key: a, value: {id: 1}}`, got %s",
			       tree_describe(node, build->arena));
	return open_node(build, OPTION_PIPELINE, NULL, node, prefix, tree_path(node, build->arena));
}

/* ---- values ---- */

static const struct option_rule *option_of(const struct section *section, const char *key)
{
	const struct option_rule *option = options_child(section->which, section->prefix, key);

	must(option != NULL);
	return option;
}

bool section_has(const struct section *section, const char *key)
{
	return section->node && tree_find(section->node, key) != NULL;
}

/* Is it the kind of YAML node that the option is made of? */
static bool is_kind(const struct option_rule *option, const struct node *node)
{
	switch (option->type) {
	case OPTION_SECTIONS:
	case OPTION_LIST:
		return node->kind == NODE_SEQUENCE;
	case OPTION_SECTION:
	case OPTION_MAP:
		return node->kind == NODE_MAPPING;
	case OPTION_ANY:
		return node->kind != NODE_REFUSED;
	case OPTION_ERRORS:
		return node->kind == NODE_SCALAR || node->kind == NODE_MAPPING;
	case OPTION_TEXT:
	case OPTION_PATH:
	case OPTION_NAME:
	case OPTION_DOTTED:
	case OPTION_TOPIC:
	case OPTION_EXPR:
	case OPTION_BOOL:
	case OPTION_INT:
	case OPTION_SIZE:
	case OPTION_DURATION:
	case OPTION_WORD:
	case OPTION_START:
		return node->kind == NODE_SCALAR;
	case OPTION_LATER:
		break;
	}
	return false;
}

static bool has_right_count(struct build *build, const struct option_rule *option,
			    const struct node *node)
{
	if (option->max > 0 && node->kind != NODE_SCALAR && node->count > (size_t)option->max)
		problems_error(build->problems, node, NULL,
			       "has %zu entries; at most %lld are allowed", node->count,
			       (long long)option->max);
	else if (node->kind == NODE_SEQUENCE && node->count < (size_t)option->min)
		problems_error(build->problems, node, NULL, "is empty; write it as `%s`",
			       option->example);
	else
		return true;
	return false;
}

const struct node *section_node(const struct section *section, const char *key)
{
	const struct option_rule *option = option_of(section, key);
	struct build *build = section->build;
	const struct node *node;

	if (section->silent)
		return NULL;
	node = section->node ? tree_find(section->node, key) : NULL;
	if (!node) {
		if (option->required)
			problems_error(build->problems, section->node, key,
				       "is missing; write it as `%s`", option->example);
		return NULL;
	}
	if (!is_kind(option, node)) {
		section_wrong(build, option, node);
		return NULL;
	}
	return has_right_count(build, option, node) ? node : NULL;
}

static const char *trim(struct arena *arena, const char *text)
{
	static const char white[] = " \t\r\n";
	size_t len;

	text += strspn(text, white);
	len = strlen(text);
	while (len > 0 && strchr(white, text[len - 1]))
		len--;
	return arena_printf(arena, "%.*s", (int)len, text);
}

const char *section_scalar_expr(struct build *build, const struct node *node)
{
	const char *text;

	must(node->kind == NODE_SCALAR);
	if (strlen(node->text) != node->len) {
		problems_error(build->problems, node, NULL, "holds a NUL character: remove it");
		return NULL;
	}
	text = trim(build->arena, node->text);
	if (!*text) {
		problems_error(build->problems, node, NULL,
			       "expected a jq expression, got nothing");
		return NULL;
	}
	return text;
}

static bool is_right(enum option_type type, const char *text)
{
	if (type == OPTION_NAME)
		return units_is_name(text, false);
	if (type == OPTION_DOTTED)
		return units_is_name(text, true);
	if (type == OPTION_TOPIC)
		return units_is_topic(text);
	if (type == OPTION_PATH)
		return *text == '/';
	return *text != '\0';
}

const char *section_scalar(struct build *build, const struct option_rule *option,
			   const struct node *node)
{
	if (node->kind != NODE_SCALAR || strlen(node->text) != node->len ||
	    !is_right(option->type, node->text)) {
		section_wrong(build, option, node);
		return NULL;
	}
	return arena_printf(build->arena, "%s", node->text);
}

const char *section_text(const struct section *section, const char *key)
{
	const struct option_rule *option = option_of(section, key);
	const struct node *node = section_node(section, key);
	const char *text = node ? section_scalar(section->build, option, node) : option->preset;

	must(option->type == OPTION_TEXT || option->type == OPTION_PATH ||
	     option->type == OPTION_NAME || option->type == OPTION_DOTTED ||
	     option->type == OPTION_TOPIC);
	if (text)
		section_record(section->build, join(section->build->arena, section->path, key),
			       text, node);
	return text;
}

const char *section_expr(const struct section *section, const char *key)
{
	const struct node *node = section_node(section, key);
	const char *text = node ? section_scalar_expr(section->build, node) : NULL;

	must(option_of(section, key)->type == OPTION_EXPR);
	if (text)
		section_record(section->build, join(section->build->arena, section->path, key),
			       text, node);
	return text;
}

static bool parse_number(const struct option_rule *option, const char *text, int64_t *ret)
{
	int64_t value;
	bool parsed;

	if (option->type == OPTION_SIZE)
		parsed = units_size(text, &value);
	else if (option->type == OPTION_DURATION)
		parsed = units_duration(text, &value);
	else
		parsed = units_int(text, &value);
	if (!parsed || value < option->min || value > option->max)
		return false;
	*ret = value;
	return true;
}

static const char *number_text(const struct option_rule *option, int64_t value, struct arena *arena)
{
	char text[UNITS_TEXT_MAX];

	if (option->type == OPTION_SIZE)
		units_size_text(value, text);
	else if (option->type == OPTION_DURATION)
		units_duration_text(value, text);
	else
		return arena_printf(arena, "%lld", (long long)value);
	return arena_printf(arena, "%s", text);
}

int64_t section_number(const struct section *section, const char *key)
{
	const struct option_rule *option = option_of(section, key);
	const struct node *node = section_node(section, key);
	struct arena *arena = section->build->arena;
	int64_t value = option->min;

	must(option->type == OPTION_INT || option->type == OPTION_SIZE ||
	     option->type == OPTION_DURATION);
	if (option->preset)
		must(parse_number(option, option->preset, &value));
	if (node && !(node->plain && parse_number(option, node->text, &value)))
		section_wrong(section->build, option, node);
	else if (node || option->preset)
		section_record(section->build, join(arena, section->path, key),
			       number_text(option, value, arena), node);
	return value;
}

bool section_bool(const struct section *section, const char *key)
{
	const struct option_rule *option = option_of(section, key);
	const struct node *node = section_node(section, key);
	const char *text = node ? node->text : option->preset;
	bool value = strcmp(text, "true") == 0;

	must(option->type == OPTION_BOOL);
	if (node && (!node->plain || (!value && strcmp(text, "false") != 0))) {
		section_wrong(section->build, option, node);
		return false;
	}
	section_record(section->build, join(section->build->arena, section->path, key), text, node);
	return value;
}

int section_word(const struct section *section, const char *key)
{
	const struct option_rule *option = option_of(section, key);
	const struct node *node = section_node(section, key);
	const char *text = option->preset;

	must(text != NULL);
	if (node && node->kind == NODE_MAPPING)
		return -1;
	if (node)
		text = node->text;
	for (int i = 0; i < OPTION_WORDS_MAX && option->words[i]; i++) {
		if (strcmp(option->words[i], text) != 0)
			continue;
		section_record(section->build, join(section->build->arena, section->path, key),
			       text, node);
		return i;
	}
	if (option->type == OPTION_WORD || option->type == OPTION_ERRORS) {
		section_wrong(section->build, option, node);
		return 0;
	}
	return -1;
}
