/*
 * ask: goal: a question is asked again while its answer is RETRY and there is time, and ends with
 * the exit code that the commands promise. Method: answers made by hand, a deadline that is over,
 * and one that is far away.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ask.h"
#include "lib/suite.h"

START_TEST(only_a_retry_is_asked_again)
{
	static const enum err_kind others[] = {ERR_ABORT, ERR_UNKNOWN, ERR_DATA, ERR_STOP};
	struct ask ask;
	struct err err = {.kind = ERR_RETRY};

	ask_begin(&ask, 60000);
	ck_assert(!ask_is_over(&ask));
	ck_assert(!ask_again(&ask, 0, &err)); /* an answer */
	ck_assert(ask_again(&ask, -1, &err));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		err.kind = others[i];
		ck_assert(!ask_again(&ask, -1, &err));
		ck_assert_int_eq(err.kind, others[i]);
	}
}
END_TEST

START_TEST(when_the_time_is_over_it_is_unavailable)
{
	struct ask ask;
	struct err err;

	ask_begin(&ask, 0);
	ck_assert(ask_is_over(&ask));
	(void)err_set(&err, ERR_RETRY, 7, "no broker at x:9092");
	ck_assert(!ask_again(&ask, -1, &err));
	ck_assert_int_eq(err.kind, ERR_STOP);
	ck_assert_int_eq(err.code, EXIT_UNAVAILABLE);
	ck_assert_ptr_nonnull(strstr(err.msg, "--timeout"));
	ck_assert_ptr_nonnull(strstr(err.msg, "no broker at x:9092"));
}
END_TEST

START_TEST(every_error_has_an_exit_code)
{
	static const struct {
		enum err_kind kind;
		int code, exit_code;
	} rows[] = {
		{ERR_STOP, EXIT_PERMISSION, EXIT_PERMISSION},
		{ERR_STOP, 1, 1},
		{ERR_STOP, 255, 255},
		{ERR_STOP, 0, EXIT_INTERNAL}, /* never 0: that is success */
		{ERR_STOP, 256, EXIT_INTERNAL},
		{ERR_STOP, -1, EXIT_INTERNAL},
		{ERR_RETRY, -195, EXIT_UNAVAILABLE},
		{ERR_ABORT, 0, EXIT_UNAVAILABLE},
		{ERR_UNKNOWN, 0, EXIT_UNAVAILABLE},
		{ERR_DATA, 0, EXIT_INTERNAL},
		{ERR_NONE, 0, EXIT_INTERNAL},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err err = {.kind = rows[i].kind, .code = rows[i].code};

		ck_assert_int_eq(ask_exit_code(&err), rows[i].exit_code);
	}
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("ask");

	tcase_add_test(tcase, only_a_retry_is_asked_again);
	tcase_add_test(tcase, when_the_time_is_over_it_is_unavailable);
	tcase_add_test(tcase, every_error_has_an_exit_code);
	return suite_run("ask", tcase);
}
