/* test_compare: see test_compare.h. */
#include "run/test_compare.h"

#include "base/must.h"

#define SHOWN_BYTES_MAX 2000
#define ARENA_BYTES_KEPT ((size_t)16 << 20)

struct compare {
	struct expr_engine *engine;
	struct arena *arena;
	FILE *out;
	bool same;
};

/* Bytes for a reader: null by its name, what is not printable escaped. */
static void show(FILE *out, struct bytes bytes)
{
	const unsigned char *p = bytes.data;

	if (!bytes.data) {
		fputs("(null)", out);
		return;
	}
	if (bytes.len == 0)
		fputs("(empty)", out);
	for (size_t i = 0; i < bytes.len && i < SHOWN_BYTES_MAX; i++) {
		if (p[i] < 0x20 || p[i] == 0x7f)
			fprintf(out, "\\x%02x", p[i]);
		else
			fputc(p[i], out);
	}
	if (bytes.len > SHOWN_BYTES_MAX)
		fprintf(out, "... (%zu bytes)", bytes.len);
}

static void differ(struct compare *compare, const char *topic, size_t index, const char *what,
		   struct bytes expected, struct bytes got)
{
	compare->same = false;
	fprintf(compare->out, "    %s[%zu]: %s\n      expected ", topic, index, what);
	show(compare->out, expected);
	fputs("\n      got      ", compare->out);
	show(compare->out, got);
	fputc('\n', compare->out);
}

/* Its canonical text (keys sorted, numbers by value), or as it is when it is no JSON. */
static struct bytes canonical(struct compare *compare, struct bytes json)
{
	const struct expr_ops *ops = compare->engine->ops;
	struct expr_value *value = NULL;
	struct bytes text = json;
	struct err err;

	if (!json.data || ops->parse(compare->engine, FORMAT_JSON, json, &value, &err) < 0)
		return json;
	if (ops->canonical(compare->engine, value, compare->arena, &text, &err) < 0)
		text = json;
	ops->value_free(compare->engine, value);
	return text;
}

/* ---- headers ---- */

static bool is_own(struct bytes name)
{
	return name.len >= 6 && memcmp(name.data, "onced.", 6) == 0;
}

static const struct header *find_header(const struct record *record, struct bytes name)
{
	for (size_t i = 0; i < record->header_count; i++)
		if (bytes_equal(record->headers[i].name, name))
			return &record->headers[i];
	return NULL;
}

static void compare_headers(struct compare *compare, const char *topic, size_t index,
			    const struct record *expected, const struct record *got)
{
	static const char none[] = "(no such header)";

	for (size_t i = 0; i < expected->header_count; i++) {
		const struct header *header = &expected->headers[i];
		const struct header *other = find_header(got, header->name);
		const char *what =
			arena_printf(compare->arena, "header %.*s", (int)header->name.len,
				     (const char *)header->name.data);

		if (!other || !bytes_equal(header->value, other->value))
			differ(compare, topic, index, what, header->value,
			       other ? other->value : bytes_str(none));
	}
	for (size_t i = 0; i < got->header_count; i++) {
		const struct header *header = &got->headers[i];

		/* onced's own headers are compared only where the test names them. */
		if (!is_own(header->name) && !find_header(expected, header->name))
			differ(compare, topic, index,
			       arena_printf(compare->arena, "header %.*s", (int)header->name.len,
					    (const char *)header->name.data),
			       bytes_str(none), header->value);
	}
}

/* ---- records ---- */

static void compare_record(struct compare *compare, const char *topic, size_t index,
			   const struct test_record *expected, const struct record *got)
{
	struct bytes wanted = expected->record.value, value = got->value;

	if (expected->has_key && !bytes_equal(expected->record.key, got->key))
		differ(compare, topic, index, "key", expected->record.key, got->key);
	if (expected->value_is_json) {
		wanted = canonical(compare, wanted);
		value = canonical(compare, value);
	}
	if (expected->has_value && !bytes_equal(wanted, value))
		differ(compare, topic, index, "value", wanted, value);
	if (expected->has_headers)
		compare_headers(compare, topic, index, &expected->record, got);
}

static void count_differs(struct compare *compare, const char *topic, size_t expected, size_t got,
			  const struct record *first_surplus)
{
	compare->same = false;
	fprintf(compare->out, "    %s: expected %zu record%s, got %zu\n", topic, expected,
		expected == 1 ? "" : "s", got);
	if (!first_surplus)
		return;
	fputs("      the first too many: key ", compare->out);
	show(compare->out, first_surplus->key);
	fputs(", value ", compare->out);
	show(compare->out, first_surplus->value);
	fputc('\n', compare->out);
}

/* expected NULL: the test does not name the topic, so nothing may be there. */
static void compare_topic(struct compare *compare, const char *topic,
			  const struct test_output *expected, const struct test_outputs *outputs)
{
	size_t wanted = expected ? expected->record_count : 0;
	const struct record *surplus = NULL;
	size_t got = 0;

	for (size_t i = 0; i < outputs->count; i++) {
		const struct output *output = &outputs->items[i];

		if (strcmp(output->topic, topic) != 0)
			continue;
		if (got < wanted)
			compare_record(compare, topic, got, &expected->records[got],
				       &output->record);
		else if (!surplus)
			surplus = &output->record;
		got++;
	}
	if (got != wanted)
		count_differs(compare, topic, wanted, got, surplus);
}

static const struct test_output *find_output(const struct pipeline_test *test, const char *topic)
{
	for (size_t i = 0; i < test->output_count; i++)
		if (strcmp(test->outputs[i].topic, topic) == 0)
			return &test->outputs[i];
	return NULL;
}

/* Two targets may name one topic: it is compared once. */
static bool is_repeated(const struct pipeline *pipeline, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(pipeline->targets[i].topic, pipeline->targets[index].topic) == 0)
			return true;
	return false;
}

bool test_compare(struct expr_engine *engine, const struct pipeline *pipeline,
		  const struct pipeline_test *test, const struct test_outputs *outputs,
		  struct arena *arena, FILE *out)
{
	struct compare compare = {.engine = engine, .arena = arena, .out = out, .same = true};
	const char *letters = pipeline->errors == ERRORS_TO ? pipeline->errors_topic : NULL;

	for (size_t i = 0; i < pipeline->target_count; i++) {
		const char *topic = pipeline->targets[i].topic;

		if (letters && strcmp(letters, topic) == 0)
			letters = NULL;
		if (!is_repeated(pipeline, i))
			compare_topic(&compare, topic, find_output(test, topic), outputs);
	}
	if (letters)
		compare_topic(&compare, letters, find_output(test, letters), outputs);
	return compare.same;
}

bool test_passes(struct expr_engine *engine, const struct pipeline *pipeline,
		 const struct pipeline_test *test, FILE *out)
{
	struct arena *arena = arena_new(ARENA_BYTES_KEPT);
	struct test_outputs outputs;
	struct err err;
	bool same = false;

	if (test_run(engine, pipeline, test, arena, &outputs, &err) == 0)
		same = test_compare(engine, pipeline, test, &outputs, arena, out);
	else
		fprintf(out, "    stops: %s\n", err.msg);
	test_outputs_free(&outputs);
	arena_free(arena);
	return same;
}
