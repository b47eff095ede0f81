/*
 * The option table and what must agree with it: its own defaults and examples,
 * docs/configuration.md line by line, examples/onced.yaml key by key; and the search for the word
 * that was meant.
 */
#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "config/kafka_allow.h"
#include "config/options.h"
#include "config/suggest.h"
#include "lib/config_cases.h"
#include "lib/suite.h"

/* The row of docs/configuration.md that an option must have. */
static char *option_row(const struct option_rule *option)
{
	char expected[OPTIONS_EXPECTED_MAX];
	const char *quote = option->preset ? "`" : "";
	const char *preset = option->preset         ? option->preset
			     : option->preset_shown ? option->preset_shown
						    : "";
	char *row = NULL;

	options_expected(option, expected);
	if (option->file == OPTION_MAIN)
		must(asprintf(&row, "\n| `%s` | %s | %s%s%s | %s | %s |\n", option->path, expected,
			      quote, preset, quote, options_reload_text(option),
			      option->help) >= 0);
	else if (option->required)
		must(asprintf(&row, "\n| `%s` | %s | required | %s |\n", option->path, expected,
			      option->help) >= 0);
	else
		must(asprintf(&row, "\n| `%s` | %s | %s%s%s | %s |\n", option->path, expected,
			      quote, preset, quote, option->help) >= 0);
	return row;
}

static char *kafka_row(const struct kafka_rule *rule)
{
	char text[KAFKA_EXPECTED_MAX];
	const char *expected = kafka_allow_check(rule, rule->type == KAFKA_INT ? "x" : "", text);
	char *row = NULL;

	must(asprintf(&row, "\n| `%s` | %s%s | %s |\n", rule->name, expected,
		      rule->secret ? ", a secret" : "", rule->note) >= 0);
	return row;
}

static size_t count_of(const char *text, const char *part)
{
	size_t count = 0;

	for (; (text = strstr(text, part)); text++)
		count++;
	return count;
}

START_TEST(the_reference_has_every_option_and_nothing_else)
{
	char *doc = config_cases_source("docs/configuration.md");
	size_t option_count, rule_count, allowed = 0;
	const struct option_rule *options = options_all(&option_count);
	const struct kafka_rule *rules = kafka_allow_all(&rule_count);

	for (size_t i = 0; i < option_count; i++) {
		char *row = option_row(&options[i]);

		ck_assert_msg(strstr(doc, row) != NULL, "docs/configuration.md lacks%s", row);
		free(row);
	}
	for (size_t i = 0; i < rule_count; i++) {
		char *row;

		if (rules[i].type == KAFKA_REFUSED)
			continue;
		row = kafka_row(&rules[i]);
		ck_assert_msg(strstr(doc, row) != NULL, "docs/configuration.md lacks%s", row);
		free(row);
		allowed++;
	}
	/* The other tables' first cells hold no lower-case word alone: $key, json, ${...}. */
	ck_assert_uint_eq(count_of(doc, "\n| `") - count_of(doc, "\n| `$") -
				  count_of(doc, "\n| `json` |") - count_of(doc, "\n| `text` |") -
				  count_of(doc, "\n| `bytes` |"),
			  option_count + allowed);
	free(doc);
}
END_TEST

START_TEST(the_example_of_the_main_file_has_every_key)
{
	char *example = config_cases_source("examples/onced.yaml");

	for (const struct option_rule *o = options_next(OPTION_MAIN, "", NULL); o;
	     o = options_next(OPTION_MAIN, "", o)) {
		char line[256];
		bool constant = o->preset != NULL;

		(void)snprintf(line, sizeof(line), "\n#%s:%s%s", o->path, constant ? " " : "",
			       constant ? o->preset : "");
		ck_assert_msg(strstr(example, line) != NULL, "examples/onced.yaml lacks%s", line);
	}
	free(example);
}
END_TEST

/* With every `#key` made a key, the example must load: but for http, and the credential. */
START_TEST(the_example_of_the_main_file_loads_when_its_lines_are_used)
{
	static const char pipeline[] = "pipeline: p\nfrom: {topics: [a]}\nto: [{topic: b}]\n";
	const char *const files[] = {"p.yaml", NULL};
	char *example = config_cases_source("examples/onced.yaml");
	struct config *config = NULL;
	struct config_errors errors;
	char *said;

	config_cases_enter();
	for (char *c = example; *c; c++)
		if (c[0] == '\n' && c[1] == '#' && c[2] != ' ')
			c[1] = ' ';
		else if (c[0] == '\n' && strncmp(c, "\n#  ", 4) == 0)
			c[1] = ' ';
	config_cases_write("onced.yaml", example, strlen(example));
	config_cases_write("p.yaml", pipeline, strlen(pipeline));
	ck_assert_int_eq(config_cases_load("onced.yaml", files, &config, &errors), -1);
	said = config_cases_join(errors.lines, errors.count);
	ck_assert_uint_eq(errors.count, 2);
	ck_assert_ptr_nonnull(
		strstr(said, "kafka.sasl.password: kafka-password: there are no credentials"));
	ck_assert_ptr_nonnull(strstr(said, "http: not supported yet; remove it"));
	free(said);
	free(example);
	config_errors_free(&errors);
	config_cases_leave();
}
END_TEST

START_TEST(every_option_has_what_its_type_needs)
{
	size_t count;
	const struct option_rule *options = options_all(&count);

	for (size_t i = 0; i < count; i++) {
		const struct option_rule *o = &options[i];
		char expected[OPTIONS_EXPECTED_MAX];

		options_expected(o, expected);
		ck_assert_msg(strlen(expected) > 3, "%s", o->path);
		ck_assert_ptr_eq(options_find(o->file, o->path), o);
		ck_assert_msg(o->help && o->help[strlen(o->help) - 1] == '.', "%s", o->path);
		ck_assert_msg(!(o->required && o->preset), "%s", o->path);
		if (o->required || o->type == OPTION_SECTIONS || o->type == OPTION_MAP)
			ck_assert_msg(o->example != NULL, "%s", o->path);
		if (o->type == OPTION_INT || o->type == OPTION_SIZE || o->type == OPTION_DURATION)
			ck_assert_msg(o->max > o->min, "%s", o->path);
		if (o->type == OPTION_WORD || o->type == OPTION_START)
			ck_assert_msg(o->words[0] && o->words[1] && o->preset, "%s", o->path);
	}
}
END_TEST

START_TEST(children_are_direct_ones)
{
	ck_assert_ptr_nonnull(options_child(OPTION_PIPELINE, "", "from"));
	ck_assert_ptr_null(options_child(OPTION_PIPELINE, "", "from.topics"));
	ck_assert_ptr_null(options_child(OPTION_PIPELINE, "", "topics"));
	ck_assert_ptr_null(options_child(OPTION_MAIN, "", "from"));
	ck_assert_ptr_nonnull(options_child(OPTION_PIPELINE, "steps[].dedup", "within"));
	ck_assert_ptr_null(options_child(OPTION_PIPELINE, "steps", "filter"));
	ck_assert_str_eq(options_key(options_find(OPTION_PIPELINE, "steps[].dedup.within")),
			 "within");
}
END_TEST

START_TEST(distances_count_edits)
{
	ck_assert_uint_eq(suggest_distance("", ""), 0);
	ck_assert_uint_eq(suggest_distance("", "abc"), 3);
	ck_assert_uint_eq(suggest_distance("abc", ""), 3);
	ck_assert_uint_eq(suggest_distance("kitten", "sitting"), 3);
	ck_assert_uint_eq(suggest_distance("fliter", "filter"), 1);
	ck_assert_uint_eq(suggest_distance("Filter", "filter"), 0);
	ck_assert_uint_eq(suggest_distance("ca", "abc"), 3);
}
END_TEST

static const char *nearest(const char *word)
{
	struct suggest suggest = suggest_begin(word);

	suggest_offer(&suggest, "to");
	suggest_offer(&suggest, "warning");
	suggest_offer(&suggest, "workers");
	suggest_offer(&suggest, "works");
	return suggest.best;
}

START_TEST(only_what_is_near_is_suggested)
{
	ck_assert_str_eq(nearest("worker"), "workers");
	ck_assert_str_eq(nearest("work"), "works");
	ck_assert_str_eq(nearest("warn"), "warning");
	ck_assert_ptr_null(nearest("tp"));
	ck_assert_ptr_null(nearest("colour"));
	ck_assert_ptr_null(nearest(""));
	ck_assert_ptr_null(nearest("workersworkersworkersworkersworkersworkersworkersworkers"
				   "workersworkersworkersworkersworkers"));
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("options");

	tcase_add_test(tcase, the_reference_has_every_option_and_nothing_else);
	tcase_add_test(tcase, the_example_of_the_main_file_has_every_key);
	tcase_add_test(tcase, the_example_of_the_main_file_loads_when_its_lines_are_used);
	tcase_add_test(tcase, every_option_has_what_its_type_needs);
	tcase_add_test(tcase, children_are_direct_ones);
	tcase_add_test(tcase, distances_count_edits);
	tcase_add_test(tcase, only_what_is_near_is_suggested);
	return suite_run("options", tcase);
}
