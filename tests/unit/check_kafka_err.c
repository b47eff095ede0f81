/*
 * kafka_err: goal: each of librdkafka's codes has the kind that it should. Method: a table of those
 * that stop, and every code that the library knows against it; errors without a flag, as only these
 * can be made here. (Flags: tests/mock, where the library sets them.)
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "io/kafka_err.h"
#include "lib/c11_threads.h"
#include "lib/suite.h"
#include "port/broker.h"

static struct err err;

static rd_kafka_error_t *make(rd_kafka_resp_err_t code)
{
	return rd_kafka_error_new(code, "text of %d", (int)code);
}

/* --- codes outside of a transaction --- */

static const struct {
	rd_kafka_resp_err_t code;
	int exit; /* 0 = it is to be tried again */
} codes[] = {
	{RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, EXIT_PERMISSION},
	{RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, EXIT_PERMISSION},
	{RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, EXIT_PERMISSION},
	{RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, EXIT_PERMISSION},
	{RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, EXIT_PERMISSION},
	{RD_KAFKA_RESP_ERR__AUTHENTICATION, EXIT_PERMISSION},
	{RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID, EXIT_FENCED},
	{RD_KAFKA_RESP_ERR_INVALID_GROUP_ID, EXIT_CONFIG},
	{RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT, EXIT_CONFIG},
	{RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL, EXIT_CONFIG},
	{RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT, EXIT_CONFIG},
	{RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, EXIT_CONFIG},
	{RD_KAFKA_RESP_ERR__INVALID_ARG, EXIT_CONFIG},
	{RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, EXIT_CONFIG},
	{RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM, EXIT_CONFIG},
	{RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION, EXIT_CONFIG},
	{RD_KAFKA_RESP_ERR__TRANSPORT, 0},
	{RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, 0},
	{RD_KAFKA_RESP_ERR__TIMED_OUT, 0},
	{RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, 0},
	{RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT, 0},
	{RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, 0},
	{RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, 0},
	{RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, 0},
};

#define CODES ((int)(sizeof(codes) / sizeof(codes[0])))

START_TEST(a_code_stops_or_is_tried_again)
{
	ck_assert_int_eq(kafka_err_code(&err, codes[_i].code, "%s/%d", "in", 3), -1);
	ck_assert_int_eq(err.kind, codes[_i].exit ? ERR_STOP : ERR_RETRY);
	ck_assert_int_eq(err.code, codes[_i].exit ? codes[_i].exit : (int)codes[_i].code);
	ck_assert_msg(strstr(err.msg, "in/3: "), "%s", err.msg);
	ck_assert_msg(strstr(err.msg, rd_kafka_err2name(codes[_i].code)), "%s", err.msg);
}
END_TEST

/* --- the result of a transactional call --- */

START_TEST(an_error_without_a_flag_is_of_unknown_outcome)
{
	ck_assert_int_eq(kafka_err_txn(&err, make(RD_KAFKA_RESP_ERR__FAIL), "commit"), -1);
	ck_assert_int_eq(err.kind, ERR_UNKNOWN);
	ck_assert_int_eq(err.code, RD_KAFKA_RESP_ERR__FAIL);
	ck_assert_msg(strstr(err.msg, "commit: "), "%s", err.msg);
}
END_TEST

START_TEST(a_right_that_is_missing_stops_whatever_the_flags)
{
	(void)kafka_err_txn(&err, make(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED), "produce");
	ck_assert_int_eq(err.kind, ERR_STOP);
	ck_assert_int_eq(err.code, EXIT_PERMISSION);
}
END_TEST

/* Of TxnOffsetCommit: the group has another member in our place, which the consumer is told too. */
START_TEST(a_fenced_instance_in_a_transaction_is_not_the_stop)
{
	(void)kafka_err_txn(&err, make(RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID), "send_offsets");
	ck_assert_int_ne(err.kind, ERR_STOP);
}
END_TEST

START_TEST(a_fenced_producer_has_a_code_of_its_own)
{
	static const rd_kafka_resp_err_t fenced[] = {RD_KAFKA_RESP_ERR__FENCED,
						     RD_KAFKA_RESP_ERR_PRODUCER_FENCED,
						     RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH};

	for (size_t i = 0; i < 3; i++) {
		ck_assert(kafka_err_is_fenced(fenced[i]));
		(void)kafka_err_txn(&err, make(fenced[i]), "commit");
		ck_assert_int_eq(err.kind, ERR_UNKNOWN);
		ck_assert_int_eq(err.code, BROKER_CODE_FENCED);
	}
	ck_assert(!kafka_err_is_fenced(RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING));
}
END_TEST

/* --- all codes --- */

START_TEST(no_code_is_both_a_refusal_and_a_stop)
{
	const struct rd_kafka_err_desc *descs;
	size_t count, refusals = 0, stops = 0, listed = 0;

	rd_kafka_get_err_descs(&descs, &count);
	ck_assert_uint_gt(count, 100);
	for (size_t i = 0; i < count; i++) {
		int exit_code = 0;
		enum err_kind kind = kafka_err_kind(descs[i].code, &exit_code);

		ck_assert(kind == ERR_RETRY || kind == ERR_STOP);
		ck_assert_int_eq(exit_code != 0, kind == ERR_STOP);
		ck_assert(kind == ERR_RETRY || !kafka_err_is_refusal(descs[i].code));
		refusals += kafka_err_is_refusal(descs[i].code);
		stops += kind == ERR_STOP;
	}
	ck_assert_uint_eq(refusals, 6);
	for (int i = 0; i < CODES; i++)
		listed += codes[i].exit != 0;
	ck_assert_uint_eq(stops, listed); /* a new one belongs into the table */
}
END_TEST

START_TEST(a_record_is_refused_for_its_size_time_or_form)
{
	ck_assert(kafka_err_is_refusal(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE));
	ck_assert(kafka_err_is_refusal(RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP));
	ck_assert(kafka_err_is_refusal(RD_KAFKA_RESP_ERR_INVALID_RECORD));
	ck_assert(!kafka_err_is_refusal(RD_KAFKA_RESP_ERR__QUEUE_FULL));
	ck_assert(!kafka_err_is_refusal(RD_KAFKA_RESP_ERR__MSG_TIMED_OUT));
	ck_assert(!kafka_err_is_refusal(RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS));
}
END_TEST

START_TEST(a_live_client_has_no_fatal_error)
{
	char text[256];
	rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), text, sizeof(text));

	ck_assert_msg(rk != NULL, "%s", text);
	ck_assert(!kafka_err_fatal(&err, rk, "begin"));
	rd_kafka_destroy(rk);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("kafka_err");

	c11_threads_use();
	tcase_add_loop_test(tcase, a_code_stops_or_is_tried_again, 0, CODES);
	tcase_add_test(tcase, an_error_without_a_flag_is_of_unknown_outcome);
	tcase_add_test(tcase, a_right_that_is_missing_stops_whatever_the_flags);
	tcase_add_test(tcase, a_fenced_instance_in_a_transaction_is_not_the_stop);
	tcase_add_test(tcase, a_fenced_producer_has_a_code_of_its_own);
	tcase_add_test(tcase, no_code_is_both_a_refusal_and_a_stop);
	tcase_add_test(tcase, a_record_is_refused_for_its_size_time_or_form);
	tcase_add_test(tcase, a_live_client_has_no_fatal_error);
	return suite_run("kafka_err", tcase);
}
