/*
 * check_mock_taint: a producer whose EndTxn or TxnOffsetCommit may still be on its way to the
 * broker must not begin another transaction. Method: cut or delay that very request at the mock
 * broker and see the taint, although the call itself ends well; see none where nothing went wrong.
 */
#include <check.h>

#include "io/kafka_producer.h"
#include "lib/mock.h"
#include "lib/suite.h"

static struct mock mock;
static struct kafka_producer producer;

static void renew(void)
{
	struct err err = {.kind = ERR_RETRY};

	for (int i = 0; i < 10 && err.kind == ERR_RETRY; i++)
		if (kafka_producer_renew(&producer, &err) == 0)
			return;
	ck_abort_msg("%s %s", err_kind_name(err.kind), err.msg);
}

static void setup(void)
{
	mock_start(&mock);
	kafka_producer_init(&producer, &mock.conf);
	renew();
}

static void teardown(void)
{
	kafka_producer_close(&producer, 5000);
	mock_stop(&mock);
}

static int offsets(struct err *err)
{
	struct tp_offset offset = {{MOCK_IN, 0}, 5, "m"};
	rd_kafka_consumer_group_metadata_t *metadata =
		rd_kafka_consumer_group_metadata_new_with_genid(MOCK_GROUP, 1, "m", "i");
	int res = kafka_producer_send_offsets(&producer, &offset, 1, metadata, err);

	rd_kafka_consumer_group_metadata_destroy(metadata);
	return res;
}

static void begin_and_produce(void)
{
	struct output output = {MOCK_OUT, {.value = bytes_str("x"), .timestamp = 1}};
	struct err err;

	ck_assert_msg(kafka_producer_begin(&producer, &err) == 0, "%s", err.msg);
	ck_assert_msg(kafka_producer_produce(&producer, &output, &err) == 0, "%s", err.msg);
	ck_assert_msg(offsets(&err) == 0, "%s", err.msg);
}

/* Commits or aborts, resuming as often as it takes; returns how often it was RETRY. */
static int end(int (*call)(struct kafka_producer *, struct err *))
{
	struct err err;
	int retries = 0;

	while (call(&producer, &err) < 0) {
		ck_assert_msg(err.kind == ERR_RETRY, "%s %s", err_kind_name(err.kind), err.msg);
		ck_assert_int_lt(++retries, 50);
	}
	return retries;
}

START_TEST(clean_transactions_do_not_taint)
{
	for (int i = 0; i < 5; i++) {
		begin_and_produce();
		end(i % 2 ? kafka_producer_abort : kafka_producer_commit);
		ck_assert(!kafka_taint_is(&producer.taint));
		ck_assert(kafka_taint_ended(&producer.taint));
	}
}
END_TEST

static void cut_and_end(int (*call)(struct kafka_producer *, struct err *))
{
	begin_and_produce();
	mock_push(&mock, MOCK_END_TXN, RD_KAFKA_RESP_ERR__TRANSPORT, 1);
	end(call);
	ck_assert(kafka_taint_is(&producer.taint));
}

START_TEST(a_cut_commit_taints_though_it_ends_well_and_until_renewed)
{
	cut_and_end(kafka_producer_commit);
	begin_and_produce(); /* nobody should, but the taint must stick if one does */
	end(kafka_producer_commit);
	ck_assert(kafka_taint_is(&producer.taint));
	renew();
	ck_assert(!kafka_taint_is(&producer.taint));
	begin_and_produce();
	end(kafka_producer_commit);
	ck_assert(!kafka_taint_is(&producer.taint));
}
END_TEST

START_TEST(a_cut_abort_taints)
{
	cut_and_end(kafka_producer_abort);
}
END_TEST

/* librdkafka's log falls silent at the third one within 30 s. */
START_TEST(every_repeated_cut_taints)
{
	for (int i = 0; i < 4; i++) {
		cut_and_end(kafka_producer_commit);
		renew();
	}
}
END_TEST

START_TEST(a_commit_answered_late_is_resumed_and_taints)
{
	mock.conf.call_ms_max = 300;
	begin_and_produce();
	ck_assert_int_eq(rd_kafka_mock_broker_push_request_error_rtts(mock.cluster, 1, MOCK_END_TXN,
								      1, RD_KAFKA_RESP_ERR_NO_ERROR,
								      1000),
			 RD_KAFKA_RESP_ERR_NO_ERROR);
	ck_assert_int_gt(end(kafka_producer_commit), 0);
	ck_assert(kafka_taint_is(&producer.taint));
}
END_TEST

START_TEST(offsets_sent_twice_taint)
{
	struct err err;

	begin_and_produce();
	ck_assert(!kafka_taint_is(&producer.taint));
	ck_assert_int_eq(offsets(&err), 0);
	ck_assert(kafka_taint_is(&producer.taint));
	end(kafka_producer_abort);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("taint");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, clean_transactions_do_not_taint);
	tcase_add_test(tcase, a_cut_commit_taints_though_it_ends_well_and_until_renewed);
	tcase_add_test(tcase, a_cut_abort_taints);
	tcase_add_test(tcase, every_repeated_cut_taints);
	tcase_add_test(tcase, a_commit_answered_late_is_resumed_and_taints);
	tcase_add_test(tcase, offsets_sent_twice_taint);
	return suite_run("mock taint", tcase);
}
