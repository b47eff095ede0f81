/*
 * txn: goal: every state has one answer to every event, and an event that cannot happen there ends
 * the process. Method: a table of all of them, each state reached by the events that lead to it;
 * then what a table cannot say: the retry clock, taint, fencing.
 */
#include <check.h>
#include <signal.h>
#include <stdlib.h>

#include "core/txn.h"
#include "lib/suite.h"

#define RETRY_MS 1000

/* OPEN is two places: before and after the broker has answered to begin. */
enum place { READY, BEGINNING, OPEN, OFFSETS, COMMIT, ABORTING, RENEWING, SETTLING, STOPPED };
#define PLACES (STOPPED + 1)

static const enum txn_state state_of[PLACES] = {
	[READY] = TXN_READY,       [BEGINNING] = TXN_OPEN,    [OPEN] = TXN_OPEN,
	[OFFSETS] = TXN_OFFSETS,   [COMMIT] = TXN_COMMIT,     [ABORTING] = TXN_ABORTING,
	[RENEWING] = TXN_RENEWING, [SETTLING] = TXN_SETTLING, [STOPPED] = TXN_STOPPED,
};

struct answer {
	bool possible; /* false: the process ends */
	enum place next;
	enum txn_action action;
};

#define TO(next, action)                                                                           \
	{                                                                                          \
		true, next, action                                                                 \
	}
#define NEVER                                                                                      \
	{                                                                                          \
		false, STOPPED, TXN_WAIT                                                           \
	}
#define STOP TO(STOPPED, TXN_DO_STOP)
#define RENEW TO(RENEWING, TXN_DO_RENEW)
#define ABORT TO(ABORTING, TXN_DO_ABORT)
#define SETTLE TO(SETTLING, TXN_DO_SETTLE)

/* In the order of enum txn_event: BEGIN SEAL DROP OK RETRY ABORT UNKNOWN STOP. */
static const struct answer table[PLACES][TXN_EVENTS] = {
	[READY] = {TO(BEGINNING, TXN_DO_BEGIN), NEVER, RENEW, NEVER, NEVER, NEVER, RENEW, STOP},
	[BEGINNING] = {NEVER, NEVER, RENEW, TO(OPEN, TXN_WAIT), TO(BEGINNING, TXN_DO_BEGIN), RENEW,
		       RENEW, STOP},
	[OPEN] = {NEVER, TO(OFFSETS, TXN_DO_OFFSETS), ABORT, NEVER, NEVER, ABORT, RENEW, STOP},
	[OFFSETS] = {NEVER, NEVER, NEVER, TO(COMMIT, TXN_DO_COMMIT), TO(OFFSETS, TXN_DO_OFFSETS),
		     ABORT, RENEW, STOP},
	[COMMIT] = {NEVER, NEVER, NEVER, TO(READY, TXN_DO_APPLY), TO(COMMIT, TXN_DO_COMMIT), ABORT,
		    RENEW, STOP},
	[ABORTING] = {NEVER, NEVER, NEVER, SETTLE, ABORT, RENEW, RENEW, STOP},
	[RENEWING] = {NEVER, NEVER, NEVER, SETTLE, RENEW, RENEW, RENEW, STOP},
	[SETTLING] = {NEVER, NEVER, NEVER, TO(READY, TXN_WAIT), SETTLE, SETTLE, SETTLE, STOP},
	[STOPPED] = {STOP, STOP, STOP, STOP, STOP, STOP, STOP, STOP},
};

/* A machine in that place, by the shortest way. */
static struct txn at(enum place place)
{
	static const enum txn_event ways[PLACES][8] = {
		[RENEWING] = {TXN_EVENTS},
		[SETTLING] = {TXN_EV_OK, TXN_EVENTS},
		[READY] = {TXN_EV_OK, TXN_EV_OK, TXN_EVENTS},
		[BEGINNING] = {TXN_EV_OK, TXN_EV_OK, TXN_EV_BEGIN, TXN_EVENTS},
		[OPEN] = {TXN_EV_OK, TXN_EV_OK, TXN_EV_BEGIN, TXN_EV_OK, TXN_EVENTS},
		[OFFSETS] = {TXN_EV_OK, TXN_EV_OK, TXN_EV_BEGIN, TXN_EV_OK, TXN_EV_SEAL,
			     TXN_EVENTS},
		[COMMIT] = {TXN_EV_OK, TXN_EV_OK, TXN_EV_BEGIN, TXN_EV_OK, TXN_EV_SEAL, TXN_EV_OK,
			    TXN_EVENTS},
		[ABORTING] = {TXN_EV_OK, TXN_EV_OK, TXN_EV_BEGIN, TXN_EV_OK, TXN_EV_DROP,
			      TXN_EVENTS},
		[STOPPED] = {TXN_EV_STOP, TXN_EVENTS},
	};
	struct txn txn;

	txn_init(&txn, RETRY_MS);
	for (int i = 0; ways[place][i] != TXN_EVENTS; i++)
		(void)txn_step(&txn, ways[place][i], 0);
	ck_assert_int_eq(txn.state, state_of[place]);
	ck_assert_int_eq(txn.begun, place >= OPEN && place <= COMMIT);
	return txn;
}

START_TEST(every_state_answers_every_event)
{
	enum place place = (enum place)(_i / TXN_EVENTS);
	enum txn_event event = (enum txn_event)(_i % TXN_EVENTS);
	const struct answer *answer = &table[place][event];
	struct txn txn = at(place);
	bool begun = txn.begun;

	if (!answer->possible)
		return; /* the next test's */
	ck_assert_int_eq(txn_step(&txn, event, 5), answer->action);
	ck_assert_int_eq(txn.state, state_of[answer->next]);
	if (answer->next != STOPPED) /* which tells what is left to abort */
		begun = answer->next >= OPEN && answer->next <= COMMIT;
	ck_assert_int_eq(txn.begun, begun);
	ck_assert(txn.retry_since_ms == -1 || event == TXN_EV_RETRY);
}
END_TEST

/* Numbered through all that cannot happen, as Check counts the tests before it runs them. */
static int nth_impossible(int n)
{
	for (int i = 0; i < PLACES * TXN_EVENTS; i++)
		if (!table[i / TXN_EVENTS][i % TXN_EVENTS].possible && n-- == 0)
			return i;
	return -1;
}

START_TEST(an_event_that_cannot_happen_ends_the_process)
{
	int i = nth_impossible(_i);
	struct txn txn = at((enum place)(i / TXN_EVENTS));

	(void)txn_step(&txn, (enum txn_event)(i % TXN_EVENTS), 5);
}
END_TEST

START_TEST(an_event_that_is_none_ends_the_process)
{
	struct txn txn = at(READY);

	(void)txn_step(&txn, TXN_EVENTS, 5);
}
END_TEST

START_TEST(a_tainted_producer_never_begins)
{
	struct txn txn = at(READY);

	txn_taint(&txn);
	(void)txn_step(&txn, TXN_EV_BEGIN, 5);
}
END_TEST

START_TEST(a_retry_inside_a_transaction_ends_as_unknown_when_its_time_is_over)
{
	static const enum place places[] = {BEGINNING, OFFSETS, COMMIT, ABORTING};
	struct txn txn = at(places[_i]);
	enum txn_action same = txn_step(&txn, TXN_EV_RETRY, 100);

	ck_assert_int_eq(same, table[places[_i]][TXN_EV_RETRY].action);
	ck_assert_int_eq(txn_step(&txn, TXN_EV_RETRY, 100 + RETRY_MS - 1), same);
	ck_assert_uint_eq(txn.unknowns, 0);
	ck_assert_int_eq(txn_step(&txn, TXN_EV_RETRY, 100 + RETRY_MS), TXN_DO_RENEW);
	ck_assert_int_eq(txn.state, TXN_RENEWING);
	ck_assert_uint_eq(txn.unknowns, 1);
	ck_assert(!txn.begun);
}
END_TEST

START_TEST(renewing_and_settling_are_retried_for_ever)
{
	static const enum place places[] = {RENEWING, SETTLING};
	struct txn txn = at(places[_i]);

	for (int64_t now = 0; now < 100 * RETRY_MS; now += RETRY_MS / 2)
		ck_assert_int_eq(txn_step(&txn, TXN_EV_RETRY, now),
				 table[places[_i]][TXN_EV_RETRY].action);
	ck_assert_int_eq(txn.state, state_of[places[_i]]);
	ck_assert_uint_eq(txn.unknowns, 0);
}
END_TEST

START_TEST(each_action_has_a_retry_clock_of_its_own)
{
	struct txn txn = at(OFFSETS);

	(void)txn_step(&txn, TXN_EV_RETRY, 0);
	ck_assert_int_eq(txn_step(&txn, TXN_EV_OK, 900), TXN_DO_COMMIT);
	ck_assert_int_eq(txn_step(&txn, TXN_EV_RETRY, 950), TXN_DO_COMMIT);
	ck_assert_int_eq(txn_step(&txn, TXN_EV_RETRY, 1900), TXN_DO_COMMIT);
	ck_assert_int_eq(txn_step(&txn, TXN_EV_RETRY, 1950), TXN_DO_RENEW);
}
END_TEST

START_TEST(a_tainted_commit_is_applied_and_the_producer_replaced_before_the_next_begin)
{
	struct txn txn = at(COMMIT);

	txn_taint(&txn);
	ck_assert_int_eq(txn_step(&txn, TXN_EV_OK, 0), TXN_DO_APPLY);
	ck_assert_int_eq(txn.state, TXN_READY);
	ck_assert(txn.tainted);
	ck_assert_int_eq(txn_step(&txn, TXN_EV_DROP, 0), TXN_DO_RENEW);
	ck_assert_int_eq(txn_step(&txn, TXN_EV_OK, 0), TXN_DO_SETTLE);
	ck_assert(!txn.tainted);
	ck_assert_int_eq(txn_step(&txn, TXN_EV_OK, 0), TXN_WAIT);
	ck_assert_int_eq(txn_step(&txn, TXN_EV_BEGIN, 0), TXN_DO_BEGIN);
}
END_TEST

START_TEST(a_tainted_abort_is_followed_by_a_new_producer)
{
	struct txn txn = at(ABORTING);

	txn_taint(&txn);
	ck_assert_int_eq(txn_step(&txn, TXN_EV_OK, 0), TXN_DO_RENEW);
	ck_assert(txn.tainted);
	/* A renew that has to be tried again changes nothing about that. */
	ck_assert_int_eq(txn_step(&txn, TXN_EV_UNKNOWN, 0), TXN_DO_RENEW);
	ck_assert(txn.tainted);
	ck_assert_int_eq(txn_step(&txn, TXN_EV_OK, 0), TXN_DO_SETTLE);
	ck_assert(!txn.tainted);
}
END_TEST

START_TEST(taint_outlives_a_seal_and_an_open_batch)
{
	struct txn txn = at(OPEN);

	txn_taint(&txn);
	ck_assert_int_eq(txn_step(&txn, TXN_EV_SEAL, 0), TXN_DO_OFFSETS);
	ck_assert_int_eq(txn_step(&txn, TXN_EV_OK, 0), TXN_DO_COMMIT);
	ck_assert_int_eq(txn_step(&txn, TXN_EV_OK, 0), TXN_DO_APPLY);
	ck_assert(txn.tainted);
}
END_TEST

START_TEST(fenced_three_times_within_a_minute)
{
	struct txn txn = at(READY);

	ck_assert(!txn_fenced(&txn, 0));
	ck_assert(!txn_fenced(&txn, 30000));
	ck_assert(txn_fenced(&txn, 60000));
	ck_assert(!txn_fenced(&txn, 90001)); /* 30000 to 90001 is more than a minute */
	ck_assert(!txn_fenced(&txn, 150000));
	ck_assert(txn_fenced(&txn, 150001));
}
END_TEST

START_TEST(fenced_now_and_then_is_no_stop)
{
	struct txn txn = at(READY);

	for (int64_t now = 0; now < 3600000; now += 30001)
		ck_assert(!txn_fenced(&txn, now));
}
END_TEST

START_TEST(what_happened_is_counted_once)
{
	struct txn txn = at(COMMIT);

	(void)txn_step(&txn, TXN_EV_OK, 0);
	ck_assert_uint_eq(txn.commits, 1);
	txn = at(OFFSETS);
	(void)txn_step(&txn, TXN_EV_ABORT, 0);
	(void)txn_step(&txn, TXN_EV_RETRY, 0);
	ck_assert_uint_eq(txn.aborts, 1);
	ck_assert_uint_eq(txn.unknowns, 0);
	(void)txn_step(&txn, TXN_EV_UNKNOWN, 0); /* and now the abort's own outcome is not known */
	(void)txn_step(&txn, TXN_EV_UNKNOWN, 0);
	ck_assert_uint_eq(txn.unknowns, 1);
	ck_assert_uint_eq(txn.commits, 0);
}
END_TEST

START_TEST(every_state_and_action_has_a_name)
{
	for (int i = 0; i < TXN_STATES; i++)
		for (int j = 0; j < i; j++)
			ck_assert_str_ne(txn_state_name((enum txn_state)i),
					 txn_state_name((enum txn_state)j));
	for (int i = 0; i <= TXN_DO_STOP; i++)
		for (int j = 0; j < i; j++)
			ck_assert_str_ne(txn_action_name((enum txn_action)i),
					 txn_action_name((enum txn_action)j));
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("txn");
	int impossible = 0;

	while (nth_impossible(impossible) >= 0)
		impossible++;
	tcase_add_loop_test(tcase, every_state_answers_every_event, 0, PLACES * TXN_EVENTS);
	tcase_add_loop_test_raise_signal(tcase, an_event_that_cannot_happen_ends_the_process,
					 SIGABRT, 0, impossible);
	tcase_add_test_raise_signal(tcase, an_event_that_is_none_ends_the_process, SIGABRT);
	tcase_add_test_raise_signal(tcase, a_tainted_producer_never_begins, SIGABRT);
	tcase_add_loop_test(tcase,
			    a_retry_inside_a_transaction_ends_as_unknown_when_its_time_is_over, 0,
			    4);
	tcase_add_loop_test(tcase, renewing_and_settling_are_retried_for_ever, 0, 2);
	tcase_add_test(tcase, each_action_has_a_retry_clock_of_its_own);
	tcase_add_test(tcase,
		       a_tainted_commit_is_applied_and_the_producer_replaced_before_the_next_begin);
	tcase_add_test(tcase, a_tainted_abort_is_followed_by_a_new_producer);
	tcase_add_test(tcase, taint_outlives_a_seal_and_an_open_batch);
	tcase_add_test(tcase, fenced_three_times_within_a_minute);
	tcase_add_test(tcase, fenced_now_and_then_is_no_stop);
	tcase_add_test(tcase, what_happened_is_counted_once);
	tcase_add_test(tcase, every_state_and_action_has_a_name);
	return suite_run("txn", tcase);
}
