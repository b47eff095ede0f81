/*
 * contract_broker: see contract_broker.h. Goal: every promise of port/broker.h that the worker
 * relies on. Method: one or two members of a group of their own, topics of their own per test.
 */
#include "lib/contract_broker.h"

#include "lib/contract_txn.h"
#include "lib/member.h"

static void setup(void)
{
	member_world->begin();
}

static void teardown(void)
{
	member_world->end();
}

START_TEST(joining_assigns_every_partition_with_our_topic_pointers)
{
	struct names names = member_names_make(3);
	struct member member;
	bool seen[3] = {false};

	member_open(&member, names.group, "i1", names.txn, names.in);
	ck_assert(!member.broker->ops->is_member(member.broker));
	member_join(&member);
	ck_assert_uint_eq(member.part_count, 3);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_ptr_eq(member.parts[i].topic, member.topics[0]);
		ck_assert(member.parts[i].partition >= 0 && member.parts[i].partition < 3);
		seen[member.parts[i].partition] = true;
	}
	ck_assert(seen[0] && seen[1] && seen[2]);
	ck_assert(member.broker->ops->is_member(member.broker));
	ck_assert(!member.broker->ops->assignment_lost(member.broker));
	member_close(&member);
}
END_TEST

START_TEST(records_arrive_in_order_with_every_byte_then_the_end)
{
	struct names names = member_names_make(1);
	const struct header headers[] = {
		{bytes_str("a"), bytes_str("1")},
		{bytes_str("a"), BYTES_NULL},
		{bytes_str("b"), bytes_of("", 0)},
		{bytes_str("c"), bytes_of("\0\xff", 2)},
	};
	const struct record records[] = {
		{bytes_str("k"), bytes_of("\0v\xff", 3), headers, 4, 1700000000001},
		{BYTES_NULL, BYTES_NULL, NULL, 0, 5},
		{bytes_of("", 0), bytes_of("", 0), NULL, 0, 4102444800000},
	};
	struct member member;
	struct broker_event events[3], end;

	member_world->append(names.in, 0, records, 3, false);
	member_open(&member, names.group, "i1", names.txn, names.in);
	member_join(&member);
	for (int i = 0; i < 3; i++)
		member_expect(&member, BROKER_RECORD, &events[i]);
	member_expect(&member, BROKER_EOF, &end);
	/* All three are compared after the last one came: they are borrowed until release. */
	for (int i = 0; i < 3; i++) {
		const struct record *got = &events[i].record;

		ck_assert_ptr_eq(events[i].source.topic, member.topics[0]);
		ck_assert_int_eq(events[i].source.partition, 0);
		ck_assert_int_eq(events[i].source.offset, i);
		ck_assert(bytes_equal(got->key, records[i].key));
		ck_assert(bytes_equal(got->value, records[i].value));
		ck_assert_int_eq(got->timestamp, records[i].timestamp);
		ck_assert_uint_eq(got->header_count, records[i].header_count);
		for (size_t h = 0; h < got->header_count; h++) {
			ck_assert(bytes_equal(got->headers[h].name, headers[h].name));
			ck_assert(bytes_equal(got->headers[h].value, headers[h].value));
		}
	}
	ck_assert_int_eq(end.source.offset, 3);
	member.broker->ops->release(member.broker);
	member_close(&member);
}
END_TEST

START_TEST(the_end_lies_behind_control_records)
{
	struct names names = member_names_make(1);
	struct record record = member_text("x");
	struct member member;
	struct broker_event event;
	int64_t start, end;
	struct err err;

	member_world->append(names.in, 0, &record, 1, true);
	member_open(&member, names.group, "i1", names.txn, names.in);
	member_join(&member);
	member_expect(&member, BROKER_RECORD, &event);
	ck_assert_int_eq(event.source.offset, 0);
	member_expect(&member, BROKER_EOF, &event);
	ck_assert_int_eq(event.source.offset, 2);
	ck_assert_msg(member.broker->ops->log_range(member.broker, (struct tp){names.in, 0}, &start,
						    &end, &err) == 0,
		      "%s", err.msg);
	ck_assert_int_eq(start, 0);
	ck_assert_int_eq(end, 2);
	member_close(&member);
}
END_TEST

START_TEST(assign_rewinds_to_the_very_record)
{
	struct names names = member_names_make(1);
	struct member member;
	struct broker_event event;

	for (int i = 0; i < 4; i++)
		member_append(names.in, 0, i == 2 ? "two" : "other");
	member_open(&member, names.group, "i1", names.txn, names.in);
	member_join(&member);
	for (int i = 0; i < 4; i++)
		member_expect(&member, BROKER_RECORD, &event);
	member.broker->ops->release(member.broker);
	member_assign_at(&member, 2);
	member_expect(&member, BROKER_RECORD, &event);
	ck_assert_int_eq(event.source.offset, 2);
	ck_assert(bytes_equal(event.record.value, bytes_str("two")));
	member_close(&member);
}
END_TEST

/* A way back and a revoke right behind it. */
START_TEST(an_assignment_may_follow_another_at_once)
{
	struct names names = member_names_make(3);
	struct member member;
	struct broker_event event;
	struct err err;

	for (int i = 0; i < 3; i++)
		member_append(names.in, i, "x");
	member_open(&member, names.group, "i1", names.txn, names.in);
	member_join(&member);
	for (int i = 0; i < 300; i++) {
		member_assign_at(&member, 0);
		member_assign_at(&member, 0);
		ck_assert_msg(member.broker->ops->unassign(member.broker, &err) == 0, "%s",
			      err.msg);
		member_assign_at(&member, 0);
	}
	for (int i = 0; i < 3; i++) {
		do
			member_next(&member, &event);
		while (event.kind == BROKER_EOF);
		ck_assert_int_eq(event.kind, BROKER_RECORD);
	}
	member_close(&member);
}
END_TEST

START_TEST(an_empty_assign_stops_intake_but_not_membership)
{
	struct names names = member_names_make(1);
	struct member member;
	struct broker_event event;
	struct err err;

	member_append(names.in, 0, "a");
	member_open(&member, names.group, "i1", names.txn, names.in);
	member_join(&member);
	member_expect(&member, BROKER_RECORD, &event);
	ck_assert_msg(member.broker->ops->assign(member.broker, NULL, 0, &err) == 0, "%s", err.msg);
	member_append(names.in, 0, "b");
	for (int i = 0; i < 10; i++) {
		ck_assert_int_eq(member.broker->ops->poll(member.broker, MEMBER_POLL_MS, &event,
							  &err),
				 0);
		ck_assert_int_eq(event.kind, BROKER_NOTHING);
	}
	ck_assert(member.broker->ops->is_member(member.broker));
	member_assign_at(&member, 1);
	member_expect(&member, BROKER_RECORD, &event);
	ck_assert_int_eq(event.source.offset, 1);
	member_close(&member);
}
END_TEST

START_TEST(a_position_outside_the_log_is_an_event)
{
	struct names names = member_names_make(1);
	struct member member;
	struct broker_event event;

	member_append(names.in, 0, "a");
	member_open(&member, names.group, "i1", names.txn, names.in);
	member_join(&member);
	member_expect(&member, BROKER_RECORD, &event);
	member_expect(&member, BROKER_EOF, &event);
	member_assign_at(&member, 100);
	member_expect(&member, BROKER_OFFSET_GONE, &event);
	ck_assert_ptr_eq(event.source.topic, member.topics[0]);
	ck_assert_int_eq(event.source.partition, 0);
	member_close(&member);
}
END_TEST

/* Polls both until each has an assignment of one partition; answers a revoke of the first one
 * only after `held` further polls, in which no record may come. */
static void share(struct member *first, struct member *second, int held)
{
	int64_t until = member_now_ms() + MEMBER_DEADLINE_MS;
	struct member *members[] = {first, second};
	bool have[2] = {false};
	struct broker_event event;
	struct err err;

	for (int turn = 0; !have[0] || !have[1]; turn = !turn) {
		struct member *member = members[turn];

		ck_assert_msg(member_now_ms() < until, "no rebalance in time");
		if (member->broker->ops->poll(member->broker, MEMBER_POLL_MS, &event, &err) < 0)
			continue;
		if (event.kind == BROKER_REVOKED) {
			for (int i = 0; i < held; i++) {
				struct broker_event no;

				ck_assert_int_eq(member->broker->ops->poll(member->broker,
									   MEMBER_POLL_MS, &no,
									   &err),
						 0);
				ck_assert_int_eq(no.kind, BROKER_NOTHING);
			}
			ck_assert(!have[!turn]); /* the others wait for our answer */
			ck_assert_int_eq(member->broker->ops->unassign(member->broker, &err), 0);
			have[turn] = false;
		} else if (event.kind == BROKER_ASSIGNED) {
			member_keep(member, &event);
			member_assign_at(member, 0);
			have[turn] = member->part_count == 1;
		}
		member->broker->ops->release(member->broker);
	}
}

START_TEST(a_rebalance_waits_for_the_answer_and_delivers_nothing_meanwhile)
{
	struct names names = member_names_make(2);
	struct member first, second;
	struct err err;

	for (int i = 0; i < 50; i++)
		member_append(names.in, i % 2, "x");
	member_open(&first, names.group, "i1", names.txn, names.in);
	member_join(&first);
	ck_assert_uint_eq(first.part_count, 2);
	member_open(&second, names.group, "i2", member_world->name("txn2"), names.in);
	member_renew(&second);
	ck_assert_int_eq(second.broker->ops->subscribe(second.broker, &err), 0);
	share(&first, &second, 10);
	ck_assert_int_ne(first.parts[0].partition, second.parts[0].partition);
	member_close(&second);
	member_close(&first);
}
END_TEST

START_TEST(after_revoked_the_batch_in_flight_can_still_be_committed)
{
	struct names names = member_names_make(2);
	struct member first, second;
	struct broker_event event, other;
	int64_t until = member_now_ms() + MEMBER_DEADLINE_MS;
	char metadata[512];
	struct err err;

	member_open(&first, names.group, "i1", names.txn, names.in);
	member_join(&first);
	member_begin(&first);
	member_produce(&first, names.out, "x");
	member_open(&second, names.group, "i2", member_world->name("txn2"), names.in);
	member_renew(&second);
	ck_assert_int_eq(second.broker->ops->subscribe(second.broker, &err), 0);
	do { /* the second one needs its polls to join */
		ck_assert_msg(member_now_ms() < until, "not revoked in time");
		(void)!second.broker->ops->poll(second.broker, 1, &other, &err);
		if (first.broker->ops->poll(first.broker, MEMBER_POLL_MS, &event, &err) < 0)
			event.kind = BROKER_NOTHING;
	} while (event.kind != BROKER_REVOKED);
	ck_assert(!first.broker->ops->assignment_lost(first.broker));
	ck_assert(first.broker->ops->is_member(first.broker));
	ck_assert_msg(member_send(&first, 0, 4, "m", &err) == 0, "%s", err.msg);
	member_commit(&first);
	ck_assert_int_eq(first.broker->ops->unassign(first.broker, &err), 0);
	ck_assert_int_eq(member_committed(&second, 0, metadata), 4);
	ck_assert_int_eq(member_visible(names.out), 1);
	member_close(&second);
	member_close(&first);
}
END_TEST

START_TEST(a_second_consumer_with_our_instance_id_stops_us)
{
	struct names names = member_names_make(1);
	struct member first, second;
	struct broker_event event;
	int64_t until = member_now_ms() + MEMBER_DEADLINE_MS;
	struct err err;

	member_open(&first, names.group, "i1", names.txn, names.in);
	member_join(&first);
	member_open(&second, names.group, "i1", member_world->name("txn2"), names.in);
	member_join(&second);
	for (;;) {
		ck_assert_msg(member_now_ms() < until, "not fenced in time");
		if (first.broker->ops->poll(first.broker, MEMBER_POLL_MS, &event, &err) < 0 &&
		    err.kind == ERR_STOP)
			break;
	}
	ck_assert_int_eq(err.code, EXIT_FENCED);
	member_close(&first);
	member_close(&second);
}
END_TEST

START_TEST(facts_of_topics_and_logs)
{
	struct names names = member_names_make(3);
	struct member member;
	struct tp tp = {names.in, 0};
	uint64_t cluster[2];
	int64_t start, end, at;
	int32_t partitions;
	bool compacted = true;
	struct record record = member_text("x");
	struct err err;
	const struct broker_ops *ops;

	for (int i = 0; i < 3; i++) {
		record.timestamp = 1000 * (i + 1);
		member_world->append(names.in, 0, &record, 1, false);
	}
	member_open(&member, names.group, "i1", names.txn, names.in);
	ops = member.broker->ops;
	for (int i = 0; i < 2; i++)
		ck_assert_msg(ops->cluster(member.broker, &cluster[i], &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(cluster[0], cluster[1]);
	ck_assert_msg(ops->topic(member.broker, names.in, &partitions, &compacted, &err) == 0, "%s",
		      err.msg);
	ck_assert_int_eq(partitions, 3);
	ck_assert(!compacted);
	ck_assert_int_eq(ops->topic(member.broker, member_world->name("nowhere"), &partitions,
				    &compacted, &err),
			 -1);
	ck_assert_msg(err.kind == ERR_RETRY, "%s", err.msg);
	ck_assert_msg(ops->log_range(member.broker, tp, &start, &end, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(start, 0);
	ck_assert_int_eq(end, 3);
	ck_assert_int_eq(ops->offset_at(member.broker, tp, 1001, &at, &err), 0);
	ck_assert_int_eq(at, 1);
	ck_assert_int_eq(ops->offset_at(member.broker, tp, 3000, &at, &err), 0);
	ck_assert_int_eq(at, 2);
	ck_assert_int_eq(ops->offset_at(member.broker, tp, 3001, &at, &err), 0);
	ck_assert_int_eq(at, 3);
	ops->close(NULL); /* fine */
	member_close(&member);
}
END_TEST

Suite *contract_broker_suite(const struct contract_world *world)
{
	Suite *suite = suite_create("broker contract");
	TCase *tcase = tcase_create("contract");

	member_world = world;
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, joining_assigns_every_partition_with_our_topic_pointers);
	if (!(member_world->lacks & CONTRACT_NO_BYTES))
		tcase_add_test(tcase, records_arrive_in_order_with_every_byte_then_the_end);
	tcase_add_test(tcase, the_end_lies_behind_control_records);
	tcase_add_test(tcase, assign_rewinds_to_the_very_record);
	tcase_add_test(tcase, an_assignment_may_follow_another_at_once);
	tcase_add_test(tcase, an_empty_assign_stops_intake_but_not_membership);
	tcase_add_test(tcase, a_position_outside_the_log_is_an_event);
	tcase_add_test(tcase, a_rebalance_waits_for_the_answer_and_delivers_nothing_meanwhile);
	tcase_add_test(tcase, after_revoked_the_batch_in_flight_can_still_be_committed);
	tcase_add_test(tcase, facts_of_topics_and_logs);
	contract_txn_add(tcase);
	suite_add_tcase(suite, tcase);
	if (!(member_world->lacks & CONTRACT_NO_STATIC_FENCING)) {
		tcase = tcase_create("fenced");
		tcase_set_tags(tcase, "slow"); /* it takes two sessions */
		tcase_set_timeout(tcase, 60);
		tcase_add_checked_fixture(tcase, setup, teardown);
		tcase_add_test(tcase, a_second_consumer_with_our_instance_id_stops_us);
		suite_add_tcase(suite, tcase);
	}
	return suite;
}
