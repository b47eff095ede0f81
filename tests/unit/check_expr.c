/*
 * expr: goal: an expression is jq, sees its record and nothing else, and neither it nor a record
 * can crash the process, run for ever, or get its content into a message. Method: the real engine;
 * expressions in tables with the result, or the error, of each.
 */
#include <check.h>
#include <string.h>

#include "lib/expr_world.h"
#include "lib/suite.h"

static struct expr_world world;

static void setup(void)
{
	expr_world_open(&world, 60000, 0);
}

static void teardown(void)
{
	expr_world_close(&world);
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
	{"[(nan, infinite, [9e8, -1e9, 1e9, -1e9, 1e9, 1, 1, 1]) | "
	 "try (strftime(\"%Y%A%B%j%s%G%Z\") | length > 0) catch 0]",
	 "0", "[0,0,true]"},
	{"[try (0 | strftime(1)) catch 0, try (0 | strftime(\"x\" * 1001)) catch 1]", "0", "[0,1]"},
	{"[(nan, infinite, 1e300) | try gmtime catch 0], "
	 "[([1e300, 0, 0, 0, 0, 0, 0, 0], [nan], [1, 2, 3, 4, 5, 6], [null, 1, 1, 1, 1, 1, 1, 1]) "
	 "| try (mktime | 1) catch 0]",
	 "0", "[0,0,0]; [0,0,0,0]"},
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
	{"[(\"abc\", [1, 2]) | .[nan:], .[:nan]], ([1, 2] | del(.[nan:]), (.[:nan] = [5]), "
	 "(.[nan:1] |= [7]), delpaths([[{start: nan, end: 1}]])), ({start: nan} | .start = 1)",
	 "0", "[\"abc\",\"abc\",[1,2],[1,2]]; []; [5]; [7,2]; [2]; {\"start\":1}"},
	{"[try error(null) catch ., (try error catch .), (try error(false) catch .)]", "null",
	 "[\"null (null) not a string\",\"null (null) not a string\",false]"},
	{"[(\" 12 \", \"012\", \"1.\", \".5\", \"+1e2\", \"9007199254740992\") | tonumber], "
	 "(\"{\\\"9007199254740993\\\": \\\"1e400\\\"}\" | fromjson)",
	 "0", "[12,12,1,0.5,100,9007199254740992]; {\"9007199254740993\":\"1e400\"}"},
	{"[[1e300], [1e10, 0, 1, 0, 0, 0, 0, 0], [2024, nan, 1, 0, 0, 0, 0, 0] | "
	 "try mktime catch 0, try strftime(\"%Y\") catch 1]",
	 "0", "[0,1,0,1,0,1]"},
	{"[range(2000) | (. * 7919) % 2000] | (sort == [range(2000)]), (unique | length), "
	 "(sort_by(. % 2)[:2]), (group_by(. % 3) | map(length)), (map(tostring) | sort | .[1])",
	 "0", "true; 2000; [0,1838]; [667,667,666]; \"1\""},
	{"[range(1000) | \"eHh4\" | @base64d] | unique, ([\"\", \"YQ\", \"YQ==\", \"/w==\", "
	 "([range(40)] | map(\"A\") | add)] | map(@base64d | utf8bytelength))",
	 "0", "[\"xxx\"]; [0,1,1,3,30]"},
	{"[splits(\", *\")], split(\"b\"; null), split(\"c\"), [scan(\"[a-c]\")], "
	 "[scan(\"(a)(,)\")], capture(\"(?<x>b)(?<y>z)?\"), [test(\"B\", [\"B\", \"gi\"])]",
	 "\"a, b,c\"",
	 "[\"a\",\"b\",\"c\"]; [\"a, \",\",c\"]; [\"a, b,\",\"\"]; [\"a\",\"b\",\"c\"]; "
	 "[[\"a\",\",\"]]; {\"x\":\"b\",\"y\":null}; [false,true]"},
};

START_TEST(expression_has_its_result)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct err err = {0};
		char line[1000];

		ck_assert_msg(expr_world_try(&world, good[i].text, good[i].value, line,
					     sizeof(line), &err) == 0,
			      "%s: %s", good[i].text, err.msg);
		ck_assert_msg(strcmp(line, good[i].result) == 0, "%s: %s", good[i].text, line);
	}
}
END_TEST

START_TEST(compiler_error_has_its_place)
{
	static const char *const cases[][2] = {
		{".a +", "here: syntax error, unexpected $end at <top-level>, line 1: .a +"},
		{"$nothing", "here: $nothing is not defined at"},
		{"map(1; 2)", "here: map/2 is not defined at"},
		{"if . then 1", "here: syntax error"},
		{"now", "here: line 1: cannot use now"},
	};
	struct err err;
	char line[10];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_int_eq(expr_world_try(&world, cases[i][0], "1", line, sizeof(line), &err),
				 -1);
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
		{"error(.b)", "error(null) was called"},
		{".b | error", "error(null) was called"},
		{"\"9007199254740993\" | tonumber", "a number would change its value"},
		{"\"1e400\" | tonumber", "a number would change its value"},
		{"\"[[0.10000000000000000001]]\" | fromjson", "a number would change its value"},
		{"\"[\" * 300 | fromjson", "text that is not JSON"},
		{"\"a\" | test(\"(\" * 300 + \")\" * 300)", "the regular expression failed"},
		{"\"a\" * 30 | test(\"(a+)+b\")", "the regular expression failed"},
		{"[range(10001)] | paths", "more than 10000 results"},
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
		ck_assert_msg(expr_world_try(&world, cases[i][0], "{\"a\":\"" SECRET "\"}", line,
					     sizeof(line), &err) == -1,
			      "%s", cases[i][0]);
		ck_assert_msg(err.kind == ERR_DATA, "%s: %s", cases[i][0], err.msg);
		ck_assert_msg(strstr(err.msg, cases[i][1]), "%s: %s", cases[i][0], err.msg);
		ck_assert_ptr_null(strstr(err.msg, SECRET));
	}
	/* Nothing of a failed run is left behind. */
	ck_assert_int_eq(expr_world_try(&world, "[limit(10000; repeat(1))] | length", "1", line,
					sizeof(line), &err),
			 0);
	ck_assert_str_eq(line, "10000");
}
END_TEST

START_TEST(variable_is_checked_only_where_it_is_named)
{
	static struct header broken[] = {{{"h", 1}, {"\xff", 1}}};
	struct record saved = world.record;
	struct err err;
	char line[200];

	world.record.key = bytes_of("\xff", 1);
	world.record.headers = broken;
	world.record.header_count = 1;
	world.record.timestamp = -1;
	ck_assert_int_eq(expr_world_try(&world, "[.a, $timestamp, $topic]", "{\"a\":1}", line,
					sizeof(line), &err),
			 0);
	ck_assert_str_eq(line, "[1,null,\"payments\"]");
	ck_assert_int_eq(expr_world_try(&world, "$key", "1", line, sizeof(line), &err), -1);
	ck_assert_int_eq(err.kind, ERR_DATA);
	ck_assert_str_eq(err.msg, "$key is not UTF-8, but the expression names it");
	ck_assert_int_eq(expr_world_try(&world, "$headers", "1", line, sizeof(line), &err), -1);
	ck_assert_int_eq(err.kind, ERR_DATA);
	world.record.key = BYTES_NULL;
	world.record.header_count = 0;
	ck_assert_int_eq(expr_world_try(&world, "[$key, $headers]", "1", line, sizeof(line), &err),
			 0);
	ck_assert_str_eq(line, "[null,{}]");
	world.record = saved;
}
END_TEST

START_TEST(format_decides_what_the_value_is)
{
	const struct expr_ops *ops = world.engine->ops;
	struct expr_value *value;
	struct bytes bytes;
	struct err err;

	ck_assert_int_eq(ops->parse(world.engine, FORMAT_TEXT, bytes_str("{\"a\""), &value, &err),
			 0);
	ck_assert_int_eq(ops->canonical(world.engine, value, world.arena, &bytes, &err), 0);
	ck_assert(bytes_equal(bytes, bytes_str("\"{\\\"a\\\"\"")));
	ck_assert_int_eq(ops->text(world.engine, value, true, world.arena, &bytes, &err), 0);
	ck_assert(bytes_equal(bytes, bytes_str("{\"a\"")));
	ops->value_free(world.engine, value);
	ck_assert_int_eq(ops->parse(world.engine, FORMAT_TEXT, bytes_str("\xff"), &value, &err),
			 -1);
	ck_assert_int_eq(err.kind, ERR_DATA);
	ck_assert_int_eq(ops->parse(world.engine, FORMAT_BYTES, bytes_str("\xff"), &value, &err),
			 0);
	ck_assert(ops->is_null(value));
	ops->value_free(world.engine, value);
	ck_assert_int_eq(ops->parse(world.engine, FORMAT_JSON, BYTES_NULL, &value, &err), 0);
	ck_assert(ops->is_null(value) && !ops->is_true(value));
	ck_assert_int_eq(ops->text(world.engine, value, true, world.arena, &bytes, &err), 0);
	ck_assert_ptr_null(bytes.data);
	ck_assert_int_eq(ops->text(world.engine, value, false, world.arena, &bytes, &err), 0);
	ck_assert(bytes_equal(bytes, bytes_str("null")));
	ops->value_free(world.engine, value);
	ops->value_free(world.engine, NULL);
	ops->close(NULL);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("expr");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, expression_has_its_result);
	tcase_add_test(tcase, compiler_error_has_its_place);
	tcase_add_test(tcase, expression_error_is_about_the_record);
	tcase_add_test(tcase, variable_is_checked_only_where_it_is_named);
	tcase_add_test(tcase, format_decides_what_the_value_is);
	return suite_run("expr", tcase);
}
