/*
 * check_kafka_settings: a property that `kafka:` allows is in force, and not overwritten by one of
 * onced's own. Method: each allowed number, switch and word is set to a value that is nobody's
 * default, and read back from the clients that the adapter makes; no broker is needed.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "config/kafka_allow.h"
#include "io/kafka_consumer.h"
#include "io/kafka_producer.h"
#include "lib/broker_conf.h"
#include "lib/c11_threads.h"
#include "lib/suite.h"

static const char *const topics[] = {"in"};

static struct kafka_broker_conf conf_with(const struct kafka_setting *settings, size_t count)
{
	struct kafka_broker_conf conf = broker_conf(settings, count, topics, 1);

	conf.call_ms_max = 1; /* no broker will answer */
	return conf;
}

static void read_back(rd_kafka_t *rk, const char *name, char *value, size_t size)
{
	ck_assert_int_eq(rd_kafka_conf_get(rd_kafka_conf(rk), name, value, &size),
			 RD_KAFKA_CONF_OK);
}

/* One that is no default and that librdkafka takes together with the rest. */
static int64_t odd_number(const struct kafka_rule *rule)
{
	if (strcmp(rule->name, "session.timeout.ms") == 0)
		return 44321;
	if (strcmp(rule->name, "heartbeat.interval.ms") == 0)
		return 1234;
	if (strcmp(rule->name, "fetch.max.bytes") == 0)
		return 52428801;
	if (strcmp(rule->name, "receive.message.max.bytes") == 0)
		return 200000513;
	if (strcmp(rule->name, "compression.level") == 0)
		return 5;
	return rule->max - rule->min > 7777 ? rule->min + 7777 : rule->max - 1;
}

static void check_number(const struct kafka_rule *rule)
{
	char want[32], found[64];
	struct kafka_setting setting = {rule->name, want};
	struct kafka_broker_conf conf = conf_with(&setting, 1);
	struct kafka_consumer consumer;
	struct kafka_producer producer;
	struct err err = {0};

	(void)snprintf(want, sizeof(want), "%lld", (long long)odd_number(rule));
	ck_assert_msg(kafka_consumer_open(&consumer, &conf, &err) == 0, "%s=%s: %s", rule->name,
		      want, err.msg);
	read_back(consumer.client.rk, rule->name, found, sizeof(found));
	ck_assert_msg(strcmp(found, want) == 0, "consumer: %s is %s, not %s", rule->name, found,
		      want);
	kafka_consumer_close(&consumer, 2000);
	kafka_producer_init(&producer, &conf);
	/* There is no broker; the client is there all the same. */
	ck_assert_int_eq(kafka_producer_renew(&producer, &err), -1);
	ck_assert_msg(producer.client.rk != NULL, "%s=%s: %s", rule->name, want, err.msg);
	read_back(producer.client.rk, rule->name, found, sizeof(found));
	ck_assert_msg(strcmp(found, want) == 0, "producer: %s is %s, not %s", rule->name, found,
		      want);
	kafka_producer_close(&producer, 2000);
}

START_TEST(allowed_number_is_in_force)
{
	size_t count, checked = 0;
	const struct kafka_rule *rules = kafka_allow_all(&count);

	for (size_t i = 0; i < count; i++) {
		if (rules[i].type != KAFKA_INT)
			continue;
		check_number(&rules[i]);
		checked++;
	}
	ck_assert_uint_gt(checked, 15);
}
END_TEST

START_TEST(what_nobody_sets_is_onceds_default)
{
	static const struct kafka_setting want[] = {
		{"client.id", "onced"},          {"socket.nagle.disable", "true"},
		{"session.timeout.ms", "45000"}, {"heartbeat.interval.ms", "3000"},
		{"fetch.wait.max.ms", "100"},    {"isolation.level", "read_committed"},
		{"auto.offset.reset", "error"},  {"enable.auto.commit", "false"},
	};
	struct kafka_broker_conf conf = conf_with(NULL, 0);
	struct kafka_consumer consumer;
	struct err err = {0};
	char found[64];

	ck_assert_int_eq(kafka_consumer_open(&consumer, &conf, &err), 0);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		read_back(consumer.client.rk, want[i].name, found, sizeof(found));
		ck_assert_msg(strcmp(found, want[i].value) == 0, "%s is %s, not %s", want[i].name,
			      found, want[i].value);
	}
	kafka_consumer_close(&consumer, 2000);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("settings");

	c11_threads_use();
	tcase_add_test(tcase, allowed_number_is_in_force);
	tcase_add_test(tcase, what_nobody_sets_is_onceds_default);
	tcase_set_timeout(tcase, 60);
	return suite_run("kafka_settings", tcase);
}
