/*
 * man: goal: the manual pages say what the program does. Method: every entry of the option table
 * and of the allow-list, as the page must write it, is looked up in man/onced.yaml.5, and the
 * entries are counted, so that none is left over; man/onced.8 has every command of src/main.c and
 * every exit status of src/base/err.h, and docs/operations.md has the statuses.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "config/kafka_allow.h"
#include "config/options.h"
#include "lib/config_cases.h"
#include "lib/suite.h"

/* As roff: `word` is bold, a minus is a minus. The result is the caller's. */
static char *roff(const char *text, bool first_is_upper)
{
	char *out = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&out, &size);
	bool bold = false;

	must(to != NULL);
	for (const char *c = text; *c; c++) {
		if (*c == '`') {
			bold = !bold;
			(void)fputs(bold ? "\\fB" : "\\fR", to);
		} else if (*c == '-') {
			(void)fputs("\\-", to);
		} else if (*c == '\\') {
			(void)fputs("\\e", to);
		} else {
			(void)fputc(c == text && first_is_upper ? toupper((unsigned char)*c) : *c,
				    to);
		}
	}
	must(!bold && fclose(to) == 0);
	return out;
}

static char *entry(const char *name, const char *expected, const char *preset, const char *help)
{
	char *parts[] = {roff(name, false), roff(expected, true), roff(preset, false),
			 roff(help, false)};
	char *text = NULL;

	must(asprintf(&text, "\n.TP\n.B %s\n%s.%s\n.br\n%s\n", parts[0], parts[1], parts[2],
		      parts[3]) >= 0);
	for (size_t i = 0; i < 4; i++)
		free(parts[i]);
	return text;
}

static char *option_entry(const struct option_rule *option)
{
	char expected[OPTIONS_EXPECTED_MAX], preset[512] = "";

	options_expected(option, expected);
	if (option->required)
		(void)snprintf(preset, sizeof(preset), " Required.");
	else if (option->preset)
		(void)snprintf(preset, sizeof(preset), " Default: `%s`.", option->preset);
	else if (option->preset_shown)
		(void)snprintf(preset, sizeof(preset), " Default: %s.", option->preset_shown);
	return entry(option->path, expected, preset, option->help);
}

static char *kafka_entry(const struct kafka_rule *rule)
{
	char text[KAFKA_EXPECTED_MAX], expected[KAFKA_EXPECTED_MAX + 16];

	(void)snprintf(expected, sizeof(expected), "%s%s",
		       kafka_allow_check(rule, rule->type == KAFKA_INT ? "x" : "", text),
		       rule->secret ? ", a secret" : "");
	return entry(rule->name, expected, "", rule->note);
}

static void expect_in(const char *page, const char *page_name, char *text)
{
	ck_assert_msg(strstr(page, text) != NULL, "%s lacks%s", page_name, text);
	free(text);
}

START_TEST(onced_yaml_has_every_key_with_its_default_and_no_other)
{
	char *page = config_cases_source("man/onced.yaml.5");
	size_t option_count, rule_count, count = 0, found = 0;
	const struct option_rule *options = options_all(&option_count);
	const struct kafka_rule *rules = kafka_allow_all(&rule_count);

	for (size_t i = 0; i < option_count; i++, count++)
		expect_in(page, "man/onced.yaml.5", option_entry(&options[i]));
	for (size_t i = 0; i < rule_count; i++) {
		if (rules[i].type == KAFKA_REFUSED)
			continue;
		expect_in(page, "man/onced.yaml.5", kafka_entry(&rules[i]));
		count++;
	}
	for (const char *at = page; (at = strstr(at, "\n.TP\n")); at++)
		found++;
	ck_assert_uint_eq(found, count);
	free(page);
}
END_TEST

/* The words that follow `mark` in the text, each handed to check. */
static size_t each_word(const char *text, const char *mark, void (*check)(const char *word))
{
	size_t count = 0;

	for (const char *at = text; (at = strstr(at, mark)); count++) {
		char word[64];

		at += strlen(mark);
		ck_assert_int_eq(sscanf(at, "%63[a-z0-9]", word), 1);
		check(word);
	}
	return count;
}

static void command_is_described(const char *word)
{
	char *page = config_cases_source("man/onced.8"), *text = NULL;

	must(asprintf(&text, "\n.B onced %s", word) >= 0);
	expect_in(page, "man/onced.8", text);
	free(page);
}

static void status_is_described(const char *word)
{
	char *page = config_cases_source("man/onced.8"), *text = NULL;
	char *doc = config_cases_source("docs/operations.md");

	must(asprintf(&text, "\n.TP\n.B %s\n", word) >= 0);
	expect_in(page, "man/onced.8", text);
	must(asprintf(&text, "\n| %s | ", word) >= 0);
	expect_in(doc, "docs/operations.md", text);
	free(page);
	free(doc);
}

START_TEST(onced_8_has_every_command)
{
	char *source = config_cases_source("src/main.c");

	ck_assert_uint_ge(each_word(source, "\n\t{\"", command_is_described), 6);
	free(source);
}
END_TEST

START_TEST(every_exit_status_is_explained)
{
	char *source = config_cases_source("src/base/err.h");
	char *from = strstr(source, "enum exit_code {");

	ck_assert_ptr_nonnull(from);
	*strchr(from, '}') = '\0';
	ck_assert_uint_ge(each_word(from, " = ", status_is_described), 9);
	free(source);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("man");

	tcase_add_test(tcase, onced_yaml_has_every_key_with_its_default_and_no_other);
	tcase_add_test(tcase, onced_8_has_every_command);
	tcase_add_test(tcase, every_exit_status_is_explained);
	return suite_run("man", tcase);
}
