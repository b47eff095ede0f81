/* options: see options.h. */
#include "config/options.h"

#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "config/units.h"
#include "core/pipeline.h"

#define MINUTE_MS ((int64_t)60 * 1000)
#define DAY_MS ((int64_t)24 * 60 * MINUTE_MS)
#define JOURNAL_UNITS_MAX 64
#define JOURNAL_MATCHES_MAX 16
#define MIB ((int64_t)1 << 20)
#define GIB ((int64_t)1 << 30)

static const struct option_rule table[] = {
	/* ---- the main file ---- */
	{OPTION_MAIN, "instance", OPTION_DOTTED, .preset_shown = "the host name",
	 .help = "Name of this daemon: unique among all that run, stable over restarts.",
	 .reload = OPTION_RELOAD_REFUSED},
	{OPTION_MAIN, "state_dir", OPTION_PATH,
	 .preset_shown = "`/var/lib/onced`, or the user's state directory",
	 .help = "Where the state is kept, one directory per pipeline.",
	 .reload = OPTION_RELOAD_REFUSED},
	{OPTION_MAIN, "pipelines", OPTION_TEXT, .preset = "/etc/onced/pipelines/*.yaml",
	 .help = "The pipeline files, a glob; relative to this file. Files named on the "
		 "command line replace it.",
	 .reload = OPTION_RELOAD_NOW},
	{OPTION_MAIN, "kafka", OPTION_MAP, .max = 100,
	 .example = "kafka: {bootstrap.servers: \"127.0.0.1:9092\"}",
	 .help = "Properties of librdkafka by their own names, from an allow-list.",
	 .reload = OPTION_RELOAD_ALL},
	{OPTION_MAIN, "memory", OPTION_SIZE, .preset = "512M", .min = 64 * MIB, .max = 1024 * GIB,
	 .help = "Bounds queues, batches and overlay of all workers together.",
	 .reload = OPTION_RELOAD_ALL},
	{OPTION_MAIN, "log_level", OPTION_WORD, .preset = "info",
	 .words = {"error", "warning", "notice", "info", "debug"},
	 .help = "The least important messages that are logged.", .reload = OPTION_RELOAD_NOW},
	{OPTION_MAIN, "http", OPTION_LATER, .help = "Reserved; not supported yet.",
	 .reload = OPTION_RELOAD_REFUSED},

	/* ---- a pipeline file ---- */
	{OPTION_PIPELINE, "pipeline", OPTION_NAME, .required = true,
	 .example = "pipeline: payments",
	 .help = "Name of the pipeline; also of its directory under `state_dir`."},
	{OPTION_PIPELINE, "workers", OPTION_INT, .preset = "1", .min = 1, .max = 64,
	 .help = "Threads, each with a consumer and a producer of its own; more than the "
		 "input has partitions stay idle."},
	{OPTION_PIPELINE, "from", OPTION_SECTION, .required = true,
	 .example = "from: {topics: [payments]}", .help = "Where records come from."},
	{OPTION_PIPELINE, "from.topics", OPTION_LIST, .required = true, .min = 1, .max = TOPICS_MAX,
	 .example = "topics: [payments]", .help = "The input topics; not with `journal`."},
	{OPTION_PIPELINE, "from.topics[]", OPTION_TOPIC, .help = "A topic."},
	{OPTION_PIPELINE, "from.journal", OPTION_SECTION, .preset_shown = "none",
	 .example = "journal: {units: [nginx.service]}",
	 .help = "Instead of topics: entries of this host's journal. One worker."},
	{OPTION_PIPELINE, "from.journal.units", OPTION_LIST, .max = JOURNAL_UNITS_MAX,
	 .preset_shown = "any", .example = "units: [nginx.service]",
	 .help = "Units, by their full names; as `journalctl -u` takes them."},
	{OPTION_PIPELINE, "from.journal.match", OPTION_MAP, .max = JOURNAL_MATCHES_MAX,
	 .preset_shown = "none", .example = "match: {PRIORITY: [\"3\", \"4\"]}",
	 .help = "Journal fields, each with the value, or a list of the values, that it must "
		 "have."},
	{OPTION_PIPELINE, "from.group", OPTION_DOTTED, .preset_shown = "`onced.<pipeline>`",
	 .help = "The consumer group; its committed offsets are the truth. One pipeline per "
		 "group."},
	{OPTION_PIPELINE, "from.start", OPTION_START, .preset = "earliest",
	 .words = {"earliest", "latest"},
	 .help = "Where a group without committed offsets begins."},
	{OPTION_PIPELINE, "from.format", OPTION_WORD, .preset = "json",
	 .words = {"json", "text", "bytes"},
	 .help = "What a value is to an expression: parsed JSON, a string, or nothing."},
	{OPTION_PIPELINE, "from.adopt", OPTION_BOOL, .preset = "false",
	 .help = "Take over a group whose offsets another program committed."},
	{OPTION_PIPELINE, "from.on_gap", OPTION_WORD, .preset = "stop", .words = {"stop", "accept"},
	 .help = "What happens where the guarantee cannot be kept because input was deleted: "
		 "stop, or go on, logged and counted."},

	{OPTION_PIPELINE, "steps", OPTION_SECTIONS, .max = STEPS_MAX, .preset_shown = "none",
	 .example = "steps: [{filter: .amount > 0}]",
	 .help = "What is done to each record, in order; each step has one of the keys "
		 "below."},
	{OPTION_PIPELINE, "steps[].filter", OPTION_EXPR,
	 .help = "Keeps a record for which it is true."},
	{OPTION_PIPELINE, "steps[].map", OPTION_EXPR,
	 .help = "Replaces the value by each of its results; none drops the record."},
	{OPTION_PIPELINE, "steps[].dedup", OPTION_SECTION,
	 .example = "dedup: {id: .id, within: 24h}",
	 .help = "Drops a record whose id was seen within the window, in the same source "
		 "partition. One per pipeline."},
	{OPTION_PIPELINE, "steps[].dedup.id", OPTION_EXPR, .preset_shown = "the key's bytes",
	 .help = "What makes two records the same."},
	{OPTION_PIPELINE, "steps[].dedup.within", OPTION_DURATION, .required = true, .min = 1,
	 .max = 3650 * DAY_MS, .example = "within: 24h",
	 .help = "The window, in log time; a repeat renews it."},
	{OPTION_PIPELINE, "steps[].dedup.missing", OPTION_WORD, .preset = "error",
	 .words = {"error", "pass"},
	 .help = "A null id: an error of this record, or it passes unmarked."},
	{OPTION_PIPELINE, "steps[].key", OPTION_EXPR,
	 .help = "Sets the key; null gives a record without one."},
	{OPTION_PIPELINE, "steps[].headers", OPTION_SECTION,
	 .example = "headers: {set: {source: $topic}, remove: [trace]}",
	 .help = "Changes headers: removes first, then sets."},
	{OPTION_PIPELINE, "steps[].headers.set", OPTION_MAP, .max = 64, .preset_shown = "none",
	 .example = "set: {source: $topic}",
	 .help = "Header names, each with an expression for its value."},
	{OPTION_PIPELINE, "steps[].headers.remove", OPTION_LIST, .max = 64, .preset_shown = "none",
	 .example = "remove: [trace]", .help = "Header names; every header of that name goes."},

	{OPTION_PIPELINE, "to", OPTION_SECTIONS, .required = true, .min = 1, .max = TARGETS_MAX,
	 .example = "to: [{topic: payments.clean}]",
	 .help = "Where records go: every target whose `when` holds."},
	{OPTION_PIPELINE, "to[].topic", OPTION_TOPIC, .required = true,
	 .example = "topic: payments.clean", .help = "The output topic; never one of the inputs."},
	{OPTION_PIPELINE, "to[].when", OPTION_EXPR, .preset_shown = "always",
	 .help = "Only records for which it is true."},
	{OPTION_PIPELINE, "to[].otherwise", OPTION_BOOL, .preset = "false",
	 .help = "Takes the records for which no `when` held."},

	{OPTION_PIPELINE, "errors", OPTION_ERRORS, .preset = "stop", .words = {"stop", "drop"},
	 .example = "errors: {to: payments.dead}",
	 .help = "What happens to a record that cannot be processed: stop at it, drop it, or "
		 "send it to a topic."},
	{OPTION_PIPELINE, "errors.to", OPTION_TOPIC, .required = true,
	 .example = "to: payments.dead", .help = "The topic of dead letters."},

	{OPTION_PIPELINE, "commit", OPTION_SECTION, .example = "commit: {every: 100ms}",
	 .help = "When a transaction ends: at the first of these."},
	{OPTION_PIPELINE, "commit.every", OPTION_DURATION, .preset = "100ms", .min = 1, .max = 5000,
	 .help = "Time since its first record: about the latency that is added."},
	{OPTION_PIPELINE, "commit.records", OPTION_INT, .preset = "50000", .min = 1, .max = 1000000,
	 .help = "Records in it."},
	{OPTION_PIPELINE, "commit.bytes", OPTION_SIZE, .preset = "16M", .min = 1024, .max = GIB,
	 .help = "Bytes in it."},

	{OPTION_PIPELINE, "lineage", OPTION_BOOL, .preset = "false",
	 .help = "Adds the header `onced.source` = topic/partition/offset/index to every "
		 "output."},

	{OPTION_PIPELINE, "tests", OPTION_SECTIONS, .max = 1000, .preset_shown = "none",
	 .example = "tests: [{name: it works, input: [{value: 1}], output: {out: [{value: 1}]}}]",
	 .help = "Run by `onced test`, without a broker."},
	{OPTION_PIPELINE, "tests[].name", OPTION_TEXT, .required = true,
	 .example = "name: it works", .help = "What the test shows."},
	{OPTION_PIPELINE, "tests[].input", OPTION_SECTIONS, .required = true, .max = 10000,
	 .example = "input: [{key: a, value: {id: 1}}]", .help = "Records, in order."},
	{OPTION_PIPELINE, "tests[].input[].key", OPTION_ANY, .preset_shown = "null",
	 .help = "The key; what is not a string becomes JSON."},
	{OPTION_PIPELINE, "tests[].input[].value", OPTION_ANY, .preset_shown = "null",
	 .help = "The value: under `format: json` it becomes JSON, else it is a string; null "
		 "is a tombstone."},
	{OPTION_PIPELINE, "tests[].input[].raw", OPTION_TEXT, .preset_shown = "none",
	 .help = "Instead of `value`: its bytes, as text."},
	{OPTION_PIPELINE, "tests[].input[].headers", OPTION_MAP, .max = 64, .preset_shown = "none",
	 .example = "headers: {trace: abc}",
	 .help = "Header names with their values, strings or null."},
	{OPTION_PIPELINE, "tests[].input[].timestamp", OPTION_ANY,
	 .preset_shown = "1 ms after the record before",
	 .help = "Milliseconds since 1970, or a time such as 2026-01-31T00:00:00Z."},
	{OPTION_PIPELINE, "tests[].input[].topic", OPTION_TOPIC,
	 .preset_shown = "the first of `from.topics`", .help = "The input topic."},
	{OPTION_PIPELINE, "tests[].input[].partition", OPTION_INT, .preset = "0", .min = 0,
	 .max = INT32_MAX, .help = "The input partition; offsets count up in each."},
	{OPTION_PIPELINE, "tests[].output", OPTION_MAP, .required = true, .max = TARGETS_MAX + 1,
	 .example = "output: {payments.clean: [{value: {id: 1}}]}",
	 .help = "Topics, each with the records it gets, in order; dead letters under the "
		 "errors topic. A topic that is not named gets none."},
	{OPTION_PIPELINE, "tests[].output[].key", OPTION_ANY, .preset_shown = "not compared",
	 .help = "As in `input`."},
	{OPTION_PIPELINE, "tests[].output[].value", OPTION_ANY, .preset_shown = "not compared",
	 .help = "As in `input`; JSON is compared by value."},
	{OPTION_PIPELINE, "tests[].output[].raw", OPTION_TEXT, .preset_shown = "not compared",
	 .help = "Instead of `value`: its bytes, as text."},
	{OPTION_PIPELINE, "tests[].output[].headers", OPTION_MAP, .max = 64,
	 .preset_shown = "not compared", .example = "headers: {trace: abc}",
	 .help = "All headers, in any order; those that begin with `onced.` only where "
		 "named."},
};

#define TABLE_COUNT (sizeof(table) / sizeof(table[0]))

const struct option_rule *options_all(size_t *ret_count)
{
	*ret_count = TABLE_COUNT;
	return table;
}

const struct option_rule *options_find(enum option_file file, const char *path)
{
	for (size_t i = 0; i < TABLE_COUNT; i++)
		if (table[i].file == file && strcmp(table[i].path, path) == 0)
			return &table[i];
	return NULL;
}

/* Whether the path is the setting's, whose items have numbers. */
static bool is_of(const char *path, const char *setting)
{
	for (; *path == *setting && *path; path++, setting++)
		if (*path == '[')
			setting += strspn(setting + 1, "0123456789");
	return *path == *setting;
}

const struct option_rule *options_of(enum option_file file, const char *setting)
{
	for (size_t i = 0; i < TABLE_COUNT; i++)
		if (table[i].file == file && is_of(table[i].path, setting))
			return &table[i];
	return NULL;
}

/* The key if option is a direct child of prefix, else NULL. */
static const char *child_key(const struct option_rule *option, const char *prefix)
{
	size_t len = strlen(prefix);
	const char *key = option->path;

	if (len > 0) {
		if (strncmp(key, prefix, len) != 0 || key[len] != '.')
			return NULL;
		key += len + 1;
	}
	return strpbrk(key, ".[") ? NULL : key;
}

const struct option_rule *options_child(enum option_file file, const char *prefix, const char *key)
{
	for (size_t i = 0; i < TABLE_COUNT; i++) {
		const char *own = child_key(&table[i], prefix);

		if (table[i].file == file && own && strcmp(own, key) == 0)
			return &table[i];
	}
	return NULL;
}

const struct option_rule *options_next(enum option_file file, const char *prefix,
				       const struct option_rule *option)
{
	size_t i = option ? (size_t)(option - table) + 1 : 0;

	for (; i < TABLE_COUNT; i++)
		if (table[i].file == file && child_key(&table[i], prefix))
			return &table[i];
	return NULL;
}

const char *options_reload_text(const struct option_rule *option)
{
	switch (option->reload) {
	case OPTION_RELOAD_PIPELINE:
		return "the pipeline begins anew";
	case OPTION_RELOAD_ALL:
		return "all pipelines begin anew";
	case OPTION_RELOAD_NOW:
		return "at once";
	case OPTION_RELOAD_REFUSED:
		break;
	}
	return "refused: restart onced";
}

const char *options_key(const struct option_rule *option)
{
	const char *dot = strrchr(option->path, '.');

	return dot ? dot + 1 : option->path;
}

static void words_text(const struct option_rule *option, const char *last, char *text, size_t size)
{
	size_t used = (size_t)snprintf(text, size, "one of ");

	for (size_t i = 0; i < OPTION_WORDS_MAX && option->words[i]; i++) {
		must(used < size);
		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "",
					 option->words[i]);
	}
	must(used < size);
	(void)snprintf(text + used, size - used, "%s", last);
}

static const char *simple_text(enum option_type type)
{
	switch (type) {
	case OPTION_SECTION:
	case OPTION_MAP:
		return "a mapping";
	case OPTION_SECTIONS:
	case OPTION_LIST:
		return "a list";
	case OPTION_ANY:
		return "a value";
	case OPTION_TEXT:
		return "text";
	case OPTION_PATH:
		return "an absolute path";
	case OPTION_NAME:
		return "a name: letters, digits, `_`, `-`, at most 64";
	case OPTION_DOTTED:
		return "a name: letters, digits, `_`, `-`, `.`, at most 64";
	case OPTION_TOPIC:
		return "a topic: letters, digits, `.`, `_`, `-`, at most 249";
	case OPTION_EXPR:
		return "a jq expression";
	case OPTION_BOOL:
		return "true or false";
	case OPTION_LATER:
		return "nothing yet";
	case OPTION_INT:
	case OPTION_SIZE:
	case OPTION_DURATION:
	case OPTION_WORD:
	case OPTION_START:
	case OPTION_ERRORS:
		break;
	}
	return NULL;
}

void options_limits(const struct option_rule *option, char text[OPTIONS_LIMITS_MAX])
{
	char low[UNITS_TEXT_MAX], high[UNITS_TEXT_MAX];

	switch ((int)option->type) {
	case OPTION_INT:
		(void)snprintf(text, OPTIONS_LIMITS_MAX, "from %lld to %lld",
			       (long long)option->min, (long long)option->max);
		return;
	case OPTION_SIZE:
		units_size_text(option->min, low);
		units_size_text(option->max, high);
		break;
	case OPTION_DURATION:
		units_duration_text(option->min, low);
		units_duration_text(option->max, high);
		break;
	case OPTION_WORD:
		words_text(option, "", text, OPTIONS_LIMITS_MAX);
		return;
	case OPTION_START:
		words_text(option, ", or a time such as 2026-01-31T00:00:00Z", text,
			   OPTIONS_LIMITS_MAX);
		return;
	case OPTION_ERRORS:
		words_text(option, ", or `{to: TOPIC}`", text, OPTIONS_LIMITS_MAX);
		return;
	default:
		*text = '\0';
		return;
	}
	(void)snprintf(text, OPTIONS_LIMITS_MAX, "from %s to %s", low, high);
}

void options_expected(const struct option_rule *option, char text[OPTIONS_EXPECTED_MAX])
{
	const size_t size = OPTIONS_EXPECTED_MAX;
	char limits[OPTIONS_LIMITS_MAX];
	const char *simple = simple_text(option->type);

	if (simple) {
		(void)snprintf(text, size, "%s", simple);
		return;
	}
	options_limits(option, limits);
	switch ((int)option->type) {
	case OPTION_INT:
		(void)snprintf(text, size, "a whole number %s", limits);
		return;
	case OPTION_SIZE:
		(void)snprintf(text, size, "a size %s, such as 16M (k, M, G)", limits);
		return;
	case OPTION_DURATION:
		(void)snprintf(text, size, "a duration %s, such as 100ms (ms, s, m, h, d)", limits);
		return;
	default:
		(void)snprintf(text, size, "%s", limits);
	}
}
