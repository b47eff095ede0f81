/*
 * What comes out of right files: values where the file says something, defaults where it does not,
 * references followed, secrets kept out of sight, tests as data.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/build.h"
#include "config/tests.h"
#include "lib/config_cases.h"
#include "lib/suite.h"

#define LEAST "pipeline: p\nfrom: {topics: [a]}\nto: [{topic: b}]\n"

static struct config *config;
static struct config_errors errors;

static void setup(void)
{
	config_cases_enter();
	config = NULL;
	errors = (struct config_errors){0};
}

static void teardown(void)
{
	config_free(config);
	config_errors_free(&errors);
	config_cases_leave();
}

/* main and pipeline: texts; main NULL = no main file. */
static int load(const char *main, const char *pipeline)
{
	const char *const files[] = {"p.yaml", NULL};

	config_cases_write("p.yaml", pipeline, strlen(pipeline));
	if (main)
		config_cases_write("onced.yaml", main, strlen(main));
	return config_cases_load(main ? "onced.yaml" : NULL, files, &config, &errors);
}

static const struct pipeline *must_load(const char *main, const char *pipeline)
{
	if (load(main, pipeline) < 0)
		ck_abort_msg("%s", errors.lines[0]);
	return &config->pipelines[0].pipeline;
}

/* "value@line" of a setting, "value@default". */
static void check_setting(const struct setting *settings, size_t count, const char *path,
			  const char *expected)
{
	for (size_t i = 0; i < count; i++) {
		char got[256];

		if (strcmp(settings[i].path, path) != 0)
			continue;
		if (settings[i].file)
			(void)snprintf(got, sizeof(got), "%s@%d", settings[i].value,
				       settings[i].line);
		else
			(void)snprintf(got, sizeof(got), "%s@default", settings[i].value);
		ck_assert_str_eq(got, expected);
		return;
	}
	ck_abort_msg("no setting %s", path);
}

static void check_own(const char *path, const char *expected)
{
	check_setting(config->pipelines[0].settings, config->pipelines[0].setting_count, path,
		      expected);
}

START_TEST(the_example_is_what_it_says)
{
	char *text = config_cases_source("examples/payments.yaml");
	const struct pipeline *p = must_load(NULL, text);

	free(text);
	ck_assert_str_eq(p->name, "payments");
	ck_assert_str_eq(p->file, "p.yaml");
	ck_assert_int_eq(p->workers, 2);
	ck_assert_uint_eq(p->topic_count, 1);
	ck_assert_str_eq(p->topics[0], "payments");
	ck_assert_str_eq(p->group, "payments");
	ck_assert_int_eq(p->start, START_EARLIEST);
	ck_assert_int_eq(p->format, FORMAT_JSON);
	ck_assert_uint_eq(p->step_count, 5);
	ck_assert_int_eq(p->dedup_index, 2);
	ck_assert_str_eq(p->steps[0].text, ".type == \"payment\" and .amount > 0");
	ck_assert_str_eq(p->steps[1].text, "del(.card) | .cents = (.amount * 100 | round)");
	ck_assert_int_eq(p->steps[2].kind, STEP_DEDUP);
	ck_assert_str_eq(p->steps[2].text, ".id");
	ck_assert_int_eq(p->steps[2].within_ms, 86400000);
	ck_assert(!p->steps[2].missing_pass);
	ck_assert_int_eq(pipeline_window_ms(p), 86400000);
	ck_assert_str_eq(p->steps[4].set[0].name, "source");
	ck_assert_str_eq(p->steps[4].set[0].text, "$topic");
	ck_assert_int_eq(p->steps[4].slot, -1);
	ck_assert_str_eq(p->steps[4].remove[0], "trace");
	ck_assert_uint_eq(p->target_count, 2);
	ck_assert_str_eq(p->targets[0].topic, "payments.big");
	ck_assert_str_eq(p->targets[0].when, ".amount > 10000");
	ck_assert_ptr_null(p->targets[1].when);
	ck_assert_int_eq(p->targets[1].slot, -1);
	ck_assert_int_eq(p->errors, ERRORS_TO);
	ck_assert_str_eq(p->errors_topic, "payments.dead");
	ck_assert_uint_eq(errors.warning_count, 0);
	ck_assert_uint_ge(config->pipelines[0].test_count, 1);
}
END_TEST

START_TEST(each_expression_has_its_slot_and_place)
{
	const struct pipeline *p = must_load(
		NULL,
		"pipeline: p\nfrom: {topics: [a]}\nsteps:\n  - filter: .a\n"
		"  - headers: {set: {x: .b, y: .c}}\n  - dedup: {within: 1h, missing: error}\n"
		"to:\n  - topic: b\n    when: .d\n  - {topic: c, otherwise: true}\n");
	static const char *const texts[] = {".a", ".b", ".c", ".d"};

	ck_assert_uint_eq(p->expr_count, 4);
	for (size_t i = 0; i < 4; i++)
		ck_assert_str_eq(p->exprs[i].text, texts[i]);
	ck_assert_str_eq(p->exprs[2].where, "p.yaml:5:31: steps[1].headers.set.y");
	ck_assert_str_eq(p->exprs[3].where, "p.yaml:9:11: to[0].when");
	ck_assert_int_eq(p->steps[0].slot, 0);
	ck_assert_int_eq(p->steps[1].set[1].slot, 2);
	ck_assert_int_eq(p->steps[2].slot, -1);
	ck_assert_ptr_null(p->steps[2].text);
	ck_assert_str_eq(p->steps[2].where, "p.yaml:6:12: steps[2].dedup");
	ck_assert_int_eq(p->targets[0].slot, 3);
	ck_assert(p->targets[1].otherwise);
}
END_TEST

START_TEST(what_is_not_said_has_its_default)
{
	const struct pipeline *p = must_load(NULL, LEAST);

	ck_assert_int_eq(p->workers, 1);
	ck_assert_str_eq(p->group, "onced.p");
	ck_assert_int_eq(p->start, START_EARLIEST);
	ck_assert_int_eq(p->format, FORMAT_JSON);
	ck_assert(!p->adopt);
	ck_assert_int_eq(p->on_gap, GAP_STOP);
	ck_assert_uint_eq(p->step_count, 0);
	ck_assert_int_eq(p->dedup_index, -1);
	ck_assert_int_eq(pipeline_window_ms(p), 0);
	ck_assert_int_eq(p->errors, ERRORS_STOP);
	ck_assert_ptr_null(p->errors_topic);
	ck_assert_int_eq(p->commit_every_ms, 100);
	ck_assert_int_eq(p->commit_records, 50000);
	ck_assert_int_eq(p->commit_bytes, 16 << 20);
	ck_assert(!p->lineage);
	ck_assert_ptr_null(config->file);
	ck_assert_int_eq(config->memory_bytes, 512 << 20);
	ck_assert_int_eq(config->log_level, 6);
	ck_assert_uint_eq(config->kafka_count, 1);
	ck_assert_str_eq(config->kafka[0].name, "bootstrap.servers");
	ck_assert_str_eq(config->kafka[0].value, "127.0.0.1:9092");
	check_own("commit.every", "100ms@default");
	check_own("from.group", "onced.p@default");
	check_own("workers", "1@default");
	check_setting(config->settings, config->setting_count, "memory", "512M@default");
}
END_TEST

START_TEST(what_is_said_has_its_value)
{
	const struct pipeline *p = must_load(
		"instance: i.1\nstate_dir: /s\nmemory: 1G\nlog_level: debug\n"
		"kafka: {bootstrap.servers: \"b:1\", security.protocol: SSL}\n",
		"pipeline: p\nworkers: 3\nfrom:\n  topics: [a, c]\n  group: g.1\n  start: "
		"2026-01-31T00:00:00Z\n  format: text\n  adopt: true\n  on_gap: accept\n"
		"to: [{topic: b}]\nerrors: drop\ncommit: {every: 2s, records: 7, bytes: 1M}\n"
		"lineage: true\n");

	ck_assert_int_eq(p->workers, 3);
	ck_assert_str_eq(p->topics[1], "c");
	ck_assert_str_eq(p->group, "g.1");
	ck_assert_int_eq(p->start, START_TIME);
	ck_assert_int_eq(p->start_ms, INT64_C(1769817600000));
	ck_assert_int_eq(p->format, FORMAT_TEXT);
	ck_assert(p->adopt && p->lineage);
	ck_assert_int_eq(p->on_gap, GAP_ACCEPT);
	ck_assert_int_eq(p->errors, ERRORS_DROP);
	ck_assert_int_eq(p->commit_every_ms, 2000);
	ck_assert_int_eq(p->commit_records, 7);
	ck_assert_int_eq(p->commit_bytes, 1 << 20);
	ck_assert_str_eq(config->instance, "i.1");
	ck_assert_str_eq(config->state_dir, "/s");
	ck_assert_int_eq(config->memory_bytes, 1 << 30);
	ck_assert_int_eq(config->log_level, 7);
	ck_assert_str_eq(config->file, "onced.yaml");
	ck_assert_str_eq(config->kafka[1].value, "ssl");
	check_own("commit.every", "2s@12");
	check_own("from.start", "2026-01-31T00:00:00Z@6");
	check_own("from.topics[1]", "c@4");
	check_setting(config->settings, config->setting_count, "memory", "1G@3");
	check_setting(config->settings, config->setting_count, "kafka.security.protocol", "ssl@5");
}
END_TEST

START_TEST(state_goes_where_the_user_may_write)
{
	struct arena *arena = arena_new(0);

	ck_assert_str_eq(build_state_dir(false, "/x", "/h", arena), "/var/lib/onced");
	ck_assert_str_eq(build_state_dir(true, "/x", "/h", arena), "/x/onced");
	ck_assert_str_eq(build_state_dir(true, "rel", "/h", arena), "/h/.local/state/onced");
	ck_assert_str_eq(build_state_dir(true, NULL, "/h", arena), "/h/.local/state/onced");
	ck_assert_ptr_null(build_state_dir(true, "", "", arena));
	arena_free(arena);
}
END_TEST

static const char *property(const char *name)
{
	for (size_t i = 0; i < config->kafka_count; i++)
		if (strcmp(config->kafka[i].name, name) == 0)
			return config->kafka[i].value;
	return NULL;
}

START_TEST(references_are_followed_and_secrets_stay_hidden)
{
	char main[512], directory[256];

	ck_assert_ptr_nonnull(getcwd(directory, sizeof(directory)));
	ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", directory, 1), 0);
	ck_assert_int_eq(setenv("ONCED_TEST_SERVERS", "x:1,y:2", 1), 0);
	config_cases_write("password", "hunter2\n", 8);
	config_cases_write("key", "line 1\r\n", 8);
	ck_assert_int_eq(chmod("password", 0600), 0);
	ck_assert_int_eq(chmod("key", 0600), 0);
	(void)snprintf(
		main, sizeof(main),
		"kafka:\n  bootstrap.servers: ${env:ONCED_TEST_SERVERS}\n"
		"  security.protocol: sasl_ssl\n  sasl.mechanism: plain\n"
		"  sasl.password: ${credential:password}\n  ssl.key.pem: \"${file:%s/key}\"\n",
		directory);
	(void)must_load(main, LEAST);
	(void)unsetenv("CREDENTIALS_DIRECTORY");
	ck_assert_str_eq(property("bootstrap.servers"), "x:1,y:2");
	ck_assert_str_eq(property("sasl.mechanism"), "PLAIN");
	ck_assert_str_eq(property("sasl.password"), "hunter2");
	ck_assert_str_eq(property("ssl.key.pem"), "line 1");
	ck_assert_uint_eq(errors.warning_count, 0);
	for (size_t i = 0; i < config->setting_count; i++)
		ck_assert_ptr_null(strstr(config->settings[i].value, "hunter2"));
	check_setting(config->settings, config->setting_count, "kafka.sasl.password", "(secret)@5");
}
END_TEST

START_TEST(a_secret_that_everyone_reads_gets_a_hint)
{
	char directory[256];

	ck_assert_ptr_nonnull(getcwd(directory, sizeof(directory)));
	ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", directory, 1), 0);
	config_cases_write("password", "hunter2", 7);
	ck_assert_int_eq(chmod("password", 0644), 0);
	(void)must_load("kafka:\n  sasl.password: ${credential:password}\n", LEAST);
	(void)unsetenv("CREDENTIALS_DIRECTORY");
	ck_assert_uint_eq(errors.warning_count, 1);
	ck_assert_ptr_nonnull(strstr(errors.warnings[0], "may be read by everyone"));
}
END_TEST

START_TEST(credentials_that_are_no_value_are_refused)
{
	static const char main[] = "kafka:\n  sasl.password: ${credential:password}\n";
	static const char nul[] = "a\0b";
	char directory[256];
	char *large = calloc(1, 65537);

	ck_assert_ptr_nonnull(large);
	memset(large, 'x', 65537);
	ck_assert_ptr_nonnull(getcwd(directory, sizeof(directory)));
	ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", directory, 1), 0);
	config_cases_write("password", "\n", 1);
	ck_assert_int_eq(load(main, LEAST), -1);
	ck_assert_ptr_nonnull(strstr(errors.lines[0], "/password: the file is empty"));
	config_errors_free(&errors);
	config_cases_write("password", nul, 3);
	ck_assert_int_eq(load(main, LEAST), -1);
	ck_assert_ptr_nonnull(strstr(errors.lines[0], "the file holds a NUL character"));
	config_errors_free(&errors);
	config_cases_write("password", large, 65537);
	ck_assert_int_eq(load(main, LEAST), -1);
	ck_assert_ptr_nonnull(strstr(errors.lines[0], "the file is larger than 64k, the limit"));
	(void)unsetenv("CREDENTIALS_DIRECTORY");
	free(large);
}
END_TEST

START_TEST(pipelines_come_from_the_main_files_pattern)
{
	static const char main[] = "pipelines: p*.yaml\n";
	char path[512], directory[256];

	ck_assert_ptr_nonnull(getcwd(directory, sizeof(directory)));
	(void)snprintf(path, sizeof(path), "%s/onced.yaml", directory);
	config_cases_write("p2.yaml", "pipeline: q\nfrom: {topics: [a]}\nto: [{topic: b}]\n", 48);
	config_cases_write("p1.yaml", LEAST, strlen(LEAST));
	config_cases_write("x.yaml", "no", 2);
	config_cases_write("onced.yaml", main, strlen(main));
	ck_assert_int_eq(config_cases_load(path, NULL, &config, &errors), 0);
	ck_assert_uint_eq(config->pipeline_count, 2);
	ck_assert_str_eq(config->pipelines[0].pipeline.name, "p");
	ck_assert_str_eq(config->pipelines[1].pipeline.name, "q");
}
END_TEST

START_TEST(a_pattern_without_files_is_an_error)
{
	static const char main[] = "pipelines: /nonexistent/*.yaml\n";

	config_cases_write("onced.yaml", main, strlen(main));
	ck_assert_int_eq(config_cases_load("onced.yaml", NULL, &config, &errors), -1);
	ck_assert_str_eq(errors.lines[0], "onced.yaml: pipelines: no file matches "
					  "/nonexistent/*.yaml: name pipeline files on "
					  "the command line, or set `pipelines:` in the main file");
}
END_TEST

START_TEST(a_main_file_that_is_not_there_is_an_error)
{
	const char *const files[] = {"p.yaml", NULL};

	config_cases_write("p.yaml", LEAST, strlen(LEAST));
	ck_assert_int_eq(config_cases_load("none.yaml", files, &config, &errors), -1);
	ck_assert_str_eq(errors.lines[0], "none.yaml: cannot be read: No such file or directory");
	ck_assert_uint_eq(errors.count, 1);
}
END_TEST

static void check_bytes(struct bytes bytes, const char *expected)
{
	ck_assert_ptr_nonnull(bytes.data);
	ck_assert_msg(bytes_equal(bytes, bytes_str(expected)), "%.*s, not %s", (int)bytes.len,
		      (const char *)bytes.data, expected);
}

START_TEST(tests_are_read_as_records)
{
	const struct pipeline_test *test;

	(void)must_load(
		NULL,
		"pipeline: p\nfrom: {topics: [a, c]}\nto: [{topic: b}]\ntests:\n"
		"  - name: n\n    input:\n"
		"      - {key: k, value: {b: [1, x], a: \"1\"}, headers: {h: v, n: null, i: 1}}\n"
		"      - {key: 5, raw: \"{\", topic: c, partition: 3, timestamp: 1000}\n"
		"      - {value: null, timestamp: -1}\n"
		"      - {value: s, timestamp: 2026-01-31T00:00:00Z}\n"
		"    output: {b: [{}, {value: 1, headers: {}}]}\n");
	test = &config->pipelines[0].tests[0];
	ck_assert_str_eq(test->name, "n");
	ck_assert_uint_eq(test->input_count, 4);
	check_bytes(test->input[0].record.key, "k");
	check_bytes(test->input[0].record.value, "{\"b\":[1,\"x\"],\"a\":\"1\"}");
	ck_assert_uint_eq(test->input[0].record.header_count, 3);
	check_bytes(test->input[0].record.headers[0].value, "v");
	ck_assert_ptr_null(test->input[0].record.headers[1].value.data);
	check_bytes(test->input[0].record.headers[2].value, "1");
	ck_assert_int_eq(test->input[0].record.timestamp, TESTS_FIRST_MS);
	ck_assert_ptr_eq(test->input[0].topic, config->pipelines[0].pipeline.topics[0]);
	check_bytes(test->input[1].record.key, "5");
	check_bytes(test->input[1].record.value, "{");
	ck_assert_ptr_eq(test->input[1].topic, config->pipelines[0].pipeline.topics[1]);
	ck_assert_int_eq(test->input[1].partition, 3);
	ck_assert_int_eq(test->input[1].record.timestamp, 1000);
	ck_assert_ptr_null(test->input[2].record.value.data);
	ck_assert_ptr_null(test->input[2].record.key.data);
	ck_assert_int_eq(test->input[2].record.timestamp, -1);
	check_bytes(test->input[3].record.value, "\"s\"");
	ck_assert_int_eq(test->input[3].record.timestamp, INT64_C(1769817600000));
	ck_assert_uint_eq(test->output_count, 1);
	ck_assert_uint_eq(test->outputs[0].record_count, 2);
	ck_assert(!test->outputs[0].records[0].has_key && !test->outputs[0].records[0].has_value);
	ck_assert(test->outputs[0].records[1].value_is_json);
	ck_assert(test->outputs[0].records[1].has_headers);
}
END_TEST

/* YAML 1.2's core schema, section 10.3.2. */
static const struct {
	const char *yaml, *json;
} scalars[] = {
	{"~", NULL},
	{"null", NULL},
	{"NULL", NULL},
	{"[Null, ~, '~']", "[null,null,\"~\"]"},
	{"true", "true"},
	{"False", "false"},
	{"yes", "\"yes\""},
	{"off", "\"off\""},
	{"0", "0"},
	{"-0", "-0"},
	{"007", "7"},
	{"+12", "12"},
	{"0o17", "15"},
	{"0x1F", "31"},
	{"0xFFFFFFFFFFFFFFFF", "18446744073709551615"},
	{"12345678901234567890", "12345678901234567890"},
	{"1.50", "1.50"},
	{"1.", "1"},
	{".5", "0.5"},
	{"-.5e-3", "-0.5e-3"},
	{"+1.e3", "1e3"},
	{"1e400", "1e400"},
	{"1_000", "\"1_000\""},
	{"12:30", "\"12:30\""},
	{"0x", "\"0x\""},
	{"-0x1F", "\"-0x1F\""},
	{".", "\".\""},
	{"1e", "\"1e\""},
	{"1.2.3", "\"1.2.3\""},
	{"2026-01-31", "\"2026-01-31\""},
	{"'1'", "\"1\""},
	{"\"a\\\"\\\\\\n\\0\\x7f\"", "\"a\\\"\\\\\\u000a\\u0000\x7f\""},
	{"{a: {b: []}, \"c d\": {}}", "{\"a\":{\"b\":[]},\"c d\":{}}"},
};

START_TEST(scalars_follow_the_core_schema)
{
	for (size_t i = 0; i < sizeof(scalars) / sizeof(scalars[0]); i++) {
		char text[512];
		struct bytes value;

		(void)snprintf(text, sizeof(text),
			       LEAST "tests: [{name: n, output: {}, input: [{value: %s}]}]\n",
			       scalars[i].yaml);
		(void)must_load(NULL, text);
		value = config->pipelines[0].tests[0].input[0].record.value;
		if (scalars[i].json)
			check_bytes(value, scalars[i].json);
		else
			ck_assert_ptr_null(value.data);
		config_free(config);
		config_errors_free(&errors);
		config = NULL;
	}
}
END_TEST

START_TEST(nothing_loaded_is_nothing_to_free)
{
	config_free(NULL);
	config_errors_free(&errors);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("build");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, the_example_is_what_it_says);
	tcase_add_test(tcase, each_expression_has_its_slot_and_place);
	tcase_add_test(tcase, what_is_not_said_has_its_default);
	tcase_add_test(tcase, what_is_said_has_its_value);
	tcase_add_test(tcase, state_goes_where_the_user_may_write);
	tcase_add_test(tcase, references_are_followed_and_secrets_stay_hidden);
	tcase_add_test(tcase, a_secret_that_everyone_reads_gets_a_hint);
	tcase_add_test(tcase, credentials_that_are_no_value_are_refused);
	tcase_add_test(tcase, pipelines_come_from_the_main_files_pattern);
	tcase_add_test(tcase, a_pattern_without_files_is_an_error);
	tcase_add_test(tcase, a_main_file_that_is_not_there_is_an_error);
	tcase_add_test(tcase, tests_are_read_as_records);
	tcase_add_test(tcase, scalars_follow_the_core_schema);
	tcase_add_test(tcase, nothing_loaded_is_nothing_to_free);
	return suite_run("build", tcase);
}
