/*
 * expr_limits: goal: neither an expression nor a record can crash the process, run for ever or take
 * all memory, and after either the engine goes on as if nothing had been. Method: the real engine
 * with low limits, in a thread with a small stack; a watcher with a clock of its own.
 */
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "io/clock_ms.h"
#include "io/expr_guard.h"
#include "lib/expr_world.h"
#include "lib/suite.h"

static struct expr_world world;

START_TEST(hostile_text_is_an_error)
{
	static const char *const parts[] = {"(",   "[",  "{a:",     "-",    "not|",       "\"\\(",
					    "if ", ".[", "def f: ", "try ", "@json \"\\("};
	char text[2001];
	char line[10];
	struct err err;
	size_t len = strlen(parts[_i]);

	expr_world_open(&world, 60000, 0);
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = parts[_i][i % len];
	text[sizeof(text) - 1] = '\0';
	ck_assert_int_eq(expr_world_try(&world, text, "1", line, sizeof(line), &err), -1);
	ck_assert_int_eq(err.kind, ERR_STOP);
	expr_world_close(&world);
}
END_TEST

/* ---- limits ---- */

static void run_watched(const char *text, const char *value, struct err *err)
{
	char line[1000];

	expr_world_watch(&world);
	ck_assert_int_eq(expr_world_try(&world, text, value, line, sizeof(line), err), -1);
	expr_world_unwatch(&world);
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

	world.tick_ms = 1;
	expr_world_open(&world, 50, 0);
	run_watched(endless[_i], "[1]", &err);
	ck_assert_int_eq(err.kind, ERR_STOP);
	ck_assert_int_eq(err.code, EXIT_DATA);
	ck_assert_msg(strstr(err.msg, "more than 50 ms of CPU time"), "%s", err.msg);
	ck_assert_int_eq(expr_world_try(&world, ".[0] + 1", "[1]", line, sizeof(line), &err), 0);
	ck_assert_str_eq(line, "2");
	expr_world_close(&world);
}
END_TEST

static const char *const endless_builtins[] = {
	"[range(20000)] as $a | $a - ($a | map(. + 0.5))",
	"\"\" * 2e9",
	"[range(20000) | [-.]] as $a | last(range(1e9) | $a | sort)",
};

/* One builtin that goes on between two bytecodes. */
START_TEST(endless_builtin_is_cut_off)
{
	struct err err;
	char line[100];

	world.tick_ms = 20;
	expr_world_open(&world, 50, 0);
	run_watched(endless_builtins[_i], "1", &err);
	ck_assert_int_eq(err.kind, ERR_STOP);
	ck_assert_msg(strstr(err.msg, "more than 50 ms of CPU time"), "%s", err.msg);
	ck_assert_int_eq(expr_world_try(&world, "1", "1", line, sizeof(line), &err), 0);
	expr_world_close(&world);
}
END_TEST

/* ---- what the time is ---- */

static sem_t released;

static bool wait_for_release(void *ctx)
{
	*(jv *)ctx = jv_null();
	while (sem_wait(&released))
		ck_assert_int_eq(errno, EINTR);
	return true;
}

struct stopped {
	struct expr_guard guard;
	struct expr_heap heap;
	jq_state *jq;
};

/* Looks at the run until ten times its limit have passed by the wall clock. */
static void *watch_stopped(void *ctx)
{
	struct stopped *stopped = ctx;
	int64_t end_ms = clock_ms(CLOCK_MONOTONIC) + 200;

	while (clock_ms(CLOCK_MONOTONIC) < end_ms) {
		expr_guard_watch(&stopped->guard, 20);
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	}
	ck_assert_int_eq(sem_post(&released), 0);
	return NULL;
}

static int64_t wall_ms(pthread_t thread)
{
	(void)thread;
	return clock_ms(CLOCK_MONOTONIC);
}

static enum expr_end run_stopped(expr_spent_fn *spent)
{
	struct stopped stopped;
	enum expr_end end;
	pthread_t thread;
	bool kept;
	jv value;

	ck_assert(expr_guard_works());
	ck_assert_int_eq(sem_init(&released, 0, 0), 0);
	expr_heap_init(&stopped.heap);
	expr_guard_init(&stopped.guard, &stopped.heap, 1 << 20, spent);
	(void)expr_heap_use(&stopped.heap);
	stopped.jq = jq_init();
	(void)expr_heap_use(NULL);
	ck_assert_int_eq(pthread_create(&thread, NULL, watch_stopped, &stopped), 0);
	end = expr_guard_call(&stopped.guard, stopped.jq, wait_for_release, &value, &kept);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	jq_teardown(&stopped.jq);
	return end;
}

/* A process that was stopped, or a machine that was paused, in the middle of an expression. */
START_TEST(time_in_which_the_thread_does_not_run_is_not_counted)
{
	ck_assert_int_eq(run_stopped(NULL), EXPR_END_OWN);
	ck_assert_int_eq(run_stopped(wall_ms), EXPR_END_TIME); /* or this would show nothing */
}
END_TEST

/* Small, so that little depth is much. */
#define STACK_BYTES ((size_t)512 * 1024)

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
	/* Freed to its end, in the run and after it. */
	{"reduce range(6000) as $i (0; [.]) | 1", ""},
	{"reduce range(6000) as $i (0; {a: .}) | 1", ""},
	{"reduce range(6000) as $i (0; [., {a: \"x\"}, \"y\"])", "nested deeper than 256"},
	{"reduce range(6000) as $i (0; [.]) | range(50) as $i | [.] | empty", ""},
	{"reduce range(6000) as $i (0; . as $x | [] | .[0] = $x) | . == .", "nested too deeply|"},
	{"[range(6000) | 0] as $p | setpath($p; 1) | 1", "nested too deeply|bytes of memory"},
	{"null | getpath([range(6000) | \"a\"])", "nested too deeply|"},
	{"[range(6000) | 0] as $p | path(getpath($p)) | length", "nested too deeply|"},
	{"[range(6000) | 0] as $p | delpaths([$p])", "nested too deeply|"},
	{"def n: reduce range(6000) as $i (0; [.]); [n, n] | sort | 1", "nested too deeply|bytes"},
	{"def n: reduce range(6000) as $i (0; [.]); n | contains(n)", "nested too deeply|bytes"},
	{"def n: reduce range(6000) as $i (0; {a: .}); n * n | 1", "nested too deeply|bytes"},
};

/* The text up to | or the end. */
static bool says(const char *message, const char *part)
{
	char text[40];

	(void)snprintf(text, sizeof(text), "%.*s", (int)strcspn(part, "|"), part);
	return *text && strstr(message, text);
}

/* Ends as one of the messages says, or well if there is an empty one; never by a crash. A libjq
 * with later fixes may have a limit of its own, which is an error of the record. */
static void *run_large(void *ctx)
{
	const char *text = large[*(int *)ctx].text;
	const char *message = large[*(int *)ctx].message;
	const char *second = strchr(message, '|');
	struct err err = {0};
	char line[1000];

	if (expr_world_try(&world, text, "null", line, sizeof(line), &err) == 0)
		ck_assert_msg((second ? second[1] : *message) == '\0', "%s: %.20s", text, line);
	else
		ck_assert_msg(says(err.msg, message) || (second && says(err.msg, second + 1)) ||
				      (err.kind == ERR_DATA && strstr(err.msg, " too deep")),
			      "%s: %s", text, err.msg);
	/* Others go on. */
	ck_assert_int_eq(expr_world_try(&world, "1", "1", line, sizeof(line), &err), 0);
	return NULL;
}

START_TEST(run_beyond_memory_or_stack_is_ended)
{
	pthread_attr_t attr;
	pthread_t thread;

	expr_world_open(&world, 60000, 3 << 20);
	ck_assert_int_eq(pthread_attr_init(&attr), 0);
	ck_assert_int_eq(pthread_attr_setstacksize(&attr, STACK_BYTES), 0);
	ck_assert_int_eq(pthread_create(&thread, &attr, run_large, &_i), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_eq(pthread_attr_destroy(&attr), 0);
	expr_world_close(&world);
}
END_TEST

/* What was thrown away leaves no trace in the expression: neither where it stood (libjq asserts on
 * a state that was left within a path), nor in the values that it was given. */
START_TEST(expression_goes_on_with_the_next_record)
{
	static const char *const cases[][3] = {
		{".[0] as $n | [range($n)] | paths", "[10001]", "[1]"},
		{".[0] as $n | [paths, ([range($n)] | path(..))] | length", "[1e6,[[2]]]", "[1]"},
		{"\"x\" * .[0]", "[1e8]", "[2]"},
		{". as $in | [range(.[0]) | $in | tojson] | length", "[1e7,{\"a\":[1]}]", "[3]"},
	};
	struct err err;
	char line[100];

	expr_world_open(&world, 60000, 4 << 20);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct expr *expr = expr_world_compile(&world, cases[i][0]);

		for (int turn = 0; turn < 3; turn++) {
			ck_assert_int_eq(expr_world_run(&world, expr, cases[i][1], line,
							sizeof(line), &err),
					 -1);
			ck_assert_int_eq(err.kind, i == 0 ? ERR_DATA : ERR_STOP);
			ck_assert_uint_eq(expr_jq_blocks(world.engine), 0);
			ck_assert_int_eq(expr_world_run(&world, expr, cases[i][2], line,
							sizeof(line), &err),
					 0);
		}
	}
	expr_world_close(&world);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("limits");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, hostile_text_is_an_error, 0, 11);
	tcase_add_loop_test(tcase, endless_run_is_halted_and_the_engine_goes_on, 0,
			    sizeof(endless) / sizeof(endless[0]));
	tcase_add_loop_test(tcase, endless_builtin_is_cut_off, 0,
			    sizeof(endless_builtins) / sizeof(endless_builtins[0]));
	tcase_add_test(tcase, time_in_which_the_thread_does_not_run_is_not_counted);
	tcase_add_loop_test(tcase, run_beyond_memory_or_stack_is_ended, 0,
			    sizeof(large) / sizeof(large[0]));
	tcase_add_test(tcase, expression_goes_on_with_the_next_record);
	return suite_run("expr_limits", tcase);
}
