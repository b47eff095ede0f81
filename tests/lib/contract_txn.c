/*
 * contract_txn: the producer's half of the broker contract: what a commit, an abort, a fenced or a
 * new producer do to the outputs and to the committed offset.
 */
#include "lib/contract_txn.h"

#include <stdlib.h>
#include <string.h>

#include "lib/member.h"

START_TEST(a_commit_shows_all_and_moves_the_offset_with_its_metadata)
{
	struct names names = member_names_make(1);
	struct member member;
	char metadata[512], sent[512];
	struct err err;

	memset(sent, 'm', sizeof(sent));
	sent[500] = '\0';
	member_open(&member, names.group, "i1", names.txn, names.in);
	member_join(&member);
	ck_assert_int_eq(member_committed(&member, 0, metadata), -1);
	for (int round = 0; round < 2; round++) {
		member_begin(&member);
		for (int i = 0; i < 10; i++)
			member_produce(&member, names.out, "x");
		ck_assert_msg(member_send(&member, 0, 7 + round, sent, &err) == 0, "%s", err.msg);
		member_commit(&member);
		ck_assert_int_eq(member_visible(names.out), 10 * (round + 1));
		ck_assert_int_eq(member_committed(&member, 0, metadata), 7 + round);
		ck_assert_str_eq(metadata, sent);
		ck_assert(!member.broker->ops->tainted(member.broker));
	}
	member_close(&member);
}
END_TEST

START_TEST(offsets_alone_can_be_committed)
{
	struct names names = member_names_make(1);
	struct member member;
	char metadata[512];
	struct err err;

	member_open(&member, names.group, "i1", names.txn, names.in);
	member_join(&member);
	member_begin(&member);
	ck_assert_msg(member_send(&member, 0, 3, "m", &err) == 0, "%s", err.msg);
	member_commit(&member);
	ck_assert_int_eq(member_committed(&member, 0, metadata), 3);
	member_close(&member);
}
END_TEST

START_TEST(an_abort_shows_nothing_and_moves_nothing)
{
	struct names names = member_names_make(1);
	struct member member;
	char metadata[512], reason[128];
	struct err err;

	member_open(&member, names.group, "i1", names.txn, names.in);
	member_join(&member);
	member_begin(&member);
	member_produce(&member, names.out, "gone");
	ck_assert_msg(member_send(&member, 0, 9, "m", &err) == 0, "%s", err.msg);
	member_abort(&member);
	ck_assert(!member.broker->ops->refused(member.broker, reason, sizeof(reason)));
	ck_assert_str_eq(reason, "");
	member_begin(&member);
	member_produce(&member, names.out, "stays");
	ck_assert_msg(member_send(&member, 0, 1, "m", &err) == 0, "%s", err.msg);
	member_commit(&member);
	ck_assert_int_eq(member_visible(names.out), 1);
	ck_assert_int_eq(member_committed(&member, 0, metadata), 1);
	member_close(&member);
}
END_TEST

START_TEST(offsets_of_no_member_are_not_sent)
{
	struct names names = member_names_make(1);
	struct member member;
	struct err err;

	member_open(&member, names.group, "i1", names.txn, names.in);
	member_renew(&member);
	member_begin(&member);
	member_produce(&member, names.out, "x");
	ck_assert_int_eq(member_send(&member, 0, 1, "m", &err), -1);
	ck_assert_int_eq(err.kind, ERR_ABORT);
	member_abort(&member);
	ck_assert_int_eq(member_visible(names.out), 0);
	member_close(&member);
}
END_TEST

START_TEST(a_new_producer_ends_what_the_old_one_left)
{
	struct names names = member_names_make(1);
	struct member member;
	char metadata[512];
	struct err err;

	member_open(&member, names.group, "i1", names.txn, names.in);
	member_join(&member);
	member_begin(&member);
	member_produce(&member, names.out, "gone");
	ck_assert_msg(member_send(&member, 0, 9, "m", &err) == 0, "%s", err.msg);
	member_renew(&member);
	ck_assert_int_eq(member_committed(&member, 0, metadata), -1);
	member_begin(&member);
	member_produce(&member, names.out, "stays");
	ck_assert_msg(member_send(&member, 0, 1, "m", &err) == 0, "%s", err.msg);
	member_commit(&member);
	ck_assert_int_eq(member_visible(names.out), 1);
	ck_assert(!member.broker->ops->tainted(member.broker));
	member_close(&member);
}
END_TEST

START_TEST(a_fenced_producer_is_told_so_and_its_records_vanish)
{
	struct names names = member_names_make(1);
	struct member first, second;
	struct err err;
	int res;

	member_open(&first, names.group, "i1", names.txn, names.in);
	member_join(&first);
	member_begin(&first);
	member_produce(&first, names.out, "gone");
	member_open(&second, member_world->name("group2"), "i2", names.txn, names.in);
	member_renew(&second);
	res = member_send(&first, 0, 1, "m", &err);
	if (res == 0)
		res = first.broker->ops->commit(first.broker, &err);
	ck_assert_int_eq(res, -1);
	ck_assert_msg(err.kind == ERR_UNKNOWN, "%s %s", err_kind_name(err.kind), err.msg);
	ck_assert_int_eq(err.code, BROKER_CODE_FENCED);
	ck_assert(first.broker->ops->tainted(first.broker));
	member_renew(&first);
	ck_assert_int_eq(member_visible(names.out), 0);
	member_close(&second);
	member_close(&first);
}
END_TEST

START_TEST(a_missing_output_topic_is_retried_until_it_is_there)
{
	struct names names = member_names_make(1);
	const char *late = member_world->name("late");
	struct output output = {late, member_text("x")};
	struct member member;
	struct err err;

	member_open(&member, names.group, "i1", names.txn, names.in);
	member_join(&member);
	member_begin(&member);
	ck_assert_int_eq(member.broker->ops->produce(member.broker, &output, &err), -1);
	ck_assert_msg(err.kind == ERR_RETRY, "%s %s", err_kind_name(err.kind), err.msg);
	ck_assert_ptr_nonnull(strstr(err.msg, late));
	member_world->create(late, 1, 0);
	member_produce(&member, late, "x");
	ck_assert_msg(member_send(&member, 0, 1, "m", &err) == 0, "%s", err.msg);
	member_commit(&member);
	ck_assert_int_eq(member_visible(late), 1);
	member_close(&member);
}
END_TEST

START_TEST(a_refused_record_aborts_and_is_named_until_begin)
{
	struct names names = member_names_make(1);
	const char *small = member_world->name("small");
	struct member member;
	char *large = malloc(20001), reason[256];
	struct err err;
	int res;

	memset(large, 'x', 20000);
	large[20000] = '\0';
	member_world->create(small, 1, 1000);
	member_open(&member, names.group, "i1", names.txn, names.in);
	member_join(&member);
	member_begin(&member);
	member_produce(&member, small, large);
	res = member_send(&member, 0, 1, "m", &err);
	if (res == 0)
		res = member.broker->ops->commit(member.broker, &err);
	ck_assert_int_eq(res, -1);
	ck_assert_msg(err.kind == ERR_ABORT, "%s %s", err_kind_name(err.kind), err.msg);
	member_abort(&member);
	ck_assert(member.broker->ops->refused(member.broker, reason, sizeof(reason)));
	ck_assert_ptr_nonnull(strstr(reason, small));
	if (member.broker->ops->tainted(member.broker))
		member_renew(&member);
	member_begin(&member);
	ck_assert(!member.broker->ops->refused(member.broker, reason, sizeof(reason)));
	member_produce(&member, small, "fits");
	ck_assert_msg(member_send(&member, 0, 1, "m", &err) == 0, "%s", err.msg);
	member_commit(&member);
	ck_assert_int_eq(member_visible(small), 1);
	member_close(&member);
	free(large);
}
END_TEST

void contract_txn_add(TCase *tcase)
{
	tcase_add_test(tcase, a_commit_shows_all_and_moves_the_offset_with_its_metadata);
	tcase_add_test(tcase, offsets_alone_can_be_committed);
	tcase_add_test(tcase, an_abort_shows_nothing_and_moves_nothing);
	tcase_add_test(tcase, offsets_of_no_member_are_not_sent);
	tcase_add_test(tcase, a_new_producer_ends_what_the_old_one_left);
	tcase_add_test(tcase, a_fenced_producer_is_told_so_and_its_records_vanish);
	tcase_add_test(tcase, a_missing_output_topic_is_retried_until_it_is_there);
	if (!(member_world->lacks & CONTRACT_NO_REFUSAL))
		tcase_add_test(tcase, a_refused_record_aborts_and_is_named_until_begin);
}
