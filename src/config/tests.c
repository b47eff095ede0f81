/* tests: see tests.h. */
#include "config/tests.h"

#include "base/must.h"
#include "config/json_text.h"
#include "config/suggest.h"
#include "config/units.h"

static const char *where_of(struct build *build, const struct node *node)
{
	return arena_printf(build->arena, "%s:%d:%d: %s", node->file, node->line, node->column,
			    tree_path(node, build->arena));
}

/* A string gives its bytes, null none, anything else its JSON: as jq's results become keys. */
static int text_of(struct build *build, const struct node *node, struct bytes *ret)
{
	enum json_kind kind = json_text_kind(node);

	if (kind == JSON_NULL) {
		*ret = BYTES_NULL;
		return 0;
	}
	if (kind == JSON_STRING) {
		*ret = arena_copy(build->arena, bytes_of(node->text, node->len));
		return 0;
	}
	return json_text_of(build, node, ret);
}

static void read_value(struct build *build, const struct node *node, enum value_format format,
		       struct test_record *ret)
{
	enum json_kind kind = json_text_kind(node);

	if (kind == JSON_NULL) {
		ret->has_value = true; /* a tombstone */
	} else if (format == FORMAT_JSON) {
		ret->has_value = json_text_of(build, node, &ret->record.value) == 0;
		ret->value_is_json = true;
	} else if (kind == JSON_STRING) {
		ret->record.value = arena_copy(build->arena, bytes_of(node->text, node->len));
		ret->has_value = true;
	} else if (node->kind != NODE_REFUSED) {
		problems_error(
			build->problems, node, NULL,
			"expected a string, as the format is %s, got %s; quotes make a number one",
			format == FORMAT_TEXT ? "text" : "bytes",
			tree_describe(node, build->arena));
	}
}

static void read_headers(struct build *build, const struct node *node, struct test_record *ret)
{
	struct header *headers = arena_alloc(build->arena, (node->count + 1) * sizeof(*headers));

	ret->has_headers = true;
	ret->record.headers = headers;
	for (const struct node *child = node->first; child; child = child->next) {
		struct header *header = &headers[ret->record.header_count];

		if (text_of(build, child, &header->value) < 0)
			continue;
		header->name = bytes_str(arena_printf(build->arena, "%s", child->key));
		ret->record.header_count++;
	}
}

/* What input and output records have in common. */
static void read_record(struct build *build, const struct section *section,
			enum value_format format, struct test_record *ret)
{
	const struct node *key = section_node(section, "key");
	const struct node *value = section_node(section, "value");
	const struct node *raw = section_node(section, "raw");
	const struct node *headers = section_node(section, "headers");

	*ret = (struct test_record){.where = where_of(build, section->node)};
	ret->record.timestamp = -1;
	if (key)
		ret->has_key = text_of(build, key, &ret->record.key) == 0;
	if (value && raw)
		problems_error_key(build->problems, raw,
				   "goes without `value`: it is written instead of it");
	if (value)
		read_value(build, value, format, ret);
	if (raw) {
		ret->record.value = arena_copy(build->arena, bytes_of(raw->text, raw->len));
		ret->has_value = true;
		ret->value_is_json = false;
	}
	if (headers)
		read_headers(build, headers, ret);
}

/* ---- input ---- */

static int64_t read_timestamp(struct build *build, const struct node *node, int64_t preset)
{
	int64_t ms;

	if (node && node->kind == NODE_SCALAR &&
	    ((node->plain && units_int(node->text, &ms) && ms >= -1) ||
	     units_time(node->text, &ms)))
		return ms;
	if (node)
		problems_error(build->problems, node, NULL,
			       "expected milliseconds since 1970 (-1: none), or a time such as "
			       "2026-01-31T00:00:00Z, got %s",
			       tree_describe(node, build->arena));
	return preset;
}

/* The pipeline's own pointer of an input topic: the core compares them by address. */
static const char *input_topic(struct build *build, const struct section *section,
			       const struct pipeline *pipeline)
{
	const struct node *node = section_node(section, "topic");
	struct suggest suggest;

	if (!node)
		return pipeline->topic_count ? pipeline->topics[0] : "";
	suggest = suggest_begin(node->text);
	for (size_t i = 0; i < pipeline->topic_count; i++) {
		if (strcmp(pipeline->topics[i], node->text) == 0)
			return pipeline->topics[i];
		suggest_offer(&suggest, pipeline->topics[i]);
	}
	problems_error(build->problems, node, NULL, "%s is not one of from.topics%s%s%s",
		       tree_describe(node, build->arena), suggest.best ? "; did you mean \"" : "",
		       suggest.best ? suggest.best : "", suggest.best ? "\"?" : "");
	return "";
}

static void read_input(struct build *build, const struct section *test,
		       const struct pipeline *pipeline, struct pipeline_test *ret)
{
	const struct node *list = section_node(test, "input");
	int64_t timestamp = TESTS_FIRST_MS - 1;
	struct test_record *records;

	if (!list)
		return;
	records = arena_alloc(build->arena, (list->count + 1) * sizeof(*records));
	ret->input = records;
	for (const struct node *node = list->first; node; node = node->next) {
		struct section section = section_item(test, "input", node);
		struct test_record *record = &records[ret->input_count];

		if (!section.node)
			continue;
		read_record(build, &section, pipeline->format, record);
		record->topic = input_topic(build, &section, pipeline);
		record->partition = (int32_t)section_number(&section, "partition");
		record->record.timestamp =
			read_timestamp(build, section_node(&section, "timestamp"), timestamp + 1);
		if (record->record.timestamp >= 0)
			timestamp = record->record.timestamp;
		ret->input_count++;
	}
}

/* ---- output ---- */

static bool is_output(const struct pipeline *pipeline, const char *topic, struct suggest *suggest)
{
	*suggest = suggest_begin(topic);
	for (size_t i = 0; i < pipeline->target_count; i++) {
		if (strcmp(pipeline->targets[i].topic, topic) == 0)
			return true;
		suggest_offer(suggest, pipeline->targets[i].topic);
	}
	if (!pipeline->errors_topic)
		return false;
	suggest_offer(suggest, pipeline->errors_topic);
	return strcmp(pipeline->errors_topic, topic) == 0;
}

static void read_records(struct build *build, const struct node *list,
			 const struct pipeline *pipeline, struct test_output *ret)
{
	struct test_record *records =
		arena_alloc(build->arena, (list->count + 1) * sizeof(*records));

	ret->records = records;
	for (const struct node *node = list->first; node; node = node->next) {
		struct section section = section_at(build, node, "tests[].output[]");

		if (section.node)
			read_record(build, &section, pipeline->format,
				    &records[ret->record_count++]);
	}
}

static void read_output(struct build *build, const struct section *test,
			const struct pipeline *pipeline, struct pipeline_test *ret)
{
	const struct node *map = section_node(test, "output");
	struct test_output *outputs;
	struct suggest suggest;

	if (!map)
		return;
	outputs = arena_alloc(build->arena, (map->count + 1) * sizeof(*outputs));
	ret->outputs = outputs;
	for (const struct node *child = map->first; child; child = child->next) {
		struct test_output *output = &outputs[ret->output_count];

		if (!is_output(pipeline, child->key, &suggest)) {
			problems_error_key(build->problems, child,
					   "this pipeline writes to no such topic%s%s%s",
					   suggest.best ? "; did you mean \"" : "",
					   suggest.best ? suggest.best : "",
					   suggest.best ? "\"?" : "");
			continue;
		}
		if (child->kind != NODE_SEQUENCE) {
			if (child->kind != NODE_REFUSED)
				problems_error(
					build->problems, child, NULL,
					"expected a list of records such as `[{value: {id: 1}}]`, "
					"got %s",
					tree_describe(child, build->arena));
			continue;
		}
		*output =
			(struct test_output){.topic = arena_printf(build->arena, "%s", child->key)};
		read_records(build, child, pipeline, output);
		ret->output_count++;
	}
}

void tests_read(struct build *build, const struct section *root, struct pipeline_config *ret)
{
	const struct node *list = section_node(root, "tests");
	struct pipeline_test *tests;

	if (!list)
		return;
	tests = arena_alloc(build->arena, (list->count + 1) * sizeof(*tests));
	ret->tests = tests;
	for (const struct node *node = list->first; node; node = node->next) {
		struct section section = section_item(root, "tests", node);
		struct pipeline_test *test = &tests[ret->test_count];
		const struct node *name;

		if (!section.node)
			continue;
		*test = (struct pipeline_test){.where = where_of(build, node), .name = ""};
		name = section_node(&section, "name");
		if (name)
			test->name = arena_printf(build->arena, "%s", name->text);
		read_input(build, &section, &ret->pipeline, test);
		read_output(build, &section, &ret->pipeline, test);
		ret->test_count++;
	}
}
