/*
 * must: goal: a broken invariant ends the process by SIGABRT, a true one costs nothing. Method: one
 * test of each, the first in Check's forked child.
 */
#include <check.h>
#include <signal.h>
#include <stdlib.h>

#include "base/must.h"
#include "lib/suite.h"

START_TEST(true_invariant_goes_on)
{
	int number = 1;

	must(number == 1);
	ck_assert_int_eq(number, 1);
}
END_TEST

START_TEST(broken_invariant_aborts)
{
	must(_i == 1);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("must");

	tcase_add_test(tcase, true_invariant_goes_on);
	tcase_add_test_raise_signal(tcase, broken_invariant_aborts, SIGABRT);
	return suite_run("must", tcase);
}
