/*
 * expr: goal: an expression is jq, sees its record and nothing else, and neither it nor a record
 * can crash the process, run for ever, or get its content into a message. Method: the real engine;
 * expressions in tables with the result, or the error, of each.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "io/expr_jq.h"

static struct expr_engine *engine;
static struct arena *arena;
static struct source source = {"payments", 3, 42};
static struct header headers[] = {{{"a", 1}, {"first", 5}},
				  {{"b", 1}, {NULL, 0}},
				  {{"a", 1}, {"last", 4}}};
static struct record record = {{"k1", 2}, {NULL, 0}, headers, 3, 1700000000123};

static void setup(void)
{
	struct expr_jq_conf conf = {.run_ms_max = 60000, .text_bytes_max = 100000};
	struct err err;

	must(expr_jq_open(&conf, &engine, &err) == 0);
	arena = arena_new(1 << 20);
}

static void teardown(void)
{
	engine->ops->close(engine);
	arena_free(arena);
}

/* Runs text on the JSON value; the results as one line of canonical JSON, "; " between them. */
static int run(const char *text, const char *value, char *line, size_t size, struct err *err)
{
	struct expr_vars vars = {&record, &source};
	struct expr_value *input, **results;
	struct expr *expr;
	int result;
	size_t count;

	line[0] = '\0';
	if (engine->ops->compile(engine, "here", text, &expr, err))
		return -1;
	if (engine->ops->parse(engine, FORMAT_JSON, bytes_str(value), &input, err))
		return -1;
	result = engine->ops->run(engine, expr, &vars, input, arena, &results, &count, err);
	engine->ops->value_free(engine, input);
	for (size_t i = 0; result == 0 && i < count; i++) {
		struct bytes bytes = BYTES_NULL;
		size_t used = strlen(line);

		if (engine->ops->canonical(engine, results[i], arena, &bytes, err))
			return -1;
		(void)snprintf(line + used, size - used, "%s%.*s", i ? "; " : "", (int)bytes.len,
			       (const char *)bytes.data);
		engine->ops->value_free(engine, results[i]);
	}
	return result;
}

static const struct {
	const char *text;
	const char *value;
	const char *result;
} good[] = {
	{".type == \"payment\" and .amount > 0", "{\"type\":\"payment\",\"amount\":1}", "true"},
	{"del(.card) | .cents = (.amount * 100 | round)", "{\"card\":1,\"amount\":1.15}",
	 "{\"amount\":1.15,\"cents\":115}"},
	{"[$key, $headers, $topic, $partition, $offset, $timestamp, .]", "{}",
	 "[\"k1\",{\"a\":\"last\",\"b\":null},\"payments\",3,42,1700000000123,{}]"},
	{"$offset + .n # with a comment", "{\"n\":1}", "43"},
	{"\"\\($topic)/\\(.a | \"<\\(.)>\")\"", "{\"a\":\"x\"}", "\"payments/<x>\""},
	{"def f(g; $x): g + $x; f(.a; 2), {key: .a, $topic, \"b\": {if: 1}}", "{\"a\":1}",
	 "3; {\"b\":{\"if\":1},\"key\":1,\"topic\":\"payments\"}"},
	{"{now: .now, input, env: .env.now, \"debug\": 1}", "{\"now\":1,\"input\":2,\"env\":{}}",
	 "{\"debug\":1,\"env\":null,\"input\":2,\"now\":1}"},
	{". as {now: $a, b: [$c]} | label $out | $a, $c, break $out", "{\"now\":1,\"b\":[2]}",
	 "1; 2"},
	{"reduce .[] as $i (0; . + $i), [foreach .[] as $i (0; "
	 ". + $i)], (try error(\"x\") catch .)",
	 "[1,2]", "3; [1,3]; \"x\""},
	{"empty", "1", ""},
	{".. , $__loc__.line", "[1]", "[1]; 1; 1"},
	{"[.[] | @base64, @json \"v=\\(.)\", @sh]", "[\"a\"]",
	 "[\"YQ==\",\"v=\\\"a\\\"\",\"'a'\"]"},
	{"[.a % 3, .b % 2, (.c | try (. % -1) catch .), (infinite | try (. % -1) catch 0)]",
	 "{\"a\":-7,\"b\":5.9,\"c\":1e19}", "[-1,1,\"% needs a number of at most 63 bits\",0]"},
	{"[(1, 2) % (3, 4)], (.a %= 2)", "{\"a\":5}", "[1,2,1,2]; {\"a\":1}"},
	{"[.[] | try todate catch .]", "[0,1e15,1e18,-1e300,\"x\"]",
	 "[\"1970-01-01T00:00:00Z\",\"31690708-07-05T01:46:40Z\","
	 "\"strftime/1: the time is out of range\",\"strftime/1: the time is out of range\","
	 "\"strftime/1 requires parsed datetime inputs\"]"},
	{"[(nan, infinite, [nan, infinite, 1e300, -1e300, 1e300, 1, 1, 1]) | "
	 "try (strftime(\"%Y%A%B%j%s%G%Z\") | length > 0) catch 0]",
	 "0", "[0,0,true]"},
	{"[try (0 | strftime(1)) catch 0, try (0 | strftime(\"x\" * 1001)) catch 1]", "0", "[0,1]"},
	{"[(nan, infinite, 1e300) | try gmtime catch 0], "
	 "[([1e300, 0, 0, 0, 0, 0, 0, 0], [nan], [1, 2, 3, 4, 5, 6], [null, 1, 1, 1, 1, 1, 1, 1]) "
	 "| try (mktime | 1) catch 0]",
	 "0", "[0,0,0]; [1,0,0,0]"},
	{"\"2015-03-05T23:51:47Z\" | fromdate, strptime(\"%Y-%m-%dT%H:%M:%SZ\")", "0",
	 "1425599507; [2015,2,5,23,51,47,4,63]"},
	{"[(\"1x\", \"a\" * 100000) | try strptime(\"%Y-%m-%dT%H:%M:%SZ\") catch 0]", "0", "[0,0]"},
	{"[([97, 8364], [55296], [-1], [1114112], [null], 1, [nan]) | try implode catch 0]", "0",
	 "[\"a\xe2\x82\xac\",0,0,0,0,0,0]"},
	{"[\"abcb\" | indices(\"b\", \"\"), index(\"b\"), rindex(\"b\"), index(\"\")], "
	 "([1, 2, 1] | indices(1), indices([2, 1]))",
	 "0", "[[1,3],[],1,3,null]; [0,2]; [1]"},
	{"[.[1431655765, 1073741823, 1e9, 1e300, 2000000, -5] |= 1 | length]?, "
	 "[try (.[1431655765] = 1) catch ., try (.[1048577] = 1) catch ., "
	 "(.[1000] = 1 | length), try (.[nan] = 1) catch 0, try (.[-9] = 1) catch 0]",
	 "[]", "[\"Array index too large\",\"Array index too large\",1001,0,0]"},
	{"[(\"x\", \"\") * (0, -1, 2), try (\"x\" * nan) catch 0]", "0",
	 "[null,null,null,null,\"xx\",\"\",null]"},
	{"[try getpath([1, \"a\"]) catch 0, try setpath([\"a\", 0, \"b\"]; 1) catch 0, "
	 "try setpath(1; 1) catch 0, try delpaths([[\"a\", 1e300]]) catch 0, (paths | 1)]",
	 "{\"a\":[1]}", "[0,0,0,{\"a\":[1]},1,1]"},
	{"[limit(3; range(1e18))], first(range(1e18)), [range(0; 1; 0.5)]", "0",
	 "[0,1,2]; 0; [0,0.5]"},
	{"(tojson | fromjson), ([.[] | tostring]), (try (\"[1,nan\" | fromjson) catch 0)",
	 "[0.1,1e17,-0,12345678901]",
	 "[0.1,1e+17,0,12345678901]; [\"0.1\",\"1e+17\",\"-0\",\"12345678901\"]; 0"},
	{"[\"\xc3\xa4\x62\" | match(\"\"; \"g\") | .offset], [\"a\xc3\xbc\x62\xc3\xbc\" | "
	 "match(\"\xc3\xbc\"; \"g\").offset], [\"\xc3\xbc\" | match(\"\") | .length]",
	 "0", "[]; [1,3]; [0]"},
	{"gsub(\"^\"; \"x\"), gsub(\"b+\"; \"<\\(.)>\"), sub(\"(?<l>b)\"; \"[\\(.l)]\"), "
	 "gsub(\"(?<l>[ab])\"; .l + .l), gsub(\"A\"; \"z\"; \"i\"), gsub(\"q\"; \"z\")",
	 "\"abbcb\"",
	 "\"abbcb\"; \"a<{}>c<{}>\"; \"a[b]bcb\"; \"aabbbbcbb\"; \"zbbcb\"; \"abbcb\""},
	{"[splits(\", *\")], split(\"b\"; null), split(\"c\"), [scan(\"[a-c]\")], "
	 "[scan(\"(a)(,)\")], capture(\"(?<x>b)(?<y>z)?\"), [test(\"B\", [\"B\", \"gi\"])]",
	 "\"a, b,c\"",
	 "[\"a\",\"b\",\"c\"]; [\"a, \",\",c\"]; [\"a, b,\",\"\"]; [\"a\",\"b\",\"c\"]; "
	 "[[\"a\",\",\"]]; {\"x\":\"b\",\"y\":null}; [false,true]"},
};

START_TEST(expression_has_its_result)
{
	struct err err = {0};
	char line[1000];

	ck_assert_msg(run(good[_i].text, good[_i].value, line, sizeof(line), &err) == 0, "%s: %s",
		      good[_i].text, err.msg);
	ck_assert_str_eq(line, good[_i].result);
}
END_TEST

START_TEST(compiler_error_has_its_place)
{
	static const char *const cases[][2] = {
		{".a +", "here: syntax error"},
		{"$nothing", "here: $nothing is not defined at"},
		{"map(1; 2)", "here: map/2 is not defined at"},
		{"if . then 1", "here: syntax error"},
		{"now", "here: line 1: cannot use now"},
	};
	struct err err;
	char line[10];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_int_eq(run(cases[i][0], "1", line, sizeof(line), &err), -1);
		ck_assert_int_eq(err.kind, ERR_STOP);
		ck_assert_int_eq(err.code, EXIT_CONFIG);
		ck_assert_msg(strncmp(err.msg, cases[i][1], strlen(cases[i][1])) == 0, "%s",
			      err.msg);
		ck_assert_ptr_null(strchr(err.msg, '\n'));
	}
}
END_TEST

#define SECRET "s3cret"

START_TEST(expression_error_is_about_the_record)
{
	static const char *const cases[][2] = {
		{".a.b + 1, (.a | error), error({x: .a})", "cannot index string with a string"},
		{"error(.a)", "error() was called"},
		{"error({x: .a})", "error() was called"},
		{".a | tonumber", "text that is not JSON"},
		{".a - 1", "string and number cannot be subtracted"},
		{"[.[] | test(\"(\")]", "the regular expression failed"},
		{"range(10001)", "more than 10000 results"},
		{"nan", "a number that JSON has no form for"},
		{"infinite", "a number that JSON has no form for"},
		{"reduce range(257) as $i (.; [.])", "nested deeper than 256"},
		{"\"x\" * 200000", "longer than 100000 bytes"},
	};
	struct err err;
	char line[100];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_msg(run(cases[i][0], "{\"a\":\"" SECRET "\"}", line, sizeof(line),
				  &err) == -1,
			      "%s", cases[i][0]);
		ck_assert_msg(err.kind == ERR_DATA, "%s: %s", cases[i][0], err.msg);
		ck_assert_msg(strstr(err.msg, cases[i][1]), "%s: %s", cases[i][0], err.msg);
		ck_assert_ptr_null(strstr(err.msg, SECRET));
	}
	/* Nothing of a failed run is left behind. */
	ck_assert_int_eq(run("[limit(10000; repeat(1))] | length", "1", line, sizeof(line), &err),
			 0);
	ck_assert_str_eq(line, "10000");
}
END_TEST

START_TEST(variable_is_checked_only_where_it_is_named)
{
	static struct header broken[] = {{{"h", 1}, {"\xff", 1}}};
	struct record saved = record;
	struct err err;
	char line[200];

	record.key = bytes_of("\xff", 1);
	record.headers = broken;
	record.header_count = 1;
	record.timestamp = -1;
	ck_assert_int_eq(run("[.a, $timestamp, $topic]", "{\"a\":1}", line, sizeof(line), &err), 0);
	ck_assert_str_eq(line, "[1,null,\"payments\"]");
	ck_assert_int_eq(run("$key", "1", line, sizeof(line), &err), -1);
	ck_assert_int_eq(err.kind, ERR_DATA);
	ck_assert_str_eq(err.msg, "$key is not UTF-8, but the expression names it");
	ck_assert_int_eq(run("$headers", "1", line, sizeof(line), &err), -1);
	ck_assert_int_eq(err.kind, ERR_DATA);
	record.key = BYTES_NULL;
	record.header_count = 0;
	ck_assert_int_eq(run("[$key, $headers]", "1", line, sizeof(line), &err), 0);
	ck_assert_str_eq(line, "[null,{}]");
	record = saved;
}
END_TEST

START_TEST(format_decides_what_the_value_is)
{
	struct expr_value *value;
	struct bytes bytes;
	struct err err;

	ck_assert_int_eq(engine->ops->parse(engine, FORMAT_TEXT, bytes_str("{\"a\""), &value, &err),
			 0);
	ck_assert_int_eq(engine->ops->canonical(engine, value, arena, &bytes, &err), 0);
	ck_assert(bytes_equal(bytes, bytes_str("\"{\\\"a\\\"\"")));
	ck_assert_int_eq(engine->ops->text(engine, value, true, arena, &bytes, &err), 0);
	ck_assert(bytes_equal(bytes, bytes_str("{\"a\"")));
	engine->ops->value_free(engine, value);
	ck_assert_int_eq(engine->ops->parse(engine, FORMAT_TEXT, bytes_str("\xff"), &value, &err),
			 -1);
	ck_assert_int_eq(err.kind, ERR_DATA);
	ck_assert_int_eq(engine->ops->parse(engine, FORMAT_BYTES, bytes_str("\xff"), &value, &err),
			 0);
	ck_assert(engine->ops->is_null(value));
	engine->ops->value_free(engine, value);
	ck_assert_int_eq(engine->ops->parse(engine, FORMAT_JSON, BYTES_NULL, &value, &err), 0);
	ck_assert(engine->ops->is_null(value) && !engine->ops->is_true(value));
	ck_assert_int_eq(engine->ops->text(engine, value, true, arena, &bytes, &err), 0);
	ck_assert_ptr_null(bytes.data);
	ck_assert_int_eq(engine->ops->text(engine, value, false, arena, &bytes, &err), 0);
	ck_assert(bytes_equal(bytes, bytes_str("null")));
	engine->ops->value_free(engine, value);
	engine->ops->value_free(engine, NULL);
	engine->ops->close(NULL);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("expr");
	Suite *suite = suite_create("expr");
	SRunner *runner;
	int failed;

	tcase_add_unchecked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, expression_has_its_result, 0, sizeof(good) / sizeof(good[0]));
	tcase_add_test(tcase, compiler_error_has_its_place);
	tcase_add_test(tcase, expression_error_is_about_the_record);
	tcase_add_test(tcase, variable_is_checked_only_where_it_is_named);
	tcase_add_test(tcase, format_decides_what_the_value_is);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
