/*
 * check_mock_facts: what the consumer and the questions to the broker make of a broker that errs or
 * is away. Method: the whole adapter on the mock cluster, errors pushed per request.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "io/kafka_pair.h"
#include "io/kafka_position.h"
#include "lib/mock.h"
#include "lib/suite.h"

#define DEADLINE_MS 25000
#define HEARTBEAT 12

static struct mock mock;
static struct broker *broker;
static const struct broker_ops *ops;

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void setup(void)
{
	struct err err;

	mock_start(&mock);
	ck_assert_msg(kafka_broker_open(&mock.conf, &broker, &err) == 0, "%s", err.msg);
	ops = broker->ops;
}

static void teardown(void)
{
	int64_t start = now_ms();

	ops->close(broker);
	/* Bounded: two handles, call_ms_max and the second it is rounded up by. */
	ck_assert_int_lt(now_ms() - start, 2 * (mock.conf.call_ms_max + 1000));
	mock_stop(&mock);
}

/* Polls until an event or a STOP; RETRYs leave their text in err. */
static int next_event(struct broker_event *ret, struct err *err)
{
	int64_t until = now_ms() + DEADLINE_MS;

	err->msg[0] = '\0';
	for (;;) {
		ck_assert_msg(now_ms() < until, "nothing in time; %s", err->msg);
		if (ops->poll(broker, 100, ret, err) < 0) {
			if (err->kind == ERR_STOP)
				return -1;
			ck_assert_int_eq(err->kind, ERR_RETRY);
		} else if (ret->kind != BROKER_NOTHING) {
			return 0;
		}
	}
}

static void subscribe(void)
{
	struct err err;

	ck_assert_msg(ops->subscribe(broker, &err) == 0, "%s", err.msg);
}

static int committed(struct err *err)
{
	struct tp tp = {MOCK_IN, 0};
	struct arena *arena = arena_new(0);
	struct committed ret;
	int res = ops->committed(broker, &tp, 1, arena, &ret, err);

	ck_assert(res < 0 || !ret.has_offset);
	arena_free(arena);
	return res;
}

START_TEST(unstable_offsets_are_retried_and_never_read_as_none)
{
	struct err err;

	mock_push(&mock, MOCK_OFFSET_FETCH, RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT, 1000);
	ck_assert_int_eq(committed(&err), -1);
	ck_assert_msg(err.kind == ERR_RETRY, "%s %s", err_kind_name(err.kind), err.msg);
	mock_clear(&mock, MOCK_OFFSET_FETCH);
	ck_assert_msg(committed(&err) == 0, "%s", err.msg);
}
END_TEST

START_TEST(offsets_that_may_not_be_read_stop)
{
	struct err err;

	mock_push(&mock, MOCK_OFFSET_FETCH, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, 1);
	ck_assert_int_eq(committed(&err), -1);
	ck_assert_msg(err.kind == ERR_STOP && err.code == EXIT_PERMISSION, "%s %d %s",
		      err_kind_name(err.kind), err.code, err.msg);
}
END_TEST

START_TEST(a_topic_is_retried_while_unknown_and_stops_when_forbidden)
{
	bool compacted;
	int32_t partitions = -7;
	struct err err;

	rd_kafka_mock_topic_set_error(mock.cluster, MOCK_IN,
				      RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
	ck_assert_int_eq(ops->topic(broker, MOCK_IN, &partitions, &compacted, &err), -1);
	ck_assert_int_eq(err.kind, ERR_RETRY);
	ck_assert_ptr_nonnull(strstr(err.msg, "topic " MOCK_IN));
	rd_kafka_mock_topic_set_error(mock.cluster, MOCK_IN,
				      RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
	ck_assert_int_eq(ops->topic(broker, MOCK_IN, &partitions, &compacted, &err), -1);
	ck_assert_int_eq(err.kind, ERR_STOP);
	ck_assert_int_eq(err.code, EXIT_PERMISSION);
	ck_assert_int_eq(partitions, -7); /* a failed call leaves it alone */
}
END_TEST

START_TEST(a_broker_that_is_away_is_named_and_retried_in_bounded_time)
{
	struct tp tp = {MOCK_IN, 0};
	const char *address = mock.settings[0].value;
	uint64_t hash;
	int64_t start, at, end;
	struct broker_event event;
	struct err err;
	bool heard = false;

	ops->close(broker);
	mock.conf.call_ms_max = 500;
	rd_kafka_mock_broker_set_down(mock.cluster, 1);
	ck_assert_int_eq(kafka_broker_open(&mock.conf, &broker, &err), 0);
	ops = broker->ops;
	subscribe();
	start = now_ms();
	ck_assert_int_eq(ops->cluster(broker, &hash, &err), -1);
	ck_assert_int_eq(err.kind, ERR_RETRY);
	ck_assert_int_eq(ops->log_range(broker, tp, &at, &end, &err), -1);
	ck_assert_int_eq(err.kind, ERR_RETRY);
	ck_assert_int_eq(committed(&err), -1);
	ck_assert_int_eq(err.kind, ERR_RETRY);
	ck_assert_int_eq(ops->renew(broker, &err), -1);
	ck_assert_int_eq(err.kind, ERR_RETRY);
	ck_assert_int_lt(now_ms() - start, 4 * 2 * 500);
	while (!heard && now_ms() - start < DEADLINE_MS)
		heard = ops->poll(broker, 100, &event, &err) < 0 && err.kind == ERR_RETRY &&
			strstr(err.msg, address);
	ck_assert_msg(heard, "%s", err.msg);
	rd_kafka_mock_broker_set_up(mock.cluster, 1);
	mock.conf.call_ms_max = 2000;
}
END_TEST

/* librdkafka would take a question up again that has run into its timeout, and die of it. */
START_TEST(a_coordinator_that_was_away_for_a_question_comes_back)
{
	int64_t until = now_ms() + DEADLINE_MS;
	struct broker_event event;
	struct err err;

	ops->close(broker);
	mock.conf.call_ms_max = 500;
	ck_assert_int_eq(kafka_broker_open(&mock.conf, &broker, &err), 0);
	ops = broker->ops;
	subscribe();
	ck_assert_int_eq(next_event(&event, &err), 0);
	rd_kafka_mock_broker_set_down(mock.cluster, 1);
	ck_assert_int_eq(committed(&err), -1); /* asks for the reason, too */
	rd_kafka_mock_broker_set_up(mock.cluster, 1);
	while (committed(&err) < 0)
		ck_assert_msg(now_ms() < until, "%s", err.msg);
	mock.conf.call_ms_max = 2000;
}
END_TEST

/* librdkafka has the handle's group look for the coordinator, and dies if there is no group. */
START_TEST(a_question_to_a_broker_that_is_the_coordinator_no_more)
{
	struct kafka_position position = {
		.rk = ((struct kafka_pair *)broker)->consumer.client.rk,
		.group = MOCK_GROUP,
		.carrier = MOCK_IN,
		.call_ms_max = mock.conf.call_ms_max,
	};
	const rd_kafka_resp_err_t codes[] = {RD_KAFKA_RESP_ERR_NOT_COORDINATOR,
					     RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE};
	struct arena *arena = arena_new(0);
	struct committed ret;
	struct err err;

	for (size_t i = 0; i < 2; i++) {
		mock_push(&mock, MOCK_OFFSET_FETCH, codes[i], 1);
		ck_assert_int_eq(kafka_position_read(&position, arena, &ret, &err), -1);
		ck_assert_int_eq(err.kind, ERR_RETRY);
	}
	ck_assert_msg(committed(&err) == 0, "%s", err.msg);
	kafka_position_fini(&position);
	arena_free(arena);
}
END_TEST

START_TEST(a_group_that_may_not_be_joined_stops)
{
	struct broker_event event;
	struct err err;

	mock_push(&mock, MOCK_FIND_COORDINATOR, RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, 5);
	subscribe();
	ck_assert_int_eq(next_event(&event, &err), -1);
	ck_assert_int_eq(err.code, EXIT_PERMISSION);
}
END_TEST

START_TEST(a_member_that_was_kicked_out_hears_lost_and_is_none)
{
	struct tp_offset position = {.tp = {MOCK_IN, 0}, .offset = 0};
	struct broker_event event;
	struct err err;

	subscribe();
	ck_assert_int_eq(next_event(&event, &err), 0);
	ck_assert_int_eq(event.kind, BROKER_ASSIGNED);
	ck_assert_int_eq(ops->assign(broker, &position, 1, &err), 0);
	ck_assert(ops->is_member(broker));
	mock_push(&mock, (enum mock_api)HEARTBEAT, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, 1);
	do {
		ck_assert_int_eq(next_event(&event, &err), 0);
	} while (event.kind == BROKER_EOF);
	ck_assert_int_eq(event.kind, BROKER_LOST);
	ck_assert_uint_eq(event.partition_count, 1);
	ck_assert_ptr_eq(event.partitions[0].topic, mock.topics[0]);
	ck_assert(ops->assignment_lost(broker));
	ck_assert(!ops->is_member(broker)); /* generation -1 would commit unfenced */
	/* The mock keeps the old member for 45 s: joining again is not waited for. */
	ck_assert_int_eq(ops->unassign(broker, &err), 0);
	ck_assert(!ops->assignment_lost(broker));
}
END_TEST

START_TEST(a_setting_that_librdkafka_refuses_is_a_configuration_error)
{
	const struct kafka_setting bad[] = {{"no.such.property", "1"},
					    {"socket.timeout.ms", "many"}};
	struct broker *none = NULL;
	struct err err;

	for (size_t i = 0; i < 2; i++) {
		struct kafka_broker_conf conf = mock.conf;

		conf.settings = &bad[i];
		ck_assert_int_eq(kafka_broker_open(&conf, &none, &err), -1);
		ck_assert_int_eq(err.kind, ERR_STOP);
		ck_assert_int_eq(err.code, EXIT_CONFIG);
		ck_assert_ptr_nonnull(strstr(err.msg, bad[i].name));
		ck_assert_ptr_null(none);
	}
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("facts");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, unstable_offsets_are_retried_and_never_read_as_none);
	tcase_add_test(tcase, offsets_that_may_not_be_read_stop);
	tcase_add_test(tcase, a_topic_is_retried_while_unknown_and_stops_when_forbidden);
	tcase_add_test(tcase, a_broker_that_is_away_is_named_and_retried_in_bounded_time);
	tcase_add_test(tcase, a_coordinator_that_was_away_for_a_question_comes_back);
	tcase_add_test(tcase, a_question_to_a_broker_that_is_the_coordinator_no_more);
	tcase_add_test(tcase, a_group_that_may_not_be_joined_stops);
	tcase_add_test(tcase, a_member_that_was_kicked_out_hears_lost_and_is_none);
	tcase_add_test(tcase, a_setting_that_librdkafka_refuses_is_a_configuration_error);
	return suite_run("mock facts", tcase);
}
