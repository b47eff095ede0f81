/*
 * expr_limits: goal: neither an expression nor a record can crash the process, run for ever or take
 * all memory. Method: the real engine with low limits, in a thread with a small stack; a watcher
 * with a clock of its own. What is abandoned leaks by design, so each such test leaves its forked
 * child by _exit.
 */
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/must.h"
#include "io/expr_jq.h"

static struct expr_engine *engine;
static struct arena *arena;
static struct source source = {"payments", 3, 42};
static struct record record = {{"k1", 2}, {NULL, 0}, NULL, 0, 1700000000123};

static void setup_with(int64_t run_ms_max, int64_t run_bytes_max)
{
	struct expr_jq_conf conf = {.run_ms_max = run_ms_max,
				    .text_bytes_max = 100000,
				    .run_bytes_max = run_bytes_max};
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

START_TEST(hostile_text_is_an_error)
{
	static const char *const parts[] = {"(",   "[",  "{a:",     "-",    "not|",       "\"\\(",
					    "if ", ".[", "def f: ", "try ", "@json \"\\("};
	char text[2001];
	char line[10];
	struct err err;
	size_t len = strlen(parts[_i]);

	setup_with(60000, 0);
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = parts[_i][i % len];
	text[sizeof(text) - 1] = '\0';
	ck_assert_int_eq(run(text, "1", line, sizeof(line), &err), -1);
	ck_assert_int_eq(err.kind, ERR_STOP);
	teardown();
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
	run_watched("[range(100000)] as $a | $a - ($a | map(. + 0.5))", "1", &err);
	ck_assert_int_eq(err.kind, ERR_STOP);
	ck_assert_msg(strstr(err.msg, "ran longer than 50 ms"), "%s", err.msg);
	ck_assert_int_eq(run("1", "1", line, sizeof(line), &err), 0);
	_exit(0);
}
END_TEST

/* Small, so that little depth is much. */
#define STACK_BYTES ((size_t)768 * 1024)

static const struct {
	const char *text;
	const char *message;
} large[] = {
	{"[recurse(. + 1)]", "bytes of memory"},
	{"def f: [., .] | f; f", "bytes of memory"},
	{"def f: 1 + f; f", "bytes of memory"},
	{"\"x\" | last(recurse(. + .))", "bytes of memory"},
	{"\"x\" * 1e9", "bytes of memory"},
	{"[limit(1e9; repeat(\"abc\"))]", "bytes of memory"},
	{"reduce range(1e9) as $i ({}; .[$i | tostring] = 1)", "bytes of memory"},
	{"[range(1e9)] | length", "bytes of memory"},
	{"reduce range(1e9) as $i (0; [.])", "bytes of memory|nested too deeply"},
	{"reduce range(20000) as $i (0; [.]) | 1", "nested too deeply|"},
	{"reduce range(20000) as $i (0; . as $x | [] | .[0] = $x) | . == .", "nested too deeply|"},
	{"reduce range(20000) as $i (0; {a: .}) | 1", "nested too deeply|bytes of memory"},
	{"[range(20000) | 0] as $p | setpath($p; 1) | 1", "nested too deeply|bytes of memory"},
	{"null | getpath([range(20000) | \"a\"])", "nested too deeply|"},
	{"[range(20000) | 0] as $p | path(getpath($p)) | length", "nested too deeply|"},
	{"[range(20000) | 0] as $p | delpaths([$p])", "nested too deeply|"},
	{"def n: reduce range(20000) as $i (0; [.]); [n, n] | sort | 1", "nested too deeply|bytes"},
	{"def n: reduce range(20000) as $i (0; [.]); n | contains(n)", "nested too deeply|bytes"},
	{"def n: reduce range(20000) as $i (0; {a: .}); n * n | 1", "nested too deeply|bytes"},
};

/* Ends as one of the messages says, or well if there is an empty one; never by a crash. A libjq
 * with later fixes may have a limit of its own, which is an error of the record. */
static void *run_large(void *ctx)
{
	int i = *(int *)ctx;
	struct err err = {0};
	char line[1000];
	const char *says = large[i].message;
	const char *second = strchr(says, '|');
	int result;

	result = run(large[i].text, "null", line, sizeof(line), &err);
	if (result == 0) {
		ck_assert_msg(second && second[1] == '\0', "%s: %.20s", large[i].text, line);
	} else if (err.kind == ERR_DATA) {
		ck_assert_msg(strstr(err.msg, " too deep"), "%s: %s", large[i].text, err.msg);
	} else {
		char first[40];

		(void)snprintf(first, sizeof(first), "%.*s",
			       second ? (int)(second - says) : (int)strlen(says), says);
		ck_assert_int_eq(err.kind, ERR_STOP);
		ck_assert_int_eq(err.code, EXIT_DATA);
		ck_assert_msg(strstr(err.msg, first) ||
				      (second && second[1] && strstr(err.msg, second + 1)),
			      "%s: %s", large[i].text, err.msg);
	}
	/* Others go on. */
	ck_assert_int_eq(run("1", "1", line, sizeof(line), &err), 0);
	return NULL;
}

START_TEST(run_beyond_memory_or_stack_is_ended)
{
	pthread_attr_t attr;
	pthread_t thread;

	setup_with(60000, 16 << 20);
	ck_assert_int_eq(pthread_attr_init(&attr), 0);
	ck_assert_int_eq(pthread_attr_setstacksize(&attr, STACK_BYTES), 0);
	ck_assert_int_eq(pthread_create(&thread, &attr, run_large, &_i), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
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
	ck_assert_int_eq(engine->ops->parse(engine, FORMAT_JSON, bytes_str("100000000"), &input,
					    &err),
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

int main(void)
{
	TCase *tcase = tcase_create("limits");
	Suite *suite = suite_create("expr_limits");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, hostile_text_is_an_error, 0, 11);
	tcase_add_loop_test(tcase, endless_run_is_halted_and_the_engine_goes_on, 0,
			    sizeof(endless) / sizeof(endless[0]));
	tcase_add_loop_exit_test(tcase, endless_builtin_is_cut_off, 0, 0, 1);
	tcase_add_loop_exit_test(tcase, run_beyond_memory_or_stack_is_ended, 0, 0,
				 sizeof(large) / sizeof(large[0]));
	tcase_add_exit_test(tcase, abandoned_expression_is_not_run_again, 0);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
