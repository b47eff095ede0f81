/* build_journal: a host's journal as the source; see build.h. */
#include <stdlib.h>

#include "config/build.h"
#include "config/units.h"

#define VALUE_BYTES_MAX 1024
#define VALUES_MAX 64

static const char no_group[] = "";

/* journald's own rule, but for its length: capitals, digits, `_`; no digit first. */
static bool is_field(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= 64 && (*name < '0' || *name > '9') &&
	       strncmp(name, "__", 2) != 0 &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == len;
}

/* A name of a unit has a suffix; a pattern would not mean here what it does elsewhere. */
static bool is_unit(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && dot > name && dot[1] != '\0' && strlen(name) < 256 &&
	       !strpbrk(name, "*?[]/ =");
}

static void read_units(struct build *build, const struct section *section,
		       struct journal_source *journal)
{
	static const struct option_rule text = {.path = "units[]", .type = OPTION_TEXT};
	const struct node *node = section_node(section, "units");
	const char **units;

	if (!node)
		return;
	units = arena_alloc(build->arena, (node->count + 1) * sizeof(*units));
	journal->units = units;
	for (const struct node *item = node->first; item; item = item->next) {
		const char *unit = section_scalar(build, &text, item);

		if (!unit)
			continue;
		if (!is_unit(unit)) {
			problems_error(build->problems, item, NULL,
				       "\"%s\" is no full name of a unit, such as nginx.service",
				       unit);
			continue;
		}
		section_record(build, tree_path(item, build->arena), unit, item);
		units[journal->unit_count++] = unit;
	}
}

static void add_value(struct build *build, const struct node *item, const char **values,
		      struct journal_match *match)
{
	static const struct option_rule text = {.path = "match", .type = OPTION_TEXT};
	const char *value = section_scalar(build, &text, item);

	if (!value)
		return;
	if (strlen(value) > VALUE_BYTES_MAX) {
		problems_error(build->problems, item, NULL, "is longer than %d bytes",
			       VALUE_BYTES_MAX);
		return;
	}
	section_record(build, tree_path(item, build->arena), value, item);
	values[match->value_count++] = value;
}

static void read_values(struct build *build, const struct node *node, struct journal_match *match)
{
	bool is_list = node->kind == NODE_SEQUENCE;
	size_t count = is_list ? node->count : 1;
	const char **values;

	if (count == 0 || count > VALUES_MAX) {
		problems_error(build->problems, node, NULL,
			       "holds %zu values: 1 to %d are possible", count, VALUES_MAX);
		return;
	}
	values = arena_alloc(build->arena, count * sizeof(*values));
	match->values = values;
	if (!is_list) {
		add_value(build, node, values, match);
		return;
	}
	for (const struct node *item = node->first; item; item = item->next)
		add_value(build, item, values, match);
}

static void read_match(struct build *build, const struct section *section,
		       struct journal_source *journal)
{
	const struct node *node = section_node(section, "match");
	struct journal_match *matches;

	if (!node)
		return;
	matches = arena_alloc(build->arena, (node->count + 1) * sizeof(*matches));
	journal->matches = matches;
	for (const struct node *child = node->first; child; child = child->next) {
		struct journal_match *match = &matches[journal->match_count];

		if (!is_field(child->key)) {
			problems_error_key(build->problems, child,
					   "is no field of the journal that can be matched: "
					   "capitals, digits, `_`, such as PRIORITY");
			continue;
		}
		*match = (struct journal_match){
			.field = arena_printf(build->arena, "%s", child->key)};
		read_values(build, child, match);
		journal->match_count++;
	}
}

void build_journal(struct build *build, const struct section *root, const struct section *from,
		   struct pipeline *pipeline)
{
	static const char *const topics[] = {JOURNAL_TOPIC};
	struct section section = section_open(from, "journal");
	struct journal_source *journal = arena_alloc(build->arena, sizeof(*journal));
	const struct node *topics_node = tree_find(from->node, "topics");

	*journal = (struct journal_source){0};
	pipeline->journal = journal;
	pipeline->topics = topics;
	pipeline->topic_count = 1;
	if (topics_node)
		problems_error_key(build->problems, topics_node,
				   "a pipeline reads topics or a journal, not both: remove one");
	if (pipeline->workers > 1)
		problems_error(build->problems, tree_find(root->node, "workers"), NULL,
			       "a journal is one sequence of entries, so it has one worker: "
			       "remove it");
	if (tree_find(from->node, "adopt"))
		problems_error_key(build->problems, tree_find(from->node, "adopt"),
				   "another program's offset names no place in a journal: remove "
				   "it");
	if (!section.node)
		return;
	read_units(build, &section, journal);
	read_match(build, &section, journal);
	if (journal->unit_count == 0 && journal->match_count == 0)
		problems_hint(build->problems, section.node, NULL,
			      "takes every entry of the system's journal, onced's own too");
}

const char *build_journal_group(struct build *build, const struct section *from, const char *group)
{
	const char *machine = build->request->machine_id;

	if (!machine) {
		problems_error(build->problems, from->node, "journal",
			       "/etc/machine-id does not name this machine, so its place in the "
			       "journal cannot be kept: `systemd-machine-id-setup` makes one");
		return no_group;
	}
	return arena_printf(build->arena, "%s.%s", group, machine);
}
