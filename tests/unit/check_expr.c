/*
 * expr: goal: an expression is jq, sees its record and nothing else, and neither it nor a record can
 * crash the process, run for ever, or get its content into a message. Method: the real engine;
 * expressions in tables with the result, or the error, of each. Limits that leave an engine unusable
 * are tried in Check's forked child.
 */
#include <check.h>
#include <jq.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/must.h"
#include "io/expr_error.h"
#include "io/expr_jq.h"
#include "io/expr_lex.h"
#include "io/expr_names.h"

static struct expr_engine *engine;
static struct arena *arena;
static struct source source = {"payments", 3, 42};
static struct header headers[] = {{{"a", 1}, {"first", 5}}, {{"b", 1}, {NULL, 0}},
				  {{"a", 1}, {"last", 4}}};
static struct record record = {{"k1", 2}, {NULL, 0}, headers, 3, 1700000000123};

static void setup_with(int64_t run_ms_max, int64_t run_bytes_max)
{
	struct expr_jq_conf conf = {.run_ms_max = run_ms_max,
				    .text_bytes_max = 100000,
				    .run_bytes_max = run_bytes_max};
	struct err err;

	must(expr_jq_open(&conf, &engine, &err) == 0);
	arena = arena_new(1 << 20);
}

static void setup(void)
{
	setup_with(60000, 0);
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
	{"reduce .[] as $i (0; . + $i), [foreach .[] as $i (0; . + $i)], (try error(\"x\") catch .)",
	 "[1,2]", "3; [1,3]; \"x\""},
	{"empty", "1", ""},
	{".. , $__loc__.line", "[1]", "[1]; 1; 1"},
	{"[.[] | @base64, @json \"v=\\(.)\", @sh]", "[\"a\"]",
	 "[\"YQ==\",\"v=\\\"a\\\"\",\"'a'\"]"},
	{"[.a % 3, .b % 2, (.c | try (. % -1) catch .), (infinite | try (. % -1) catch 0)]",
	 "{\"a\":-7,\"b\":5.9,\"c\":1e19}",
	 "[-1,1,\"% needs a number of at most 63 bits\",0]"},
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
	 "[]",
	 "[\"Array index too large\",\"Array index too large\",1001,0,0]"},
	{"[(\"x\", \"\") * (0, -1, 2), try (\"x\" * nan) catch 0]", "0",
	 "[null,null,null,null,\"xx\",\"\",null]"},
	{"[try getpath([1, \"a\"]) catch 0, try setpath([\"a\", 0, \"b\"]; 1) catch 0, "
	 "try setpath(1; 1) catch 0, try delpaths([[\"a\", 1e300]]) catch 0, (paths | 1)]",
	 "{\"a\":[1]}", "[0,0,0,{\"a\":[1]},1,1]"},
	{"[limit(3; range(1e18))], first(range(1e18)), [range(0; 1; 0.5)]", "0",
	 "[0,1,2]; 0; [0,0.5]"},
	{"tojson | fromjson, ([.[] | tostring]), (\"[1,nan\" | try fromjson catch 0)",
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

static const struct {
	const char *text;
	const char *message;
} refused[] = {
	{"now", "line 1: cannot use now: the time of day is not part of the record: use $timestamp"},
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
		jv_array_foreach(list, j, item) {
			const char *text = jv_string_value(item);
			size_t len = strcspn(text, "/");

			exists = exists || (len == strlen(names[i].name) &&
					    strncmp(text, names[i].name, len) == 0);
			jv_free(item);
		}
		ck_assert_msg(exists, "libjq has no %s", names[i].name);
	}
	jv_array_foreach(list, j, item) {
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
		{"Cannot index number with string \"" SECRET "\"", "cannot index number with a string"},
		{"string (\"" SECRET "\") and number (1) cannot be added",
		 "string and number cannot be added"},
		{"object ({\"a\":\"" SECRET ") (...) cannot be parsed as a number",
		 "object cannot be parsed as a number"},
		{"number (1) and number (0) cannot be divided because the divisor is zero",
		 "division by zero"},
		{SECRET " (while parsing '" SECRET "')", "text that is not JSON"},
		{"date \"" SECRET "\" does not match format \"%Y\"", "the date does not match"},
		{"Regex failure: undefined name <" SECRET "> reference", "the regular expression failed"},
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

START_TEST(expression_error_is_about_the_record)
{
	static const char *const cases[][2] = {
		{".a.b + 1, (.a | error), error({x: .a})", "cannot index string with a string"},
		{"error(.a)", "error() was called"},
		{"error({x: .a})", "error() was called"},
		{".a | tonumber", "string cannot be parsed"},
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
		ck_assert_msg(run(cases[i][0], "{\"a\":\"" SECRET "\"}", line, sizeof(line), &err) ==
				      -1,
			      "%s", cases[i][0]);
		ck_assert_msg(err.kind == ERR_DATA, "%s: %s", cases[i][0], err.msg);
		ck_assert_msg(strstr(err.msg, cases[i][1]), "%s: %s", cases[i][0], err.msg);
		ck_assert_ptr_null(strstr(err.msg, SECRET));
	}
	/* Nothing of a failed run is left behind. */
	ck_assert_int_eq(run("[limit(10000; repeat(1))] | length", "1", line, sizeof(line), &err), 0);
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

START_TEST(hostile_text_is_an_error)
{
	static const char *const parts[] = {"(", "[", "{a:", "-", "not|", "\"\\(", "if ", ".[", "def f: ",
					    "try ", "@json \"\\("};
	char text[2001];
	char line[10];
	struct err err;
	size_t len = strlen(parts[_i]);

	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = parts[_i][i % len];
	text[sizeof(text) - 1] = '\0';
	ck_assert_int_eq(run(text, "1", line, sizeof(line), &err), -1);
	ck_assert_int_eq(err.kind, ERR_STOP);
}
END_TEST

/* ---- limits ---- */

static _Atomic bool watching;

/* A clock of its own, as fast as it can be read: no test waits. */
static void *watch(void *ctx)
{
	int64_t now_ms = 0;

	(void)ctx;
	while (atomic_load(&watching)) {
		expr_jq_watch(engine, now_ms++);
		nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
	}
	return NULL;
}

static void run_watched(const char *text, const char *value, struct err *err)
{
	char line[1000];
	pthread_t thread;

	atomic_store(&watching, true);
	ck_assert_int_eq(pthread_create(&thread, NULL, watch, NULL), 0);
	ck_assert_int_eq(run(text, value, line, sizeof(line), err), -1);
	atomic_store(&watching, false);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}

static const char *const endless[] = {
#ifndef __SANITIZE_THREAD__ /* which holds a signal back until the thread calls the C library */
	"last(range(1e12))",
	"def f: f; f",
	"[.[] | until(false; .)]",
#endif
	"last(range(1e12) | tostring)",
};

START_TEST(endless_run_is_halted_and_the_engine_goes_on)
{
	struct err err;
	char line[100];

	setup_with(50, 0);
	run_watched(endless[_i], "[1]", &err);
	ck_assert_int_eq(err.kind, ERR_STOP);
	ck_assert_int_eq(err.code, EXIT_DATA);
	ck_assert_msg(strstr(err.msg, "ran longer than 50 ms"), "%s", err.msg);
	ck_assert_int_eq(run(".[0] + 1", "[1]", line, sizeof(line), &err), 0);
	ck_assert_str_eq(line, "2");
	teardown();
}
END_TEST

/* One builtin that has no end between two bytecodes; it is abandoned, so it leaks by design. */
START_TEST(endless_builtin_is_cut_off)
{
	struct err err;
	char line[100];

	setup_with(50, 0);
	run_watched("[range(200000)] as $a | $a - ($a | map(. + 0.5))", "1", &err);
	ck_assert_int_eq(err.kind, ERR_STOP);
	ck_assert_msg(strstr(err.msg, "ran longer than 50 ms"), "%s", err.msg);
	ck_assert_int_eq(run("1", "1", line, sizeof(line), &err), 0);
	_exit(0);
}
END_TEST

static const struct {
	const char *text;
	const char *message;
} large[] = {
	{"[recurse(. + 1)]", "bytes of memory"},
	{"def f: [., .] | f; f", "bytes of memory"},
	{"def f: 1 + f; f", "bytes of memory"},
	{"last(label $l | repeat(. + .))", "bytes of memory"},
	{"\"x\" * 1e9", "bytes of memory"},
	{"[limit(1e9; repeat(\"abc\"))]", "bytes of memory"},
	{"reduce range(1e9) as $i ({}; .[$i | tostring] = 1)", "bytes of memory"},
	{"[.[range(0; 1e9; 1000000)]?, range(1e9)] | length", "bytes of memory"},
	{"reduce range(1e9) as $i (0; [.])", "bytes of memory|nested too deeply"},
	{"reduce range(100000) as $i (0; [.]) | 1", "nested too deeply|"},
	{"reduce range(300000) as $i (0; . as $x | [] | .[0] = $x) | . == .", "nested too deeply|"},
	{"reduce range(300000) as $i (0; {a: .}) | 1", "nested too deeply|bytes of memory"},
	{"[range(300000) | 0] as $p | setpath($p; 1) | 1", "nested too deeply|bytes of memory"},
	{"null | getpath([range(1e6) | \"a\"])", "nested too deeply|"},
	{"[range(300000) | 0] as $p | path(getpath($p)) | length", "nested too deeply|"},
	{"[range(300000) | 0] as $p | delpaths([$p])", "nested too deeply|"},
	{"def n: reduce range(300000) as $i (0; [.]); [n, n] | sort | 1", "nested too deeply|bytes"},
	{"def n: reduce range(300000) as $i (0; [.]); n | contains(n)", "nested too deeply|bytes"},
	{"def n: reduce range(300000) as $i (0; {a: .}); n * n | 1", "nested too deeply|bytes"},
};

/* Ends as one of the messages says, or well if there is an empty one; never by a crash. */
START_TEST(run_beyond_memory_or_stack_is_ended)
{
	struct err err = {0};
	char line[1000];
	const char *says = large[_i].message;
	const char *second = strchr(says, '|');
	int result;

	setup_with(60000, 64 << 20);
	result = run(large[_i].text, "null", line, sizeof(line), &err);
	if (result == 0) {
		ck_assert_msg(second && second[1] == '\0', "%s: %.20s", large[_i].text, line);
	} else {
		char first[40];

		(void)snprintf(first, sizeof(first), "%.*s",
			       second ? (int)(second - says) : (int)strlen(says), says);
		ck_assert_int_eq(err.kind, ERR_STOP);
		ck_assert_int_eq(err.code, EXIT_DATA);
		ck_assert_msg(strstr(err.msg, first) ||
				      (second && second[1] && strstr(err.msg, second + 1)),
			      "%s: %s", large[_i].text, err.msg);
	}
	/* Others go on. */
	ck_assert_int_eq(run("1", "1", line, sizeof(line), &err), 0);
	/* What was abandoned leaks by design: no leak check here. */
	_exit(0);
}
END_TEST

START_TEST(abandoned_expression_is_not_run_again)
{
	struct expr_vars vars = {&record, &source};
	struct expr_value *input, **results;
	struct expr *expr;
	struct err err;
	size_t count;

	setup_with(60000, 1 << 20);
	ck_assert_int_eq(engine->ops->compile(engine, "here", "\"x\" * .", &expr, &err), 0);
	ck_assert_int_eq(engine->ops->parse(engine, FORMAT_JSON, bytes_str("100000000"), &input, &err),
			 0);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(engine->ops->run(engine, expr, &vars, input, arena, &results,
						  &count, &err),
				 -1);
		ck_assert_int_eq(err.kind, ERR_STOP);
	}
	ck_assert_ptr_nonnull(strstr(err.msg, "is not run again"));
	engine->ops->value_free(engine, input);
	teardown();
	_exit(0);
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
	TCase *plain = tcase_create("plain"), *limits = tcase_create("limits");
	TCase *tables = tcase_create("tables");
	Suite *suite = suite_create("expr");
	SRunner *runner;
	int failed;

	tcase_add_unchecked_fixture(plain, setup, teardown);
	tcase_add_loop_test(plain, expression_has_its_result, 0, sizeof(good) / sizeof(good[0]));
	tcase_add_test(plain, compiler_error_has_its_place);
	tcase_add_test(plain, expression_error_is_about_the_record);
	tcase_add_test(plain, variable_is_checked_only_where_it_is_named);
	tcase_add_test(plain, format_decides_what_the_value_is);
	tcase_add_loop_test(plain, hostile_text_is_an_error, 0, 11);
	tcase_add_loop_test(tables, name_is_refused_with_its_reason, 0,
			    sizeof(refused) / sizeof(refused[0]));
	tcase_add_test(tables, allow_list_covers_libjq);
	tcase_add_test(tables, message_holds_no_content);
	tcase_add_test(tables, documentation_lists_what_is_allowed);
	tcase_set_timeout(limits, 20);
	tcase_add_loop_test(limits, endless_run_is_halted_and_the_engine_goes_on, 0,
			    sizeof(endless) / sizeof(endless[0]));
	tcase_add_loop_exit_test(limits, endless_builtin_is_cut_off, 0, 0, 1);
	tcase_add_loop_exit_test(limits, run_beyond_memory_or_stack_is_ended, 0, 0,
				 sizeof(large) / sizeof(large[0]));
	tcase_add_exit_test(limits, abandoned_expression_is_not_run_again, 0);
	suite_add_tcase(suite, tables);
	suite_add_tcase(suite, plain);
	suite_add_tcase(suite, limits);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
