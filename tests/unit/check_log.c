/*
 * log: goal: what a line and the journal's fields look like, that no text can forge a line or drive
 * a terminal, and that repeats are limited and counted. Method: the pure parts value by value; the
 * whole through a pipe in place of stderr.
 */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/suite.h"
#include "run/log.h"
#include "run/log_catalog.h"
#include "run/log_format.h"
#include "run/log_limit.h"

#define T0 ((int64_t)1795528800123) /* 2026-11-24T14:00:00.123Z */

START_TEST(a_line_names_time_level_and_place)
{
	const struct log_where where = {"payments", 1, "in", 3, 4711, NULL};
	char line[LOG_LINE_MAX];
	size_t length = log_format_line(line, LOG_LEVEL_WARNING, &where, T0, "hello");

	ck_assert_str_eq(line, "2026-11-24T14:00:00.123Z warning payments/1 in/3@4711: hello\n");
	ck_assert_uint_eq(length, strlen(line));
}
END_TEST

START_TEST(a_line_leaves_out_what_is_not_said)
{
	const struct log_where pipeline = {"payments", -1, NULL, -1, -1, NULL};
	char line[LOG_LINE_MAX];

	(void)log_format_line(line, LOG_LEVEL_INFO, &LOG_NOWHERE, T0, "hello");
	ck_assert_str_eq(line, "2026-11-24T14:00:00.123Z info: hello\n");
	(void)log_format_line(line, LOG_LEVEL_ERROR, &pipeline, T0, "hello");
	ck_assert_str_eq(line, "2026-11-24T14:00:00.123Z error payments: hello\n");
}
END_TEST

START_TEST(control_characters_are_escaped)
{
	char text[64];

	(void)log_format_escape(text, sizeof(text), "a\nb\x1b[2J\x7f\tc");
	ck_assert_str_eq(text, "a\\x0ab\\x1b[2J\\x7f\\x09c");
}
END_TEST

START_TEST(an_escape_is_never_cut_in_half)
{
	char text[8];

	ck_assert_uint_eq(log_format_escape(text, sizeof(text), "abcde\n"), 5);
	ck_assert_str_eq(text, "abcde");
	ck_assert_uint_eq(log_format_escape(text, sizeof(text), "abc\nd"), 7);
	ck_assert_str_eq(text, "abc\\x0a");
}
END_TEST

START_TEST(the_longest_text_still_ends_its_line)
{
	char text[LOG_TEXT_MAX], line[LOG_LINE_MAX];
	size_t length;

	memset(text, '\n', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	length = log_format_line(line, LOG_LEVEL_INFO, &LOG_NOWHERE, T0, text);
	ck_assert_uint_lt(length, sizeof(line));
	ck_assert_int_eq(line[length - 1], '\n');
	ck_assert_ptr_eq(strchr(line, '\n'), line + length - 1);
}
END_TEST

static const char *field_of(const struct log_fields *fields, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < fields->count; i++) {
		const char *text = fields->iov[i].iov_base;

		ck_assert_uint_eq(fields->iov[i].iov_len, strlen(text));
		if (strncmp(text, name, length) == 0 && text[length] == '=')
			return text + length + 1;
	}
	return NULL;
}

START_TEST(the_journal_gets_every_field)
{
	static struct log_fields fields;
	const struct log_where where = {"payments", 1, "in", 3, 4711, NULL};
	const struct log_place place = {"src/x.c", 7, "main"};

	log_format_fields(&fields, &place, LOG_LEVEL_NOTICE, "park", &where, "two\nlines");
	ck_assert_str_eq(field_of(&fields, "MESSAGE"), "two\\x0alines");
	ck_assert_str_eq(field_of(&fields, "PRIORITY"), "5");
	ck_assert_str_eq(field_of(&fields, "ONCED_EVENT"), "park");
	ck_assert_str_eq(field_of(&fields, "ONCED_PIPELINE"), "payments");
	ck_assert_str_eq(field_of(&fields, "ONCED_WORKER"), "1");
	ck_assert_str_eq(field_of(&fields, "ONCED_TOPIC"), "in");
	ck_assert_str_eq(field_of(&fields, "ONCED_PARTITION"), "3");
	ck_assert_str_eq(field_of(&fields, "ONCED_OFFSET"), "4711");
	ck_assert_str_eq(field_of(&fields, "CODE_FILE"), "src/x.c");
	ck_assert_str_eq(field_of(&fields, "CODE_LINE"), "7");
	ck_assert_str_eq(field_of(&fields, "CODE_FUNC"), "main");
	ck_assert_ptr_null(field_of(&fields, "ONCED_ERROR"));
	ck_assert_ptr_null(field_of(&fields, "MESSAGE_ID")); /* the catalog knows no such event */
	log_format_fields(&fields, &place, LOG_LEVEL_NOTICE, "gap-hit", &LOG_NOWHERE, "text");
	ck_assert_str_eq(field_of(&fields, "MESSAGE_ID"), log_catalog_id("gap-hit"));
	ck_assert_ptr_null(field_of(&fields, "ONCED_PIPELINE"));
	ck_assert_ptr_null(field_of(&fields, "ONCED_OFFSET"));
}
END_TEST

START_TEST(the_journal_gets_the_error_and_its_place)
{
	static struct log_fields fields;
	struct log_where where = LOG_NOWHERE;
	struct err err;

	(void)err_set(&err, ERR_STOP, EXIT_DATA, "why");
	(void)err_at(&err, "in", 3, 4711);
	where.error = &err;
	log_format_fields(&fields, LOG_HERE, LOG_LEVEL_ERROR, "bad-record", &where, "text");
	ck_assert_str_eq(field_of(&fields, "ONCED_ERROR"), "STOP 65");
	ck_assert_str_eq(field_of(&fields, "ONCED_TOPIC"), "in");
	ck_assert_str_eq(field_of(&fields, "ONCED_PARTITION"), "3");
	ck_assert_str_eq(field_of(&fields, "ONCED_OFFSET"), "4711");
}
END_TEST

START_TEST(repeats_are_held_back_and_counted)
{
	static struct log_limit limit;
	uint64_t held = 99;

	for (int i = 0; i < LOG_BURST; i++) {
		ck_assert(log_limit_pass(&limit, "e", "p", 1000 + i, &held));
		ck_assert_uint_eq(held, 0);
	}
	for (int i = 0; i < 41; i++)
		ck_assert(!log_limit_pass(&limit, "e", "p", 2000, &held));
	/* Other events and pipelines are not held back with it. */
	ck_assert(log_limit_pass(&limit, "e", "q", 2000, &held));
	ck_assert(log_limit_pass(&limit, "f", "p", 2000, &held));
	ck_assert(log_limit_pass(&limit, "e", NULL, 2000, &held));
	ck_assert(!log_limit_pass(&limit, "e", "p", 1000 + LOG_INTERVAL_MS - 1, &held));
	ck_assert(log_limit_pass(&limit, "e", "p", 1000 + LOG_INTERVAL_MS, &held));
	ck_assert_uint_eq(held, 42);
	ck_assert(log_limit_pass(&limit, "e", "p", 1001 + LOG_INTERVAL_MS, &held));
	ck_assert_uint_eq(held, 0);
}
END_TEST

START_TEST(a_sweep_tells_what_no_later_line_did)
{
	static struct log_limit limit;
	const char *event, *pipeline;
	uint64_t held;

	for (int i = 0; i < LOG_BURST + 3; i++)
		(void)log_limit_pass(&limit, "e", "p", 0, &held);
	ck_assert(!log_limit_sweep(&limit, LOG_INTERVAL_MS - 1, &event, &pipeline, &held));
	ck_assert(log_limit_sweep(&limit, LOG_INTERVAL_MS, &event, &pipeline, &held));
	ck_assert_str_eq(event, "e");
	ck_assert_str_eq(pipeline, "p");
	ck_assert_uint_eq(held, 3);
	ck_assert(!log_limit_sweep(&limit, LOG_INTERVAL_MS, &event, &pipeline, &held));
}
END_TEST

START_TEST(a_full_table_makes_room)
{
	static struct log_limit limit;
	static char names[LOG_KINDS_MAX + 1][16];
	uint64_t held;

	for (int i = 0; i <= LOG_KINDS_MAX; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "e%d", i);
		ck_assert(log_limit_pass(&limit, names[i], NULL, i, &held));
	}
	ck_assert_str_eq(limit.kinds[0].event, names[LOG_KINDS_MAX]);
}
END_TEST

START_TEST(lines_below_the_level_are_not_written)
{
	char text[4096];
	int ends[2], saved = dup(STDERR_FILENO);
	ssize_t length;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	ck_assert_int_ge(dup2(ends[1], STDERR_FILENO), 0);
	log_open(LOG_LEVEL_INFO, true);
	log_event(LOG_LEVEL_DEBUG, "low", NULL, "not this");
	log_event(LOG_LEVEL_INFO, "high", &(struct log_where){"p", 0, NULL, -1, -1, NULL}, "%d", 7);
	for (int i = 0; i < LOG_BURST + 5; i++)
		log_event(LOG_LEVEL_INFO, "many", NULL, "again");
	(void)dup2(saved, STDERR_FILENO);
	length = read(ends[0], text, sizeof(text) - 1);
	ck_assert_int_gt(length, 0);
	text[length] = '\0';
	ck_assert_ptr_null(strstr(text, "not this"));
	ck_assert_ptr_nonnull(strstr(text, " info p/0: 7\n"));
	for (int i = 0; i < LOG_BURST; i++) {
		char *at = strstr(text, "again");

		ck_assert_ptr_nonnull(at);
		*at = 'X';
	}
	ck_assert_ptr_null(strstr(text, "again"));
	(void)close(saved);
	(void)close(ends[0]);
	(void)close(ends[1]);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("log");

	tcase_add_test(tcase, a_line_names_time_level_and_place);
	tcase_add_test(tcase, a_line_leaves_out_what_is_not_said);
	tcase_add_test(tcase, control_characters_are_escaped);
	tcase_add_test(tcase, an_escape_is_never_cut_in_half);
	tcase_add_test(tcase, the_longest_text_still_ends_its_line);
	tcase_add_test(tcase, the_journal_gets_every_field);
	tcase_add_test(tcase, the_journal_gets_the_error_and_its_place);
	tcase_add_test(tcase, repeats_are_held_back_and_counted);
	tcase_add_test(tcase, a_sweep_tells_what_no_later_line_did);
	tcase_add_test(tcase, a_full_table_makes_room);
	tcase_add_test(tcase, lines_below_the_level_are_not_written);
	return suite_run("log", tcase);
}
