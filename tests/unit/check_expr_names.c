/*
 * expr_names: goal: only allowed builtins pass, each refusal says why, and no message holds
 * content. Method: the lexer on a table of texts; libjq's own list of builtins and the
 * documentation against the table of names.
 */
#include <check.h>
#include <jq.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "io/expr_error.h"
#include "io/expr_lex.h"
#include "io/expr_names.h"
#include "lib/suite.h"

static const struct {
	const char *text;
	const char *message;
} refused[] = {
	{"now",
	 "line 1: cannot use now: the time of day is not part of the record: use $timestamp"},
	{".a |\n localtime", "line 2: cannot use localtime: the host's time zone"},
	{"strflocaltime(\"%Z\")", "cannot use strflocaltime"},
	{"env.PATH", "cannot use env: the environment"},
	{"$ENV.PATH", "cannot use $ENV: the environment"},
	{"$ # blank\n ENV", "cannot use $ENV"},
	{"$__prog_args", "cannot use $__prog_args"},
	{"input", "cannot use input: an expression sees one record"},
	{"[inputs]", "cannot use inputs"},
	{"input_line_number", "cannot use input_line_number"},
	{"debug", "cannot use debug: an expression has no output"},
	{"{a: stderr}", "cannot use stderr"},
	{"{(now): 1}", "cannot use now"},
	{"{a: 1, b: [now]}", "cannot use now"},
	{"\"a\\(\"b\\(now)\")\"", "cannot use now"},
	{"@base64 \"\\(now)\"", "cannot use now"},
	{"# comment\nnow", "cannot use now"},
	{"..now", "cannot use now"},
	{"halt_error", "cannot use halt_error"},
	{"modulemeta", "cannot use modulemeta"},
	{"import \"a\" as a; 1", "cannot use import: there are no modules"},
	{"include \"a\"; 1", "cannot use include"},
	{"a::b", "cannot use a: there are no modules"},
	{"get_search_list", "cannot use get_search_list"},
	{"def now: 1; now", "cannot define now: the name is taken"},
	{"def f(now): now; f(1)", "cannot define now"},
	{"def _mod(a; b): 1; 1 % 2", "cannot define _mod"},
	{"_plus(1; 2)", "unknown function _plus"},
	{"_o_mod(1; 2) % 1", "unknown function _o_mod"},
	{"_match_impl(1; 2; 3)", "unknown function _match_impl"},
	{"jn(1; 2)", "cannot use jn"},
	{"lenght", "unknown function lenght: did you mean length?"},
	{"ascii_upercase", "unknown function ascii_upercase: did you mean ascii_upcase?"},
	{"xyzzy_plugh", "unknown function xyzzy_plugh"},
	{"@base32", "unknown format @base32: there are @text"},
	{"1.2.3", "not a number: 1.2.3"},
	{"9007199254740993", "cannot hold the number 9007199254740993"},
	{"1e1000", "cannot hold the number 1e1000"},
	{"", "the expression is empty"},
	{" # only\n", "the expression is empty"},
	{"def f: 1;", "definitions without an expression"},
	{". ) | ( .", "brackets do not match"},
	{"(.]", "brackets do not match"},
	{"(.", "does not end"},
	{"\"a", "a string does not end"},
	{"\"\\", "a string does not end"},
	{"\"\xff\"", "not UTF-8"},
};

START_TEST(name_is_refused_with_its_reason)
{
	struct expr_lex lex;
	struct err err = {0};

	ck_assert_msg(expr_lex_check(refused[_i].text, &lex, &err) == -1, "%s", refused[_i].text);
	ck_assert_int_eq(err.kind, ERR_STOP);
	ck_assert_int_eq(err.code, EXIT_CONFIG);
	ck_assert_msg(strstr(err.msg, refused[_i].message), "%s: %s", refused[_i].text, err.msg);
}
END_TEST

/* Every builtin of this libjq is either allowed or denied, and what is allowed exists. */
START_TEST(allow_list_covers_libjq)
{
	jq_state *jq = jq_init();
	size_t count, found = 0;
	const struct expr_name *names = expr_names(&count);
	jv list;

	ck_assert_int_eq(jq_compile(jq, "builtins"), 1);
	jq_start(jq, jv_null(), 0);
	list = jq_next(jq);
	ck_assert_int_eq(jv_get_kind(list), JV_KIND_ARRAY);
	for (size_t i = 0; i < count; i++) {
		bool exists = false;

		ck_assert_msg(i == 0 || strcmp(names[i - 1].name, names[i].name) < 0, "%s",
			      names[i].name);
		jv_array_foreach(list, j, item)
		{
			const char *text = jv_string_value(item);
			size_t len = strcspn(text, "/");

			exists = exists || (len == strlen(names[i].name) &&
					    strncmp(text, names[i].name, len) == 0);
			jv_free(item);
		}
		ck_assert_msg(exists, "libjq has no %s", names[i].name);
	}
	jv_array_foreach(list, j, item)
	{
		const char *text = jv_string_value(item);

		if (text[0] != '_') {
			ck_assert_msg(expr_names_find(text, strcspn(text, "/")), "%s", text);
			found++;
		}
		jv_free(item);
	}
	ck_assert_uint_ge(found, 150);
	jv_free(list);
	jq_teardown(&jq);
}
END_TEST

#define SECRET "s3cret"

START_TEST(message_holds_no_content)
{
	static const char *const cases[][2] = {
		{"Cannot index number with \"" SECRET "\"", "error() was called"},
		{"Cannot index number with string \"" SECRET "\"",
		 "cannot index number with a string"},
		{"string (\"" SECRET "\") and number (1) cannot be added",
		 "string and number cannot be added"},
		{"object ({\"a\":\"" SECRET ") (...) cannot be parsed as a number",
		 "object cannot be parsed as a number"},
		{"number (1) and number (0) cannot be divided because the divisor is zero",
		 "division by zero"},
		{SECRET " (while parsing '" SECRET "')", "text that is not JSON"},
		{"date \"" SECRET "\" does not match format \"%Y\"", "the date does not match"},
		{"Regex failure: undefined name <" SECRET "> reference",
		 "the regular expression failed"},
		{SECRET " is not a valid format", "not a valid format"},
		{SECRET, "error() was called"},
		{"Array index too large", "Array index too large"},
	};
	char text[EXPR_ERROR_BYTES_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		expr_error_safe(cases[i][0], text);
		ck_assert_msg(strncmp(text, cases[i][1], strlen(cases[i][1])) == 0, "%s: %s",
			      cases[i][0], text);
		ck_assert_ptr_null(strstr(text, SECRET));
	}
	expr_error_safe(NULL, text);
	ck_assert_ptr_nonnull(strstr(text, "error() was called"));
}
END_TEST

/* docs/expressions.md lists what is allowed: between two marks, and nothing else. */
START_TEST(documentation_lists_what_is_allowed)
{
	static char text[100000];
	FILE *file = fopen(TEST_SRCDIR "/docs/expressions.md", "r");
	const struct expr_name *names;
	size_t count, listed = 0, allowed = 0;
	char *from, *to;

	ck_assert_ptr_nonnull(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	ck_assert_int_eq(fclose(file), 0);
	from = strstr(text, "<!-- allowed -->");
	to = strstr(text, "<!-- end -->");
	ck_assert(from && to && from < to);
	names = expr_names(&count);
	for (char *p = from; p < to; p++) {
		const struct expr_name *name;
		size_t len;

		if (*p != '`')
			continue;
		len = strcspn(++p, "`");
		name = expr_names_find(p, len);
		ck_assert_msg(name && !name->why_not, "%.*s is listed", (int)len, p);
		listed++;
		p += len;
	}
	for (size_t i = 0; i < count; i++)
		allowed += !names[i].why_not;
	ck_assert_uint_eq(listed, allowed);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("names");

	tcase_add_loop_test(tcase, name_is_refused_with_its_reason, 0,
			    sizeof(refused) / sizeof(refused[0]));
	tcase_add_test(tcase, allow_list_covers_libjq);
	tcase_add_test(tcase, message_holds_no_content);
	tcase_add_test(tcase, documentation_lists_what_is_allowed);
	return suite_run("expr_names", tcase);
}
