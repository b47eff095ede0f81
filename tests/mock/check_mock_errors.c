/*
 * check_mock_errors: which kind of action each error of each transactional request leads to, and at
 * which call. Method: for each row push the error, run one transaction through a new producer
 * until a call fails for good, compare call, kind, code and taint.
 */
#include <check.h>
#include <string.h>
#include <time.h>

#include "io/kafka_producer.h"
#include "lib/broker_conf.h"
#include "lib/c11_threads.h"
#include "lib/mock.h"
#include "lib/suite.h"

#define DEADLINE_MS 20000

enum call { RENEW, BEGIN, PRODUCE, OFFSETS, COMMIT, DONE };

#define ANY_CODE (-9999)

static const struct row {
	enum mock_api api;
	rd_kafka_resp_err_t error;
	int count;
	enum call call; /* that fails; DONE = none does */
	enum err_kind kind;
	int code;
	bool tainted; /* compared after DONE only: any failure taints */
} rows[] = {
#define E(name) RD_KAFKA_RESP_ERR_##name
#define OK DONE, ERR_NONE, 0
	{MOCK_FIND_COORDINATOR, E(COORDINATOR_NOT_AVAILABLE), 2, OK, false},
	{MOCK_FIND_COORDINATOR, E(TRANSACTIONAL_ID_AUTHORIZATION_FAILED), 1, RENEW, ERR_STOP, 77,
	 0},

	{MOCK_INIT_PRODUCER_ID, E(NOT_COORDINATOR), 2, OK, false},
	{MOCK_INIT_PRODUCER_ID, E(COORDINATOR_LOAD_IN_PROGRESS), 2, OK, false},
	{MOCK_INIT_PRODUCER_ID, E(CONCURRENT_TRANSACTIONS), 2, OK, false},
	{MOCK_INIT_PRODUCER_ID, E(_TRANSPORT), 1, OK, false},
	{MOCK_INIT_PRODUCER_ID, E(TRANSACTIONAL_ID_AUTHORIZATION_FAILED), 1, RENEW, ERR_STOP, 77,
	 0},
	{MOCK_INIT_PRODUCER_ID, E(CLUSTER_AUTHORIZATION_FAILED), 1, RENEW, ERR_STOP, 77, 0},
	{MOCK_INIT_PRODUCER_ID, E(INVALID_TRANSACTION_TIMEOUT), 1, RENEW, ERR_STOP, 78, 0},

	{MOCK_ADD_PARTITIONS_TO_TXN, E(CONCURRENT_TRANSACTIONS), 3, OK, false},
	{MOCK_ADD_PARTITIONS_TO_TXN, E(NOT_COORDINATOR), 1, OK, false},
	{MOCK_ADD_PARTITIONS_TO_TXN, E(_TRANSPORT), 1, OK, true},
	{MOCK_ADD_PARTITIONS_TO_TXN, E(TOPIC_AUTHORIZATION_FAILED), 1, OFFSETS, ERR_STOP, 77, 0},
	{MOCK_ADD_PARTITIONS_TO_TXN, E(INVALID_PRODUCER_EPOCH), 1, OFFSETS, ERR_UNKNOWN,
	 BROKER_CODE_FENCED, 0},
	{MOCK_ADD_PARTITIONS_TO_TXN, E(INVALID_TXN_STATE), 1, OFFSETS, ERR_UNKNOWN, ANY_CODE, 0},

	{MOCK_PRODUCE, E(NOT_LEADER_FOR_PARTITION), 1, OK, false},
	{MOCK_PRODUCE, E(NOT_ENOUGH_REPLICAS), 3, OK, false},
	{MOCK_PRODUCE, E(_TRANSPORT), 1, OK, true},
	{MOCK_PRODUCE, E(MSG_SIZE_TOO_LARGE), 1, OFFSETS, ERR_ABORT, E(MSG_SIZE_TOO_LARGE), 0},
	{MOCK_PRODUCE, E(INVALID_TIMESTAMP), 1, OFFSETS, ERR_ABORT, E(INVALID_TIMESTAMP), 0},
	{MOCK_PRODUCE, E(INVALID_RECORD), 1, OFFSETS, ERR_ABORT, E(INVALID_RECORD), 0},
	{MOCK_PRODUCE, E(TOPIC_AUTHORIZATION_FAILED), 1, OFFSETS, ERR_STOP, 77, 0},

	{MOCK_ADD_OFFSETS_TO_TXN, E(CONCURRENT_TRANSACTIONS), 3, OK, false},
	{MOCK_ADD_OFFSETS_TO_TXN, E(COORDINATOR_NOT_AVAILABLE), 1, OK, false},
	{MOCK_ADD_OFFSETS_TO_TXN, E(_TRANSPORT), 1, OK, true},
	{MOCK_ADD_OFFSETS_TO_TXN, E(GROUP_AUTHORIZATION_FAILED), 1, OFFSETS, ERR_STOP, 77, 0},
	{MOCK_ADD_OFFSETS_TO_TXN, E(INVALID_PRODUCER_EPOCH), 1, OFFSETS, ERR_UNKNOWN,
	 BROKER_CODE_FENCED, 0},
	{MOCK_ADD_OFFSETS_TO_TXN, E(UNKNOWN), 1, OFFSETS, ERR_ABORT, ANY_CODE, 0},

	{MOCK_TXN_OFFSET_COMMIT, E(COORDINATOR_LOAD_IN_PROGRESS), 1, OK, true},
	{MOCK_TXN_OFFSET_COMMIT, E(_TRANSPORT), 1, OK, true},
	{MOCK_TXN_OFFSET_COMMIT, E(ILLEGAL_GENERATION), 1, OFFSETS, ERR_ABORT, ANY_CODE, 0},
	{MOCK_TXN_OFFSET_COMMIT, E(UNKNOWN_MEMBER_ID), 1, OFFSETS, ERR_ABORT, ANY_CODE, 0},
	{MOCK_TXN_OFFSET_COMMIT, E(FENCED_INSTANCE_ID), 1, OFFSETS, ERR_ABORT, ANY_CODE, 0},
	{MOCK_TXN_OFFSET_COMMIT, E(REBALANCE_IN_PROGRESS), 1, OFFSETS, ERR_ABORT, ANY_CODE, 0},
	{MOCK_TXN_OFFSET_COMMIT, E(GROUP_AUTHORIZATION_FAILED), 1, OFFSETS, ERR_STOP, 77, 0},
	{MOCK_TXN_OFFSET_COMMIT, E(INVALID_PRODUCER_EPOCH), 1, OFFSETS, ERR_UNKNOWN,
	 BROKER_CODE_FENCED, 0},

	{MOCK_END_TXN, E(NOT_COORDINATOR), 1, OK, true},
	{MOCK_END_TXN, E(CONCURRENT_TRANSACTIONS), 2, OK, true},
	{MOCK_END_TXN, E(_TRANSPORT), 1, OK, true},
	{MOCK_END_TXN, E(INVALID_PRODUCER_EPOCH), 1, COMMIT, ERR_UNKNOWN, BROKER_CODE_FENCED, 0},
	{MOCK_END_TXN, E(PRODUCER_FENCED), 1, COMMIT, ERR_UNKNOWN, BROKER_CODE_FENCED, 0},
	{MOCK_END_TXN, E(INVALID_TXN_STATE), 1, COMMIT, ERR_UNKNOWN, ANY_CODE, 0},
	/* librdkafka says "abort it"; but the commit is on its way: not known */
	{MOCK_END_TXN, E(UNKNOWN), 1, COMMIT, ERR_UNKNOWN, ANY_CODE, 0},
	{MOCK_END_TXN, E(INVALID_PRODUCER_ID_MAPPING), 1, COMMIT, ERR_UNKNOWN, ANY_CODE, 0},
	{MOCK_END_TXN, E(TRANSACTIONAL_ID_AUTHORIZATION_FAILED), 1, COMMIT, ERR_STOP, 77, 0},
#undef OK
#undef E
};
#define ROWS ((int)(sizeof(rows) / sizeof(rows[0])))

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int do_call(struct kafka_producer *producer, enum call call, struct err *err)
{
	struct output output = {MOCK_OUT, {.value = bytes_str("x"), .timestamp = 1}};
	struct tp_offset offset = {{MOCK_IN, 0}, 5, "m"};
	rd_kafka_consumer_group_metadata_t *metadata;
	int64_t until;
	int res = 0;

	switch (call) {
	case RENEW:
		return kafka_producer_renew(producer, err);
	case BEGIN:
		return kafka_producer_begin(producer, err);
	case PRODUCE:
		res = kafka_producer_produce(producer, &output, err);
		/* Until it is out: which call hears of its failure is then no matter of luck. */
		until = now_ms() + 3000;
		while (res == 0 && now_ms() < until && rd_kafka_outq_len(producer->client.rk) > 0)
			rd_kafka_poll(producer->client.rk, 10);
		return res;
	case OFFSETS:
		metadata = rd_kafka_consumer_group_metadata_new_with_genid(MOCK_GROUP, 1, "m", "i");
		res = kafka_producer_send_offsets(producer, &offset, 1, metadata, err);
		rd_kafka_consumer_group_metadata_destroy(metadata);
		return res;
	case COMMIT:
		return kafka_producer_commit(producer, err);
	case DONE:
		break;
	}
	return 0;
}

static void check_failure(int n, const struct row *row, struct kafka_producer *producer,
			  enum call call, const struct err *err)
{
	char reason[256];

	ck_assert_msg(err->kind == row->kind, "row %d: %s %s", n, err_kind_name(err->kind),
		      err->msg);
	ck_assert_msg(row->code == ANY_CODE || err->code == row->code, "row %d: code %d: %s", n,
		      err->code, err->msg);
	ck_assert_msg(call == RENEW || kafka_taint_is(&producer->taint), "row %d: no taint", n);
	ck_assert_msg(kafka_producer_refused(producer, reason, sizeof(reason)) ==
			      (row->api == MOCK_PRODUCE && row->kind == ERR_ABORT),
		      "row %d: refused: %s", n, reason);
}

static void check_row(int n, struct mock *mock)
{
	const struct row *row = &rows[n];
	struct kafka_producer producer;
	struct err err = {.kind = ERR_NONE};
	enum call call = RENEW;
	int64_t until = now_ms() + DEADLINE_MS;

	mock_push(mock, row->api, row->error, row->count);
	kafka_producer_init(&producer, &mock->conf);
	while (call < DONE && now_ms() < until) {
		if (do_call(&producer, call, &err) == 0)
			call++;
		else if (err.kind != ERR_RETRY)
			break;
	}
	ck_assert_msg(call == row->call, "row %d: call %d, not %d: %s %s", n, call, row->call,
		      err_kind_name(err.kind), err.msg);
	if (call == DONE)
		ck_assert_msg(kafka_taint_is(&producer.taint) == row->tainted, "row %d: taint %d",
			      n, !row->tainted);
	else
		check_failure(n, row, &producer, call, &err);
	kafka_producer_close(&producer, 2000);
	ck_assert(!producer.client.leaked);
	mock_clear(mock, row->api);
}

/* One cluster for all rows: starting one can take a second. */
START_TEST(every_error_leads_to_its_kind_of_action)
{
	struct mock mock;

	mock_start(&mock);
	for (int n = 0; n < ROWS; n++)
		check_row(n, &mock);
	mock_stop(&mock);
}
END_TEST

/* librdkafka says why a connection fails, and then not for half a minute; STATUS has to say it all
 * the time. Port 1 of the loopback interface: nobody listens. */
START_TEST(a_broker_that_is_away_is_told_with_its_reason_each_time)
{
	static const char *const topics[] = {MOCK_IN};
	static const struct kafka_setting settings[] = {{"bootstrap.servers", "127.0.0.1:1"}};
	struct kafka_broker_conf conf = broker_conf(settings, 1, topics, 1);
	struct kafka_producer producer;
	struct err err;

	c11_threads_use();
	conf.call_ms_max = 1000;
	kafka_producer_init(&producer, &conf);
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(kafka_producer_renew(&producer, &err), -1);
		ck_assert_int_eq(err.kind, ERR_RETRY);
		ck_assert_msg(strstr(err.msg, "Connection refused") != NULL, "try %d: %s", i,
			      err.msg);
	}
	kafka_producer_close(&producer, 2000);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("table");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, every_error_leads_to_its_kind_of_action);
	tcase_add_test(tcase, a_broker_that_is_away_is_told_with_its_reason_each_time);
	return suite_run("mock errors", tcase);
}
