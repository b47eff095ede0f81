/* suite: the last lines of a test program. */
#ifndef ONCED_TESTS_SUITE_H
#define ONCED_TESTS_SUITE_H

#include <check.h>
#include <stdlib.h>

/* Runs the one case of a suite; the exit status of main. */
static inline int suite_run(const char *name, TCase *tcase)
{
	Suite *suite = suite_create(name);
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
