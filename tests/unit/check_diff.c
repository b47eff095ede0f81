/*
 * diff: goal: what a reload does to each pipeline, and that no option is forgotten. Method: one
 * configuration with every option of a pipeline file, and a table that changes one thing at a time;
 * a second test holds that table against the option table.
 */
#include <check.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "config/diff.h"
#include "config/options.h"
#include "lib/config_cases.h"
#include "lib/suite.h"

static const char base[] = "pipeline: p\n"
			   "workers: 2\n"
			   "from:\n"
			   "  topics: [a, b]\n"
			   "  group: g\n"
			   "  start: earliest\n"
			   "  format: json\n"
			   "  adopt: false\n"
			   "  on_gap: stop\n"
			   "steps:\n"
			   "  - filter: .x\n"
			   "  - map: .m\n"
			   "  - key: .k\n"
			   "  - headers: {set: {s: .x, u: .y}, remove: [t]}\n"
			   "  - dedup: {id: .id, within: 24h, missing: error}\n"
			   "  - filter: .late\n"
			   "to:\n"
			   "  - {topic: o, when: .big}\n"
			   "  - {topic: r, otherwise: true}\n"
			   "errors: {to: dead}\n"
			   "commit: {every: 100ms, records: 500, bytes: 16M}\n"
			   "lineage: false\n";

static const char of_journal[] = "pipeline: p\n"
				 "from:\n"
				 "  journal:\n"
				 "    units: [a.service, b.service]\n"
				 "    match: {PRIORITY: \"3\"}\n"
				 "steps:\n"
				 "  - dedup: {id: .id, within: 24h}\n"
				 "to:\n"
				 "  - {topic: o}\n";

static const char main_file[] = "instance: i\n"
				"state_dir: /s\n"
				"pipelines: none/*.yaml\n"
				"kafka:\n"
				"  bootstrap.servers: h:1\n"
				"  security.protocol: sasl_ssl\n"
				"  sasl.mechanism: PLAIN\n"
				"  sasl.password: ${file:/proc/self/comm}\n"
				"memory: 512M\n"
				"log_level: info\n";

static struct config *load(const char *main, const char *first, const char *second)
{
	const char *const both[] = {"1.yaml", "2.yaml", NULL};
	const char *const one[] = {"1.yaml", NULL};
	struct config *config = NULL;
	struct config_errors errors;
	char *said;

	config_cases_enter();
	if (main)
		config_cases_write("onced.yaml", main, strlen(main));
	config_cases_write("1.yaml", first, strlen(first));
	if (second)
		config_cases_write("2.yaml", second, strlen(second));
	(void)config_cases_load(main ? "onced.yaml" : NULL, second ? both : one, &config, &errors);
	said = config_cases_join(errors.lines, errors.count);
	ck_assert_msg(config != NULL, "%s", said);
	free(said);
	config_errors_free(&errors);
	config_cases_leave();
	return config;
}

/* The text with its one `from` made `to`; the caller frees it. */
static char *with(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);
	char *ret = NULL;

	ck_assert_msg(at != NULL, "there is no %s", from);
	must(asprintf(&ret, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from)) >= 0);
	return ret;
}

static const struct {
	const char *from, *to;
	enum diff_kind kind;
	const char *key;
	size_t keys;
} rows[] = {
	{"workers: 2", "workers: 3", DIFF_CHANGED, "workers", 1},
	{"[a, b]", "[a, c]", DIFF_CHANGED, "from.topics[1]", 1},
	{"[a, b]", "[a]", DIFF_CHANGED, "from.topics[1]", 1},
	{"group: g", "group: h", DIFF_GROUP, "from.group", 1},
	{"start: earliest", "start: latest", DIFF_CHANGED, "from.start", 1},
	{"start: earliest", "start: 2026-01-31T00:00:00Z", DIFF_CHANGED, "from.start", 1},
	{"format: json", "format: text", DIFF_REBUILT, "from.format", 1},
	{"adopt: false", "adopt: true", DIFF_CHANGED, "from.adopt", 1},
	{"on_gap: stop", "on_gap: accept", DIFF_CHANGED, "from.on_gap", 1},
	{"filter: .x", "filter: .y", DIFF_REBUILT, "steps[0].filter", 1},
	{"map: .m", "map: .n", DIFF_REBUILT, "steps[1].map", 1},
	{"key: .k", "key: .l", DIFF_REBUILT, "steps[2].key", 1},
	{"s: .x", "s: .z", DIFF_REBUILT, "steps[3].headers.set.s", 1},
	{"s: .x, u: .y", "u: .y, s: .x", DIFF_REBUILT, "steps[3].headers.set.u", 1},
	{"remove: [t]", "remove: [t, v]", DIFF_REBUILT, "steps[3].headers.remove[1]", 1},
	{"id: .id, ", "id: .key, ", DIFF_REBUILT, "steps[4].dedup.id", 1},
	{"id: .id, ", "", DIFF_REBUILT, "steps[4].dedup.id", 1},
	{"24h", "48h", DIFF_REBUILT, "steps[4].dedup.within", 1},
	{"missing: error", "missing: pass", DIFF_REBUILT, "steps[4].dedup.missing", 1},
	{"filter: .late", "filter: .later", DIFF_CHANGED, "steps[5].filter", 1},
	{"  - filter: .late\n", "", DIFF_CHANGED, "steps[5].filter", 1},
	{"  - dedup: {id: .id, within: 24h, missing: error}\n", "", DIFF_CHANGED, "steps[4].filter",
	 5},
	{"topic: o", "topic: p", DIFF_CHANGED, "to[0].topic", 1},
	{"when: .big", "when: .small", DIFF_CHANGED, "to[0].when", 1},
	{", otherwise: true", "", DIFF_CHANGED, "to[1].otherwise", 1},
	{"{to: dead}", "{to: other}", DIFF_CHANGED, "errors.to", 1},
	{"{to: dead}", "drop", DIFF_CHANGED, "errors", 2},
	{"every: 100ms", "every: 50ms", DIFF_CHANGED, "commit.every", 1},
	{"records: 500", "records: 5", DIFF_CHANGED, "commit.records", 1},
	{"bytes: 16M", "bytes: 8M", DIFF_CHANGED, "commit.bytes", 1},
	{"lineage: false", "lineage: true", DIFF_CHANGED, "lineage", 1},
	{"b.service", "c.service", DIFF_REBUILT, "from.journal.units[1]", 1},
	{"\"3\"", "\"4\"", DIFF_REBUILT, "from.journal.match.PRIORITY", 1},
	{"\"3\"", "[\"3\", \"4\"]", DIFF_REBUILT, "from.journal.match.PRIORITY[0]", 3},
	/* what is no difference */
	{"workers: 2\n", "# two\nworkers: 2 # of them\n", DIFF_SAME, NULL, 0},
	{"lineage: false\n", "", DIFF_SAME, NULL, 0},
	{"every: 100ms, records: 500", "records: 500, every: 100ms", DIFF_SAME, NULL, 0},
	{"16M", "16384k", DIFF_SAME, NULL, 0},
	{"lineage: false\n", "tests: [{name: t, input: [{value: 1}], output: {}}]\n", DIFF_SAME,
	 NULL, 0},
};

#define ROWS ((int)(sizeof(rows) / sizeof(rows[0])))

START_TEST(one_change_has_its_kind_and_its_key)
{
	const char *first = strstr(base, rows[_i].from) ? base : of_journal;
	char *text = with(first, rows[_i].from, rows[_i].to);
	struct config *before = load(NULL, first, NULL);
	struct config *after = load(NULL, text, NULL);
	struct diff diff;
	struct err err;

	ck_assert_int_eq(diff_make(before, after, &diff, &err), 0);
	ck_assert_ptr_null(diff.all);
	ck_assert_uint_eq(diff.count, 1);
	ck_assert_msg(diff.items[0].kind == rows[_i].kind, "%s: kind %d", rows[_i].to,
		      (int)diff.items[0].kind);
	ck_assert_uint_eq(diff.items[0].key_count, rows[_i].keys);
	ck_assert_pstr_eq(diff.items[0].key, rows[_i].key);
	diff_free(&diff);
	/* And back. */
	ck_assert_int_eq(diff_make(after, before, &diff, &err), 0);
	ck_assert_int_eq(diff.items[0].kind == DIFF_SAME, rows[_i].kind == DIFF_SAME);
	ck_assert_uint_eq(diff.items[0].key_count, rows[_i].keys);
	diff_free(&diff);
	config_free(before);
	config_free(after);
	free(text);
}
END_TEST

/* "steps[3].headers.set.s" is an example of "steps[].headers.set". */
static bool is_example(const char *key, const char *path)
{
	while (*path) {
		if (*key != *path)
			return false;
		path++;
		if (*key++ == '[')
			while (isdigit((unsigned char)*key))
				key++;
	}
	return *key == '\0' || *key == '.' || *key == '[';
}

START_TEST(every_option_makes_a_difference)
{
	size_t count;
	const struct option_rule *options = options_all(&count);

	for (size_t i = 0; i < count; i++) {
		bool found = false;

		/* The name is tested below; tests are no part of the definition. */
		if (options[i].file == OPTION_MAIN || strcmp(options[i].path, "pipeline") == 0 ||
		    strncmp(options[i].path, "tests", 5) == 0)
			continue;
		for (int row = 0; row < ROWS; row++)
			found = found ||
				(rows[row].key && is_example(rows[row].key, options[i].path));
		ck_assert_msg(found, "no row changes %s", options[i].path);
	}
}
END_TEST

START_TEST(pipelines_come_and_go_by_name)
{
	char *renamed = with(base, "pipeline: p", "pipeline: q");
	char *other = with(renamed, "group: g", "group: h");
	struct config *before = load(NULL, base, NULL);
	struct config *after = load(NULL, other, base);
	struct diff diff;
	struct err err;

	ck_assert_int_eq(diff_make(before, after, &diff, &err), 0);
	ck_assert_uint_eq(diff.count, 2);
	ck_assert_int_eq(diff_find(&diff, "q")->kind, DIFF_ADDED);
	ck_assert_ptr_null(diff_find(&diff, "q")->before);
	ck_assert_int_eq(diff_find(&diff, "p")->kind, DIFF_SAME);
	ck_assert_ptr_null(diff_find(&diff, "r"));
	diff_free(&diff);
	ck_assert_int_eq(diff_make(after, before, &diff, &err), 0);
	ck_assert_int_eq(diff_find(&diff, "q")->kind, DIFF_REMOVED);
	ck_assert_ptr_null(diff_find(&diff, "q")->after);
	diff_free(&diff);
	config_free(before);
	config_free(after);
	free(renamed);
	free(other);
}
END_TEST

START_TEST(a_rebuild_knows_how_far_back)
{
	char *longer = with(base, "24h", "48h");
	char *shorter = with(base, "24h", "1h");
	char *without = with(base, "  - dedup: {id: .id, within: 24h, missing: error}\n", "");
	struct config *configs[] = {load(NULL, base, NULL), load(NULL, longer, NULL),
				    load(NULL, shorter, NULL), load(NULL, without, NULL)};
	static const struct {
		int before, after;
		bool more;
	} cases[] = {{0, 1, true}, {1, 0, false}, {0, 2, false}, {3, 0, true}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct diff diff;
		struct err err;

		ck_assert_int_eq(diff_make(configs[cases[i].before], configs[cases[i].after], &diff,
					   &err),
				 0);
		ck_assert_int_eq(diff.items[0].kind, DIFF_REBUILT);
		ck_assert_int_eq(diff_needs_more_than_window(&diff.items[0]), cases[i].more);
		diff_free(&diff);
	}
	for (size_t i = 0; i < 4; i++)
		config_free(configs[i]);
	free(longer);
	free(shorter);
	free(without);
}
END_TEST

static const struct {
	const char *from, *to;
	const char *all;     /* why all begin anew */
	const char *refused; /* part of the message */
} main_rows[] = {
	{"instance: i", "instance: j", NULL,
	 "onced.yaml: instance: cannot be changed by a reload (from i to j): restart onced"},
	{"state_dir: /s", "state_dir: /t", NULL, "state_dir: cannot be changed"},
	{"none/", "some/", NULL, NULL},
	{"h:1", "h:2", "bootstrap.servers", NULL},
	{"PLAIN", "SCRAM-SHA-512", "sasl.mechanism", NULL},
	{"memory:", "  sasl.username: u\nmemory:", "sasl.username", NULL},
	{"512M", "1G", "memory", NULL},
	{"log_level: info", "log_level: debug", NULL, NULL},
	{"log_level: info\n", "", NULL, NULL},
};

#define MAIN_ROWS ((int)(sizeof(main_rows) / sizeof(main_rows[0])))

START_TEST(the_main_file_has_its_rules)
{
	char *text = with(main_file, main_rows[_i].from, main_rows[_i].to);
	struct config *before = load(main_file, base, NULL);
	struct config *after = load(text, base, NULL);
	struct diff diff = {0};
	struct err err;
	int rc = diff_make(before, after, &diff, &err);

	if (main_rows[_i].refused) {
		ck_assert_int_eq(rc, -1);
		ck_assert_int_eq(err.kind, ERR_STOP);
		ck_assert_int_eq(err.code, EXIT_CONFIG);
		ck_assert_msg(strstr(err.msg, main_rows[_i].refused) != NULL, "%s", err.msg);
	} else {
		ck_assert_int_eq(rc, 0);
		ck_assert_pstr_eq(diff.all, main_rows[_i].all);
		ck_assert_int_eq(diff.items[0].kind, DIFF_SAME);
	}
	diff_free(&diff);
	config_free(before);
	config_free(after);
	free(text);
}
END_TEST

START_TEST(a_secret_counts_though_it_is_not_shown)
{
	char *text = with(main_file, "/proc/self/comm", "/proc/sys/kernel/ostype");
	struct config *before = load(main_file, base, NULL);
	struct config *after = load(text, base, NULL);
	struct diff diff;
	struct err err;

	ck_assert_int_eq(diff_make(before, after, &diff, &err), 0);
	ck_assert_pstr_eq(diff.all, "sasl.password");
	diff_free(&diff);
	config_free(before);
	config_free(after);
	free(text);
}
END_TEST

START_TEST(a_configuration_lives_as_long_as_it_is_held)
{
	struct config *config = load(NULL, base, NULL);

	ck_assert_ptr_eq(config_hold(config), config);
	config_free(config);
	ck_assert_str_eq(config->pipelines[0].pipeline.name, "p");
	config_free(config); /* valgrind and ASan see whether it is gone */
}
END_TEST

static char *dir_of(const char *text, size_t *ret_errors)
{
	struct config_errors errors;
	char *dir;

	config_cases_enter();
	config_cases_write("onced.yaml", text, strlen(text));
	dir = config_state_dir("onced.yaml", &errors);
	*ret_errors = errors.count;
	config_errors_free(&errors);
	config_cases_leave();
	return dir;
}

START_TEST(the_state_dir_is_found_in_a_wrong_file_too)
{
	static const struct {
		const char *text, *dir;
		bool readable;
	} cases[] = {
		{"state_dir: /a\n", "/a", true},
		{"state_dir: /a\nnonsense: 1\nmemory: x\n", "/a", true},
		{"memory: 1G\n", "/var/lib/onced", true},
		{"state_dir: relative\n", "/var/lib/onced", true},
		{"state_dir: /a\nb: c: d\n", "/run/by-systemd", false},
	};

	must(setenv("STATE_DIRECTORY", "/run/by-systemd:/other", 1) == 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t errors;
		char *dir = dir_of(cases[i].text, &errors);

		ck_assert_str_eq(dir, cases[i].dir);
		ck_assert_int_eq(errors == 0, cases[i].readable);
		free(dir);
	}
	must(unsetenv("STATE_DIRECTORY") == 0);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("diff");

	tcase_add_loop_test(tcase, one_change_has_its_kind_and_its_key, 0, ROWS);
	tcase_add_test(tcase, every_option_makes_a_difference);
	tcase_add_test(tcase, pipelines_come_and_go_by_name);
	tcase_add_test(tcase, a_rebuild_knows_how_far_back);
	tcase_add_loop_test(tcase, the_main_file_has_its_rules, 0, MAIN_ROWS);
	tcase_add_test(tcase, a_secret_counts_though_it_is_not_shown);
	tcase_add_test(tcase, a_configuration_lives_as_long_as_it_is_held);
	tcase_add_test(tcase, the_state_dir_is_found_in_a_wrong_file_too);
	return suite_run("diff", tcase);
}
