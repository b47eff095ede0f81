/*
 * The whole way from files to errors, hints or a configuration. tests/config/bad.txt holds the
 * wrong files, each with everything that must be said about it, word for word; good.txt
 * the right ones with their hints. The rest looks at what comes out.
 */
#include <check.h>
#include <stdlib.h>

#include "lib/config_cases.h"
#include "lib/suite.h"

static struct config_cases bad, good;

static void enter(void)
{
	config_cases_enter();
}

static void leave(void)
{
	config_cases_leave();
}

START_TEST(a_wrong_file_is_told_exactly_why)
{
	const struct config_case *one = &bad.items[_i];
	struct config *config = NULL;
	struct config_errors errors;
	char *said;

	ck_assert_int_eq(config_cases_load_case(one, &config, &errors), -1);
	ck_assert_ptr_null(config);
	said = config_cases_join(errors.lines, errors.count);
	ck_assert_msg(strcmp(said, one->errors) == 0, "%s: expected\n%sgot\n%s", one->title,
		      one->errors, said);
	free(said);
	config_errors_free(&errors);
}
END_TEST

START_TEST(a_right_file_loads_with_its_hints)
{
	const struct config_case *one = &good.items[_i];
	struct config *config = NULL;
	struct config_errors errors;
	char *said, *hinted;

	(void)config_cases_load_case(one, &config, &errors);
	said = config_cases_join(errors.lines, errors.count);
	hinted = config_cases_join(errors.warnings, errors.warning_count);
	ck_assert_msg(config != NULL, "%s: got errors\n%s", one->title, said);
	ck_assert_msg(strcmp(hinted, one->hints) == 0, "%s: expected\n%sgot\n%s", one->title,
		      one->hints, hinted);
	free(said);
	free(hinted);
	config_errors_free(&errors);
	config_free(config);
}
END_TEST

START_TEST(there_are_enough_wrong_files)
{
	ck_assert_uint_ge(bad.count, 60);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("files");
	int status;

	config_cases_read("bad.txt", &bad);
	config_cases_read("good.txt", &good);
	tcase_add_checked_fixture(tcase, enter, leave);
	tcase_add_loop_test(tcase, a_wrong_file_is_told_exactly_why, 0, (int)bad.count);
	tcase_add_loop_test(tcase, a_right_file_loads_with_its_hints, 0, (int)good.count);
	tcase_add_test(tcase, there_are_enough_wrong_files);
	status = suite_run("config", tcase);
	config_cases_free(&bad);
	config_cases_free(&good);
	return status;
}
