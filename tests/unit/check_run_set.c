/*
 * run_set: goal: which pipelines a reload touches, that `memory:` holds over it, and that the set
 * is not over in the middle of a swap. Method: pipelines that have not begun yet, so that nothing
 * is opened; what happens when they run is the integration tests' (75-reload).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/config_cases.h"
#include "lib/suite.h"
#include "run/run_set.h"

static struct run_set set;
static struct clock no_clock;

/* Pipelines p0, p1, ... of one worker each; the one of number `changed` commits at another pace. */
static struct config *load(int count, const char *main, int changed)
{
	char names[40][24], text[256];
	const char *files[41] = {NULL};
	struct config *config = NULL;
	struct config_errors errors;

	config_cases_enter();
	config_cases_write("onced.yaml", main, strlen(main));
	for (int i = 0; i < count; i++) {
		int length = snprintf(text, sizeof(text),
				      "pipeline: p%d\nfrom: {topics: [in]}\nto: [{topic: out}]\n"
				      "commit: {every: %dms}\n",
				      i, i == changed ? 50 : 100);

		(void)snprintf(names[i], sizeof(names[i]), "%d.yaml", i);
		config_cases_write(names[i], text, (size_t)length);
		files[i] = names[i];
	}
	ck_assert_int_eq(config_cases_load("onced.yaml", files, &config, &errors), 0);
	config_errors_free(&errors);
	config_cases_leave();
	return config;
}

static const char plain[] = "memory: 512M\n";

static void setup(void)
{
	struct err err;

	ck_assert_int_eq(run_set_init(&set, load(2, plain, -1), &no_clock, &err), 0);
}

static void teardown(void)
{
	run_set_stop(&set);
	run_set_fini(&set);
}

struct plan {
	struct config *next;
	struct diff diff;
	const char *anew;
	struct memory_share share;
	struct err err;
};

static int make_plan(struct plan *plan, struct config *next)
{
	*plan = (struct plan){.next = next};
	ck_assert_int_eq(diff_make(set.config, next, &plan->diff, &plan->err), 0);
	return run_set_plan(&set, next, &plan->diff, &plan->anew, &plan->share, &plan->err);
}

static void drop_plan(struct plan *plan)
{
	diff_free(&plan->diff);
	config_free(plan->next);
}

static int64_t in_use(void)
{
	int64_t sum = 0;

	for (size_t i = 0; i < set.count; i++)
		sum += pipeline_run_bytes(set.runs[i]);
	return sum;
}

START_TEST(one_more_leaves_the_others_alone)
{
	struct plan plan;

	ck_assert_int_eq(make_plan(&plan, load(3, plain, -1)), 0);
	ck_assert_ptr_null(plan.anew);
	ck_assert_int_le(in_use() + memory_share_bytes(&plan.share), 512 << 20);
	run_set_swap(&set, plan.next, &plan.diff, plan.anew, &plan.share);
	ck_assert(run_set_is_swapping(&set));
	ck_assert(!pipeline_run_is_leaving(run_set_find(&set, "p0")));
	ck_assert(!pipeline_run_is_leaving(run_set_find(&set, "p1")));
	ck_assert_ptr_null(run_set_find(&set, "p2")); /* not before the others have left */
	drop_plan(&plan);
}
END_TEST

START_TEST(only_the_changed_one_leaves)
{
	struct plan plan;
	int code;

	ck_assert_int_eq(make_plan(&plan, load(2, plain, 1)), 0);
	ck_assert_ptr_null(plan.anew);
	run_set_swap(&set, plan.next, &plan.diff, plan.anew, &plan.share);
	ck_assert(!pipeline_run_is_leaving(run_set_find(&set, "p0")));
	ck_assert(pipeline_run_is_leaving(run_set_find(&set, "p1")));
	ck_assert(!run_set_is_ready(&set));
	ck_assert(!run_set_is_over(&set, &code));
	drop_plan(&plan);
}
END_TEST

START_TEST(with_all_gone_a_swap_is_not_the_end)
{
	struct plan plan;
	int code = -1;

	ck_assert_int_eq(make_plan(&plan, load(2, "memory: 600M\n", -1)), 0);
	ck_assert_str_eq(plan.anew, "memory");
	run_set_swap(&set, plan.next, &plan.diff, plan.anew, &plan.share);
	ck_assert_int_eq(pipeline_run_state(run_set_find(&set, "p0")), RUN_DONE);
	ck_assert_int_eq(pipeline_run_state(run_set_find(&set, "p1")), RUN_DONE);
	ck_assert(!run_set_is_over(&set, &code));
	run_set_stop(&set); /* a stop wins */
	ck_assert(run_set_is_over(&set, &code));
	ck_assert_int_eq(code, 0);
	drop_plan(&plan);
}
END_TEST

START_TEST(what_memory_cannot_hold_begins_anew_or_is_refused)
{
	struct plan plan;

	/* 384M are in use: eight more find 16M each, ... */
	ck_assert_int_eq(make_plan(&plan, load(2 + 8, plain, -1)), 0);
	ck_assert_ptr_null(plan.anew);
	ck_assert_int_le(in_use() + 8 * memory_share_bytes(&plan.share), 512 << 20);
	drop_plan(&plan);
	/* ... one more does not, */
	ck_assert_int_eq(make_plan(&plan, load(2 + 9, plain, -1)), 0);
	ck_assert_str_eq(plan.anew, "memory");
	ck_assert_int_le(11 * memory_share_bytes(&plan.share), 512 << 20);
	drop_plan(&plan);
	/* and 33 workers are too many whoever begins when. */
	ck_assert_int_eq(make_plan(&plan, load(33, plain, -1)), -1);
	ck_assert_int_eq(plan.err.code, EXIT_CONFIG);
	drop_plan(&plan);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("run_set");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, one_more_leaves_the_others_alone);
	tcase_add_test(tcase, only_the_changed_one_leaves);
	tcase_add_test(tcase, with_all_gone_a_swap_is_not_the_end);
	tcase_add_test(tcase, what_memory_cannot_hold_begins_anew_or_is_refused);
	return suite_run("run_set", tcase);
}
