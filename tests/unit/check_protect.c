/*
 * protect: goal: the process leaves no core and gains no privilege. Method: ask the kernel after
 * the call, in the test's own process (Check forks; without a fork it would stay protected).
 */
#include <check.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "lib/suite.h"
#include "run/protect.h"

START_TEST(no_core_no_privileges_no_shared_files)
{
	struct rlimit limit = {1, 1};

	ck_assert_int_eq(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 1);
	protect_process();
	ck_assert_int_eq(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
	ck_assert_int_eq(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
	ck_assert_int_eq(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, 0, 0, 0), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_CORE, &limit), 0);
	ck_assert_uint_eq(limit.rlim_cur, 0);
	ck_assert_uint_eq(limit.rlim_max, 0);
	ck_assert_uint_eq(umask(0), 077);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("protect");

	tcase_add_test(tcase, no_core_no_privileges_no_shared_files);
	return suite_run("protect", tcase);
}
