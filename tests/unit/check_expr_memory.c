/*
 * expr_memory: goal: a daemon that meets a million bad records does not grow, whatever libjq leaves
 * behind when a run is thrown away or forgets by itself. Method: each way in which a run can end,
 * some thousand times, on one engine; then libjq's blocks and, natively, malloc's bytes are
 * counted.
 */
#include <check.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "io/expr_engine.h"
#include "io/expr_heap.h"
#include "io/expr_sort.h"
#include "lib/expr_world.h"
#include "lib/suite.h"

static struct expr_world world;

/* The wrappers that slow a run down (valgrind, sanitizers) count leaks by themselves, so that a
 * twentieth shows as much there. */
static int times(int count)
{
	return getenv("CK_TIMEOUT_MULTIPLIER") ? count / 20 : count;
}

static size_t allocated(void)
{
	return mallinfo2().uordblks;
}

/* malloc's own books differ from turn to turn: 2 bytes a run. Blocks that libjq forgot are swept
 * when there are more than a thousand. */
#define SLACK_BYTES 20000
#define FORGOTTEN_BYTES 300000

/* Little, so that it is soon taken; twice this is where a run is left. */
#define RUN_BYTES 8192

static const struct {
	const char *text;
	const char *value;
	const char *says; /* of the error; NULL = none */
	int times;
} cases[] = {
	/* errors of the record */
	{".a + 1", "{\"a\":\"some text of the record\"}", "string and number cannot", 10000},
	{".a | error", "{\"a\":[\"raised\"]}", "error() was called", 10000},
	{"{b: .a} | tojson | . * 2 | fromjson", "{\"a\":[\"x\"]}", "not JSON", 10000},
	{"range(1e9)", "{\"a\":1}", "more than 10000 results", 50},
	/* what libjq forgets to free */
	{".a | ltrimstr(\"x\"), rtrimstr(\"x\")", "{\"a\":[\"no string\"]}", NULL, 10000},
	{"try (.a | tonumber) catch 1", "{\"a\":\"[[1], {\\\"b\\\": 2}]\"}", NULL, 10000},
	{".a[.b]", "{\"a\":[1,2],\"b\":[{\"c\":1}]}", NULL, 10000},
	/* halted between two bytecodes by memory */
	{"[recurse(. + 1)]", "1", "bytes of memory", 2000},
	{"[.a | recurse([., .]; true)]", "{\"a\":[\"x\",{\"b\":1}]}", "bytes of memory", 2000},
	{"[paths(..), (def f: path(..), f; f)]", "[[1],[2]]", "bytes of memory", 2000},
	/* left by a jump: a large block, within a regular expression, a sort, @base64d, a parser */
	{"\"xxxxxxxxxxxxxxxx\" * 1e5", "1", "bytes of memory", 10000},
	{".a | [match(\"(?<n>x)(y)\"; \"g\")]", NULL, "bytes of memory", 2000},
	{"sort", NULL, "bytes of memory", 10000},
	{".a | @base64d", NULL, "bytes of memory", 10000},
	{".a | \"[\" + . + \"\\\"\\\"]\" | fromjson", NULL, "bytes of memory", 10000},
};

/* {"a": a long string}, or an array whose sorting takes a little more than RUN_BYTES, twice. */
static const char *long_value(bool array)
{
	size_t end = array ? 416 : 6000;
	static char text[8000];

	for (size_t i = 6; i < end; i += 2)
		memcpy(text + i, array ? "1," : "xy", 2);
	memcpy(text, array ? "   [1," : "{\"a\":\"", 6);
	strcpy(text + end, array ? "1]" : "\"}");
	return text;
}

START_TEST(memory_does_not_grow)
{
	const char *value = cases[_i].value ? cases[_i].value
					    : long_value(strstr(cases[_i].text, "sort") != NULL);
	int count = times(cases[_i].times);
	struct expr *expr;
	size_t before = 0;

	expr_world_open(&world, 60000, RUN_BYTES);
	expr = expr_world_compile(&world, cases[_i].text);
	for (int i = 0; i < count; i++) {
		struct err err = {0};
		int result = expr_world_run(&world, expr, value, NULL, 0, &err);

		if (i == count / 10)
			before = allocated();
		if (!cases[_i].says)
			ck_assert_msg(result == 0, "%s: %s", cases[_i].text, err.msg);
		else
			ck_assert_msg(result == -1 && strstr(err.msg, cases[_i].says), "%s: %s",
				      cases[_i].text, err.msg);
	}
	ck_assert_msg(allocated() < before + (cases[_i].says ? SLACK_BYTES : FORGOTTEN_BYTES),
		      "%s: %zu bytes, then %zu", cases[_i].text, before, allocated());
	/* Bounded where libjq forgets, nothing where it does not. */
	ck_assert_uint_le(expr_jq_blocks(world.engine), 1024);
	expr_world_close(&world);
}
END_TEST

/* The third look at a run halts it, the next cuts it off. */
START_TEST(memory_does_not_grow_by_runaways)
{
	static const char *const texts[] = {"last(range(1e12) | tostring)", "\"\" * 2e9",
					    "[.[] | until(false; .)]"};
	int count = times(300);
	size_t before = 0;

	world.tick_ms = 600;
	expr_world_open(&world, 1000, 0);
	expr_world_watch(&world);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct expr *expr = expr_world_compile(&world, texts[i]);

		for (int j = 0; j < count; j++) {
			struct err err = {0};

			ck_assert_int_eq(expr_world_run(&world, expr, "[{\"a\":[1]}]", NULL, 0,
							&err),
					 -1);
			ck_assert_msg(strstr(err.msg, "of CPU time"), "%s", err.msg);
			ck_assert_uint_eq(expr_jq_blocks(world.engine), 0);
			if (j == count / 10)
				before = allocated();
		}
		ck_assert_uint_lt(allocated(), before + (size_t)count * 20);
	}
	expr_world_unwatch(&world);
	expr_world_close(&world);
}
END_TEST

static const char *const everything[] = {
	"[.a[] | tostring] | sort | unique | map(length) | add",
	"[(.a | match(\"(?<x>a)|b\"; \"g\")?), (.s | match(\"(?<x>a)|(b)\"; \"g\") | .captures)]",
	"[.s | @base64, (@base64 | @base64d), @uri, @json, @html, @sh] | map(utf8bytelength)",
	"[.a | (tojson | fromjson), tostring, @csv?, @tsv?, (.[0] | @text)] | length",
	"[paths] as $p | [$p[] as $q | getpath($q)] | group_by(type) | map(length)",
	"reduce ([\"o\", \"l\"], [\"a\", 9]) as $p (.; setpath($p; [$p])) | "
	"delpaths([[\"o\", \"k\", 1], [\"a\"]])",
	"[.s | gsub(\"(?<c>a)\"; \"<\\(.c)>\"), "
	"[splits(\"b\")], (explode | implode), split(\"a\"), .[1:3]]",
	"[foreach ([1, 2], .a[1]) as [$x, $y] (0; . + 1; [$x, $y, .])], ([limit(2; .o.k[])] | add)",
	"[$key, $headers, $topic, $offset] | to_entries | map_values(.value) | [.[1], .[0]]",
	"label $out | (.o | walk(if type == \"number\" then . + 1 else . end)), break $out",
	"(.o * {k: {z: [1]}}), ([.o, {k: 1}] | add), (.o | with_entries(.value |= [.])), "
	"([.o] | inside([{\"k\": [1, 2], \"l\": 1}]))",
	"\"2015-03-05T23:51:47Z\" | strptime(\"%Y-%m-%dT%H:%M:%SZ\") | mktime | todate",
	"try error({a: .o}) catch .a.k, (try (.s | tonumber) catch .), (.a - [1, [2]]), "
	"(.a | tostream)",
};

static const char value_of_all[] = "{\"a\":[1,[2,\"b\"],\"xab\",{\"c\":null}],\"s\":\"abcab\","
				   "\"o\":{\"k\":[1,2],\"l\":1}}";

/* As out of memory at each place: with a little more of it each time, until it is enough. */
START_TEST(run_can_be_left_anywhere)
{
	struct expr_guard *guard;
	int step = times(20) == 20 ? 7 : 97;

	expr_world_open(&world, 60000, 0);
	guard = &engine_of(world.engine)->guard;
	for (size_t i = 0; i < sizeof(everything) / sizeof(everything[0]); i++) {
		struct expr *expr = expr_world_compile(&world, everything[i]);
		char line[2000], expected[2000];
		int left = 0, result = -1;
		struct err err;

		ck_assert_msg(expr_world_run(&world, expr, value_of_all, expected, sizeof(expected),
					     &err) == 0,
			      "%s: %s", everything[i], err.msg);
		for (int64_t bytes = 1; result; bytes += step) {
			guard->bytes_max = bytes;
			result = expr_world_run(&world, expr, value_of_all, line, sizeof(line),
						&err);
			ck_assert_msg(!result || strstr(err.msg, "bytes of memory"), "%s: %s",
				      everything[i], err.msg);
			ck_assert_uint_eq(expr_jq_blocks(world.engine), 0);
			left += result != 0;
		}
		ck_assert_str_eq(line, expected);
		ck_assert_int_gt(left, 10);
		guard->bytes_max = EXPR_RUN_BYTES;
	}
	expr_world_close(&world);
}
END_TEST

/* Opening and closing gives back everything, a torn run between them or not. */
START_TEST(engine_gives_all_back)
{
	size_t before = 0;

	for (int i = 0; i < 12; i++) {
		struct err err;
		char line[100];

		expr_world_open(&world, 60000, RUN_BYTES);
		ck_assert_int_eq(expr_world_try(&world, "[recurse(. + 1)]", "1", line, sizeof(line),
						&err),
				 -1);
		expr_world_close(&world);
		if (i == 1)
			before = allocated();
	}
	ck_assert_uint_lt(allocated(), before + 50000); /* an expression takes 100,000 a turn */
}
END_TEST

START_TEST(heap_knows_its_blocks)
{
	struct expr_heap heap, other;
	struct expr_block mark;
	char *a, *b, *c, *foreign;

	expr_heap_init(&heap);
	expr_heap_init(&other);
	foreign = expr_heap_alloc(10); /* of no heap */
	ck_assert_uint_eq(expr_heap_size(foreign), 0);
	ck_assert_ptr_null(expr_heap_use(&heap));
	a = expr_heap_alloc(10);
	b = expr_heap_zeroed(100);
	ck_assert_uint_ge(expr_heap_size(b), 100);
	for (size_t i = 0; i < 100; i++)
		ck_assert_int_eq(b[i], 0);
	memset(a, 'a', 10);
	expr_heap_mark(&heap, &mark);
	ck_assert_ptr_eq(expr_heap_use(&other), &heap);
	c = expr_heap_realloc(NULL, 1);
	a = expr_heap_realloc(a, 100000); /* stays where it was taken from */
	ck_assert_mem_eq(a, "aaaaaaaaaa", 10);
	foreign = expr_heap_realloc(foreign, 1000);
	ck_assert_uint_eq(expr_heap_size(foreign), 0);
	ck_assert_uint_eq(heap.count, 2);
	ck_assert_uint_eq(other.count, 1);
	(void)expr_heap_use(&heap);
	ck_assert_ptr_nonnull(expr_heap_alloc(1)); /* since the mark */
	ck_assert_ptr_nonnull(expr_heap_alloc(2));
	ck_assert_ptr_null(expr_heap_alloc(SIZE_MAX - 1));
	ck_assert_ptr_null(expr_heap_realloc(a, SIZE_MAX - 1));
	expr_heap_free(b);
	ck_assert_uint_eq(heap.count, 3);
	expr_heap_unmark(&heap, &mark, false);
	ck_assert_uint_eq(heap.count, 1);
	expr_heap_mark(&heap, &mark);
	ck_assert_ptr_nonnull(expr_heap_alloc(3));
	expr_heap_unmark(&heap, &mark, true);
	ck_assert_uint_eq(heap.count, 2);
	expr_heap_free(c);
	expr_heap_free(foreign);
	expr_heap_free(NULL);
	expr_heap_clear(&heap);
	expr_heap_clear(&other);
	(void)expr_heap_use(NULL);
}
END_TEST

static int order(const void *a, const void *b)
{
	return memcmp(a, b, 1);
}

/* Of each size up to 40, pairs of a digit that counts and a letter that shows the former order. */
START_TEST(sort_is_stable)
{
	for (size_t count = 0; count <= 40; count++) {
		char pairs[80], buffer[80];

		for (size_t i = 0; i < count; i++) {
			pairs[2 * i] = (char)('0' + i * 7919 % 10);
			pairs[2 * i + 1] = (char)('A' + i);
		}
		expr_sort(pairs, count, 2, order, buffer);
		for (size_t i = 1; i < count; i++)
			ck_assert_int_lt(memcmp(pairs + 2 * i - 2, pairs + 2 * i, 2), 0);
	}
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("memory");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, memory_does_not_grow, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tcase, memory_does_not_grow_by_runaways);
	tcase_add_test(tcase, run_can_be_left_anywhere);
	tcase_add_test(tcase, engine_gives_all_back);
	tcase_add_test(tcase, heap_knows_its_blocks);
	tcase_add_test(tcase, sort_is_stable);
	return suite_run("expr_memory", tcase);
}
