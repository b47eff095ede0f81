/*
 * status: goal: the line that an operator reads. Method: sums of workers, and the whole line.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/suite.h"
#include "run/status.h"

static struct status status;
static char text[512];

START_TEST(all_well_is_one_short_line)
{
	status_init(&status);
	status.pipelines = 2;
	status_add(&status, 4, 100, 0, 9600);
	status_add(&status, 4, 20, 0, 9000);
	status_add_trouble(&status, "payments", 0, "");
	status_text(&status, 10000, text, sizeof(text));
	ck_assert_str_eq(text, "2 pipelines, 8 partitions, lag 120, last commit 0.4 s ago");
}
END_TEST

START_TEST(what_is_not_known_is_not_claimed)
{
	status_init(&status);
	status.pipelines = 1;
	status_add(&status, -1, -1, 0, 0);
	status_text(&status, 10000, text, sizeof(text));
	ck_assert_str_eq(text, "1 pipeline, 0 partitions, lag not known yet, no commit yet");
	/* A worker without partitions has no lag, which is known. */
	status_init(&status);
	status.pipelines = 1;
	status_add(&status, 1, 5, 7, 10);
	status_add(&status, 0, -1, 0, 0);
	status_text(&status, 12345, text, sizeof(text));
	ck_assert_str_eq(
		text,
		"1 pipeline, 1 partition, lag 5, 7 records to replay, last commit 12.3 s ago");
}
END_TEST

START_TEST(the_end_is_announced)
{
	status_init(&status);
	status.stopping = true;
	status.pipelines = 1;
	status_add(&status, 2, 5, 0, 9000);
	status_text(&status, 10000, text, sizeof(text));
	ck_assert_str_eq(text, "stopping: 1 pipeline, 2 partitions, lag 5, last commit 1.0 s ago");
}
END_TEST

START_TEST(a_replay_that_stands_still_without_a_reason_does_not_get_on)
{
	status_init(&status);
	status_add(&status, 1, 5, 0, 0);
	ck_assert(status_gets_on(&status, 10 * STATUS_STALL_MS)); /* nothing to replay */
	status_add(&status, 1, 5, 7, 0);
	ck_assert(status_gets_on(&status, STATUS_STALL_MS - 1));
	ck_assert(!status_gets_on(&status, STATUS_STALL_MS));
	status_add_trouble(&status, "b", 1, "broker away");
	ck_assert(status_gets_on(&status, STATUS_STALL_MS));
}
END_TEST

START_TEST(trouble_is_named_and_counted)
{
	status_init(&status);
	status.pipelines = 3;
	status.parked = 1;
	status.restarting = 1;
	status_add(&status, 1, 0, 0, 10);
	status_add_trouble(&status, "a", -1, "configuration");
	status_add_trouble(&status, "b", 1, "broker away");
	status_add_trouble(&status, "b", 2, "broker away");
	status_text(&status, 10, text, sizeof(text));
	ck_assert_str_eq(text, "3 pipelines (1 parked) (1 waiting to restart), 1 partition, lag 0, "
			       "last commit 0.0 s ago; a: configuration (and 2 more)");
	status_init(&status);
	status_add_trouble(&status, "b", 1, "broker away");
	ck_assert_str_eq(status.trouble, "b/1: broker away");
}
END_TEST

START_TEST(a_note_comes_last)
{
	status_init(&status);
	status.pipelines = 1;
	status_add(&status, 1, 0, 0, 10);
	status.note = "";
	status_text(&status, 10, text, sizeof(text));
	ck_assert_str_eq(text, "1 pipeline, 1 partition, lag 0, last commit 0.0 s ago");
	status_add_trouble(&status, "b", 1, "broker away");
	status.note = "reload refused (78): p.yaml:1:1: wrong";
	status_text(&status, 10, text, sizeof(text));
	ck_assert_str_eq(text, "1 pipeline, 1 partition, lag 0, last commit 0.0 s ago; b/1: broker "
			       "away; reload refused (78): p.yaml:1:1: wrong");
}
END_TEST

START_TEST(a_small_buffer_is_kept)
{
	char small[16];

	status_init(&status);
	memset(small, 'x', sizeof(small));
	status_text(&status, 10, small, 10);
	ck_assert_str_eq(small, "0 pipelin");
	ck_assert_int_eq(small[10], 'x');
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("status");

	tcase_add_test(tcase, all_well_is_one_short_line);
	tcase_add_test(tcase, what_is_not_known_is_not_claimed);
	tcase_add_test(tcase, the_end_is_announced);
	tcase_add_test(tcase, a_replay_that_stands_still_without_a_reason_does_not_get_on);
	tcase_add_test(tcase, trouble_is_named_and_counted);
	tcase_add_test(tcase, a_note_comes_last);
	tcase_add_test(tcase, a_small_buffer_is_kept);
	return suite_run("status", tcase);
}
