/* build_pipeline: a pipeline file, but for its steps and tests; see build.h. */
#include "config/build.h"

#include <stdlib.h>

#include "base/must.h"
#include "config/prefix.h"
#include "config/units.h"

#define WORKERS_HINT 16

static bool is_input(const struct pipeline *pipeline, const char *topic)
{
	for (size_t i = 0; i < pipeline->topic_count; i++)
		if (strcmp(pipeline->topics[i], topic) == 0)
			return true;
	return false;
}

/* What is written must not come back as input: it would go round for ever. */
static void check_output(struct build *build, const struct pipeline *pipeline,
			 const struct node *node, const char *topic)
{
	if (topic && is_input(pipeline, topic))
		problems_error(
			build->problems, node, NULL,
			"\"%s\" is an input of this pipeline: its records would go round for ever; "
			"write to another topic",
			topic);
}

/* ---- from ---- */

static void read_topics(struct build *build, const struct section *from, struct pipeline *pipeline)
{
	const struct node *node = section_node(from, "topics");
	const struct option_rule *option = options_find(OPTION_PIPELINE, "from.topics[]");
	const char **topics;

	if (!node)
		return;
	topics = arena_alloc(build->arena, node->count * sizeof(*topics));
	pipeline->topics = topics;
	for (const struct node *item = node->first; item; item = item->next) {
		const char *topic = section_scalar(build, option, item);

		if (!topic)
			continue;
		if (is_input(pipeline, topic)) {
			problems_error(build->problems, item, NULL,
				       "\"%s\" is there twice: remove one", topic);
			continue;
		}
		section_record(build, tree_path(item, build->arena), topic, item);
		topics[pipeline->topic_count++] = topic;
	}
}

static void read_group(struct build *build, const struct section *from, struct pipeline *pipeline)
{
	const char *group = section_text(from, "group");

	if (!group && !section_has(from, "group")) {
		group = arena_printf(build->arena, "onced.%s", pipeline->name);
		if (!units_is_name(group, true) && from->node)
			problems_error(build->problems, from->node, "group",
				       "the default, onced.<pipeline>, is longer than 64: give a "
				       "group, or shorten the pipeline's name");
		section_record(build, "from.group", group, NULL);
	}
	pipeline->group = group ? group : "";
	if (pipeline->journal)
		pipeline->group = build_journal_group(build, from, pipeline->group);
}

static void read_start(struct build *build, const struct section *from, struct pipeline *pipeline)
{
	int word = section_word(from, "start");
	const struct node *node;

	pipeline->start = word == 1 ? START_LATEST : START_EARLIEST;
	if (word >= 0)
		return;
	node = section_node(from, "start");
	must(node != NULL);
	if (!units_time(node->text, &pipeline->start_ms)) {
		section_wrong(build, options_find(OPTION_PIPELINE, "from.start"), node);
		return;
	}
	pipeline->start = START_TIME;
	section_record(build, "from.start", node->text, node);
}

static void read_from(struct build *build, const struct section *root, struct pipeline *pipeline)
{
	struct section from = section_open(root, "from");

	if (section_has(&from, "journal"))
		build_journal(build, root, &from, pipeline);
	else
		read_topics(build, &from, pipeline);
	read_group(build, &from, pipeline);
	read_start(build, &from, pipeline);
	pipeline->format = (enum value_format)section_word(&from, "format");
	pipeline->adopt = section_bool(&from, "adopt");
	pipeline->on_gap = section_word(&from, "on_gap") == 1 ? GAP_ACCEPT : GAP_STOP;
}

/* ---- to ---- */

static void read_target(struct build *build, const struct section *item, struct build_exprs *exprs,
			const struct pipeline *pipeline, struct target *target)
{
	const struct node *when;

	*target = (struct target){.slot = -1, .topic = ""};
	target->where = arena_printf(build->arena, "%s:%d:%d: %s", item->node->file,
				     item->node->line, item->node->column, item->path);
	if (section_has(item, "topic")) {
		const char *topic = section_text(item, "topic");

		check_output(build, pipeline, tree_find(item->node, "topic"), topic);
		target->topic = topic ? topic : "";
	} else {
		(void)section_node(item, "topic"); /* says that it is missing */
	}
	target->when = section_expr(item, "when");
	when = tree_find(item->node, "when");
	if (target->when)
		target->slot = build_expr(build, exprs, when, target->when);
	target->otherwise = section_bool(item, "otherwise");
	if (target->otherwise && when)
		problems_error_key(
			build->problems, tree_find(item->node, "otherwise"),
			"goes without `when`: it takes what no `when` took; remove one of the two");
}

void build_targets(struct build *build, const struct section *root, struct build_exprs *exprs,
		   struct pipeline *pipeline)
{
	const struct node *node = section_node(root, "to");
	struct target *targets;

	if (!node)
		return;
	targets = arena_alloc(build->arena, node->count * sizeof(*targets));
	pipeline->targets = targets;
	for (const struct node *child = node->first; child; child = child->next) {
		struct section item = section_item(root, "to", child);

		if (item.node)
			read_target(build, &item, exprs, pipeline,
				    &targets[pipeline->target_count++]);
	}
}

/* ---- the rest ---- */

static void read_errors(struct build *build, const struct section *root, struct pipeline *pipeline)
{
	int word = section_word(root, "errors");
	struct section section;

	pipeline->errors = word == 1 ? ERRORS_DROP : ERRORS_STOP;
	if (word >= 0)
		return;
	section = section_open(root, "errors");
	pipeline->errors = ERRORS_TO;
	pipeline->errors_topic = section_text(&section, "to");
	if (!pipeline->errors_topic)
		return;
	check_output(build, pipeline, tree_find(section.node, "to"), pipeline->errors_topic);
	for (size_t i = 0; i < pipeline->target_count; i++)
		if (strcmp(pipeline->targets[i].topic, pipeline->errors_topic) == 0)
			problems_hint(build->problems, section.node, "to",
				      "\"%s\" gets results too: dead letters are easier "
				      "to find in a topic of their own",
				      pipeline->errors_topic);
}

static void read_commit(const struct section *root, struct pipeline *pipeline)
{
	struct section commit = section_open(root, "commit");

	pipeline->commit_every_ms = section_number(&commit, "every");
	pipeline->commit_records = section_number(&commit, "records");
	pipeline->commit_bytes = section_number(&commit, "bytes");
}

static void read_workers(struct build *build, const struct section *root, struct pipeline *pipeline)
{
	pipeline->workers = (int)section_number(root, "workers");
	if (pipeline->workers > WORKERS_HINT)
		problems_hint(build->problems, tree_find(root->node, "workers"), NULL,
			      "%d workers are many: those beyond the number of input "
			      "partitions stay idle, and all share `memory:`",
			      pipeline->workers);
}

/* From malloc's memory, where it grew, into the configuration's. */
static void keep_exprs(struct build *build, struct build_exprs *exprs, struct pipeline *pipeline)
{
	struct bytes all = bytes_of(exprs->items, exprs->count * sizeof(*exprs->items));

	pipeline->expr_count = exprs->count;
	pipeline->exprs = arena_copy(build->arena, all).data;
	free(exprs->items);
}

void build_pipeline(struct build *build, const struct section *root, const char *file,
		    struct pipeline *pipeline)
{
	struct build_exprs exprs = {0};
	const char *name = section_text(root, "pipeline");

	pipeline->file = arena_printf(build->arena, "%s", file);
	pipeline->name = name ? name : "";
	read_workers(build, root, pipeline);
	read_from(build, root, pipeline);
	exprs.format = pipeline->format;
	build_steps(build, root, &exprs, pipeline);
	build_targets(build, root, &exprs, pipeline);
	read_errors(build, root, pipeline);
	read_commit(root, pipeline);
	pipeline->lineage = section_bool(root, "lineage");
	keep_exprs(build, &exprs, pipeline);
	pipeline->prefix_hash = prefix_hash(pipeline, build->request->engine_revision);
}
