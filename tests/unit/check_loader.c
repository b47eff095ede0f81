/*
 * loader: goal: a configuration comes out only if all files are right and all their tests pass, and
 * the thread that does it can be watched. Method: real files, the real engine, a clock that the
 * test moves.
 */
#include <check.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/config_cases.h"
#include "lib/suite.h"
#include "run/loader.h"

static const char pipeline[] = "pipeline: p\n"
			       "from: {topics: [a]}\n"
			       "steps:\n"
			       "  - filter: .x > 0\n"
			       "to: [{topic: b}]\n"
			       "tests:\n"
			       "  - name: what is above zero passes\n"
			       "    input: [{value: {x: 1}}, {value: {x: 0}}]\n"
			       "    output: {b: [{value: {x: 1}}]}\n";

static struct config *config;
static char *text;

static void setup(void)
{
	config_cases_enter();
	config = NULL;
	text = NULL;
}

static void teardown(void)
{
	config_cases_leave();
	config_free(config);
	free(text);
}

static int load(const char *file)
{
	const char *const names[] = {"p.yaml"};
	const struct config_request files = {.pipelines = names, .pipeline_count = 1};
	struct loader *loader = NULL;
	struct err err;

	config_cases_write("p.yaml", file, strlen(file));
	ck_assert_int_eq(loader_start(&files, &loader, &err), 0);
	while (!loader_has_ended(loader)) {
		loader_watch(loader);
		(void)sched_yield();
	}
	return loader_finish(loader, &config, &text);
}

/* pipeline with its one `from` made `to`. */
static int load_with(const char *from, const char *to)
{
	const char *at = strstr(pipeline, from);
	char file[1024];

	ck_assert_ptr_nonnull(at);
	(void)snprintf(file, sizeof(file), "%.*s%s%s", (int)(at - pipeline), pipeline, to,
		       at + strlen(from));
	return load(file);
}

START_TEST(what_is_right_and_passes_comes_out)
{
	ck_assert_int_eq(load(pipeline), 0);
	ck_assert_ptr_nonnull(config);
	ck_assert_ptr_null(text);
	ck_assert_str_eq(config->pipelines[0].pipeline.name, "p");
}
END_TEST

START_TEST(a_wrong_file_is_78_with_all_its_errors)
{
	ck_assert_int_eq(load_with("[{topic: b}]", "[{topic: b, wehn: .x}]\nmore: 1"), 78);
	ck_assert_ptr_null(config);
	ck_assert_str_eq(text, "p.yaml:5:17: to[0].wehn: unknown key; did you mean \"when\"?\n"
			       "p.yaml:6:1: more: unknown key; known here: pipeline, workers, "
			       "from, steps, to, errors, commit, lineage, tests\n");
}
END_TEST

START_TEST(an_expression_that_does_not_compile_is_78)
{
	ck_assert_int_eq(load_with(".x > 0", ".x >"), 78);
	ck_assert_ptr_null(config);
	ck_assert_ptr_nonnull(strstr(text, "p.yaml:4:13: steps[0].filter: "));
}
END_TEST

START_TEST(a_test_that_does_not_pass_is_1_by_name)
{
	ck_assert_int_eq(load_with(".x > 0", ".x > 1"), 1);
	ck_assert_ptr_null(config);
	ck_assert_str_eq(text, "p.yaml:7:5: tests[0]: the test \"what is above zero passes\" does "
			       "not pass: `onced test` shows how\n");
}
END_TEST

/* It takes the whole limit of CPU time. */
START_TEST(a_test_that_does_not_end_is_halted)
{
	ck_assert_int_eq(load_with(".x > 0", "(.x | until(false; .)) > 0"), 1);
	ck_assert_ptr_null(config);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("loader");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, what_is_right_and_passes_comes_out);
	tcase_add_test(tcase, a_wrong_file_is_78_with_all_its_errors);
	tcase_add_test(tcase, an_expression_that_does_not_compile_is_78);
	tcase_add_test(tcase, a_test_that_does_not_pass_is_1_by_name);
	tcase_add_test(tcase, a_test_that_does_not_end_is_halted);
	return suite_run("loader", tcase);
}
