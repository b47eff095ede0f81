/*
 * err: goal: an error keeps its kind and code, and its message is one printable line that fits,
 * whatever is quoted in it. Method: control characters, broken UTF-8, and texts around the limit.
 */
#include <check.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/err.h"
#include "lib/suite.h"

static struct err err;

START_TEST(control_characters_become_blanks)
{
	ck_assert_int_eq(err_set(&err, ERR_DATA, 3, "a\n%s\tb\x7f", "\x1b[31m"), -1);
	ck_assert_str_eq(err.msg, "a  [31m b ");
	ck_assert_int_eq(err.kind, ERR_DATA);
	ck_assert_int_eq(err.code, 3);
}
END_TEST

START_TEST(text_stays_and_other_bytes_do_not)
{
	(void)err_set(&err, ERR_STOP, 0, "%s", "gr\xc3\xbc\xc3\x9f");
	ck_assert_str_eq(err.msg, "gr\xc3\xbc\xc3\x9f");
	(void)err_set(&err, ERR_STOP, 0, "%s", "gr\xc3\xbc\xff");
	ck_assert_str_eq(err.msg, "gr???");
}
END_TEST

START_TEST(wrapping_keeps_kind_and_prefixes)
{
	(void)err_set(&err, ERR_RETRY, 5, "inner");
	ck_assert_int_eq(err_wrap(&err, "outer %d\n", 1), -1);
	ck_assert_str_eq(err.msg, "outer 1 : inner");
	ck_assert_int_eq(err.kind, ERR_RETRY);
	ck_assert_int_eq(err.code, 5);
	ck_assert_int_eq(err_set(NULL, ERR_STOP, 0, "x"), -1);
	ck_assert_int_eq(err_wrap(NULL, "x"), -1);
}
END_TEST

/* Two bytes a character: the cut falls into one of them at every second length. */
START_TEST(cut_is_text_all_the_same)
{
	char text[2 * sizeof(err.msg)];

	for (size_t i = 0; i + 1 < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xbc", 2);
	text[sizeof(text) - 2] = text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 2; i++) {
		(void)err_set(&err, ERR_STOP, 0, "%s%s", i ? "a" : "", text);
		ck_assert_uint_eq(strlen(err.msg), sizeof(err.msg) - 1);
		ck_assert(bytes_is_utf8(bytes_str(err.msg)));
		(void)err_wrap(&err, "%s%s", i ? "a" : "", text);
		ck_assert_uint_eq(strlen(err.msg), sizeof(err.msg) - 1);
		ck_assert(bytes_is_utf8(bytes_str(err.msg)));
	}
}
END_TEST

START_TEST(an_error_is_set_whole)
{
	ck_assert_int_eq(err_set(&err, ERR_STOP, EXIT_DATA, "%s/%d", "in", 3), -1);
	ck_assert_int_eq(err.kind, ERR_STOP);
	ck_assert_int_eq(err.code, 65);
	ck_assert_str_eq(err.msg, "in/3");
}
END_TEST

START_TEST(a_wrap_prefixes_and_keeps_kind_and_code)
{
	(void)err_set(&err, ERR_RETRY, 7, "no broker");
	ck_assert_int_eq(err_wrap(&err, "commit batch %d", 12), -1);
	ck_assert_int_eq(err_wrap(&err, "payments"), -1);
	ck_assert_int_eq(err.kind, ERR_RETRY);
	ck_assert_int_eq(err.code, 7);
	ck_assert_str_eq(err.msg, "payments: commit batch 12: no broker");
}
END_TEST

START_TEST(what_is_too_long_is_cut)
{
	char text[2000];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	(void)err_set(&err, ERR_DATA, 0, "%s", text);
	ck_assert_uint_eq(strlen(err.msg), sizeof(err.msg) - 1);
	(void)err_set(&err, ERR_DATA, 0, "the end");
	(void)err_wrap(&err, "%s", text);
	ck_assert_uint_eq(strlen(err.msg), sizeof(err.msg) - 1);
	(void)err_set(&err, ERR_DATA, 0, "%.500s", text);
	for (int i = 0; i < 100; i++)
		(void)err_wrap(&err, "place %d", i);
	ck_assert_uint_eq(strlen(err.msg), sizeof(err.msg) - 1);
	ck_assert_ptr_eq(strstr(err.msg, "place 99: place 98: "), err.msg);
}
END_TEST

START_TEST(nobody_need_want_the_message)
{
	ck_assert_int_eq(err_set(NULL, ERR_DATA, 0, "x"), -1);
	ck_assert_int_eq(err_wrap(NULL, "x"), -1);
}
END_TEST

START_TEST(every_kind_has_a_name)
{
	static const char *const names[] = {"NONE", "RETRY", "ABORT", "UNKNOWN", "DATA", "STOP"};

	for (int i = 0; i < 6; i++)
		ck_assert_str_eq(err_kind_name((enum err_kind)i), names[i]);
	ck_assert_str_eq(err_kind_name((enum err_kind)99), "?");
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("err");

	tcase_add_test(tcase, control_characters_become_blanks);
	tcase_add_test(tcase, text_stays_and_other_bytes_do_not);
	tcase_add_test(tcase, wrapping_keeps_kind_and_prefixes);
	tcase_add_test(tcase, cut_is_text_all_the_same);
	tcase_add_test(tcase, an_error_is_set_whole);
	tcase_add_test(tcase, a_wrap_prefixes_and_keeps_kind_and_code);
	tcase_add_test(tcase, what_is_too_long_is_cut);
	tcase_add_test(tcase, nobody_need_want_the_message);
	tcase_add_test(tcase, every_kind_has_a_name);
	return suite_run("err", tcase);
}
