/*
 * check_broker: the broker contract against a real Kafka, and kafka_topic's reader with it (it is
 * the world's read_committed eye). Needs ONCED_BROKERS; without it the program is skipped (77).
 */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/must.h"
#include "io/kafka_broker.h"
#include "io/kafka_topic.h"
#include "lib/contract_broker.h"

#define CALL_MS 5000
#define NAMES_MAX 32

static struct kafka_setting settings[] = {{"bootstrap.servers", NULL},
					  {"session.timeout.ms", "6000"}};
static struct kafka_broker_conf member_confs[NAMES_MAX]; /* live as long as the test */
static size_t member_conf_count;
static char names[NAMES_MAX][128];
static size_t name_count;

static void world_begin(void)
{
	name_count = 0;
	member_conf_count = 0;
}

static void world_end(void)
{
}

static const char *world_name(const char *stem)
{
	struct timespec now;

	must(name_count < NAMES_MAX);
	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(names[name_count], sizeof(names[0]), "%s-%ld-%lld%09ld", stem, (long)getpid(),
		 (long long)now.tv_sec, now.tv_nsec);
	return names[name_count++];
}

static rd_kafka_t *plain_producer(const char *transactional_id)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char text[256];
	rd_kafka_t *rk;

	must(rd_kafka_conf_set(conf, "bootstrap.servers", settings[0].value, text, sizeof(text)) ==
	     RD_KAFKA_CONF_OK);
	must(rd_kafka_conf_set(conf, "linger.ms", "0", text, sizeof(text)) == RD_KAFKA_CONF_OK);
	if (transactional_id)
		must(rd_kafka_conf_set(conf, "transactional.id", transactional_id, text,
				       sizeof(text)) == RD_KAFKA_CONF_OK);
	rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof(text));
	must(rk != NULL);
	return rk;
}

static void create(const char *topic, int partitions, const char *name, const char *value)
{
	rd_kafka_t *rk = plain_producer(NULL);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
	char text[256];
	rd_kafka_NewTopic_t *new_topic =
		rd_kafka_NewTopic_new(topic, partitions, 1, text, sizeof(text));
	rd_kafka_event_t *event;
	const rd_kafka_topic_result_t **results;
	size_t count = 0;

	must(new_topic != NULL);
	if (name)
		rd_kafka_NewTopic_set_config(new_topic, name, value);
	rd_kafka_CreateTopics(rk, &new_topic, 1, NULL, queue);
	event = rd_kafka_queue_poll(queue, 30000);
	ck_assert_ptr_nonnull(event);
	ck_assert_int_eq(rd_kafka_event_error(event), 0);
	results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event),
						      &count);
	ck_assert_uint_eq(count, 1);
	ck_assert_msg(rd_kafka_topic_result_error(results[0]) == 0, "%s",
		      rd_kafka_topic_result_error_string(results[0]));
	rd_kafka_event_destroy(event);
	rd_kafka_NewTopic_destroy(new_topic);
	rd_kafka_queue_destroy(queue);
	rd_kafka_destroy(rk);
}

static void world_create(const char *topic, int partitions, int record_bytes_max)
{
	char bytes[16];

	snprintf(bytes, sizeof(bytes), "%d", record_bytes_max);
	create(topic, partitions, record_bytes_max > 0 ? "max.message.bytes" : NULL, bytes);
}

static struct broker *world_open(const struct contract_member *member)
{
	struct kafka_broker_conf *conf = &member_confs[member_conf_count++];
	struct broker *broker = NULL;
	struct err err;

	must(member_conf_count <= NAMES_MAX);
	*conf = (struct kafka_broker_conf){
		.settings = settings,
		.setting_count = sizeof(settings) / sizeof(settings[0]),
		.group = member->group,
		.group_instance_id = member->instance,
		.transactional_id = member->transactional_id,
		.topics = member->topics,
		.topic_count = member->topic_count,
		.consumer_queue_bytes = (size_t)16 << 20,
		.producer_queue_bytes = (size_t)16 << 20,
		.batch_records = 50000,
		.transaction_timeout_ms = 10000,
		.call_ms_max = CALL_MS,
	};
	ck_assert_msg(kafka_broker_open(conf, &broker, &err) == 0, "%s", err.msg);
	return broker;
}

static void must_ok(rd_kafka_error_t *error)
{
	ck_assert_msg(error == NULL, "%s", rd_kafka_error_string(error));
}

static void world_append(const char *topic, int32_t partition, const struct record *records,
			 size_t count, bool transactional)
{
	rd_kafka_t *rk = plain_producer(transactional ? world_name("append") : NULL);

	if (transactional) {
		must_ok(rd_kafka_init_transactions(rk, 30000));
		must_ok(rd_kafka_begin_transaction(rk));
	}
	for (size_t i = 0; i < count; i++) {
		const struct record *record = &records[i];
		rd_kafka_headers_t *headers = rd_kafka_headers_new(record->header_count);

		for (size_t h = 0; h < record->header_count; h++)
			rd_kafka_header_add(headers, record->headers[h].name.data,
					    (ssize_t)record->headers[h].name.len,
					    record->headers[h].value.data,
					    (ssize_t)record->headers[h].value.len);
		ck_assert_int_eq(rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(topic),
						   RD_KAFKA_V_PARTITION(partition),
						   RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
						   RD_KAFKA_V_KEY((void *)record->key.data,
								  record->key.len),
						   RD_KAFKA_V_VALUE((void *)record->value.data,
								    record->value.len),
						   RD_KAFKA_V_TIMESTAMP(record->timestamp),
						   RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END),
				 0);
	}
	if (transactional)
		must_ok(rd_kafka_commit_transaction(rk, 30000));
	ck_assert_int_eq(rd_kafka_flush(rk, 30000), 0);
	rd_kafka_destroy(rk);
}

struct eye {
	void (*fn)(void *arg, const struct record *record);
	void *arg;
};

static int see(void *arg, const struct source *source, const struct record *record, struct err *err)
{
	struct eye *eye = arg;

	(void)source, (void)err;
	eye->fn(eye->arg, record);
	return 0;
}

static struct kafka_topic *reader_open(void)
{
	const struct kafka_topic_conf conf = {.settings = settings,
					      .setting_count =
						      sizeof(settings) / sizeof(settings[0]),
					      .group = "reader",
					      .queue_bytes = (size_t)16 << 20,
					      .call_ms_max = CALL_MS};
	struct kafka_topic *reader = NULL;
	struct err err;

	ck_assert_msg(kafka_topic_open(&conf, &reader, &err) == 0, "%s", err.msg);
	return reader;
}

static void world_read(const char *topic, void (*fn)(void *arg, const struct record *record),
		       void *arg)
{
	struct kafka_topic *reader = reader_open();
	struct kafka_topic_span spans[16];
	struct eye eye = {fn, arg};
	struct err err;
	int32_t partitions;

	ck_assert_msg(kafka_topic_partitions(reader, topic, &partitions, &err) == 0, "%s", err.msg);
	ck_assert_int_le(partitions, 16);
	for (int32_t i = 0; i < partitions; i++) {
		spans[i].tp = (struct tp){topic, i};
		ck_assert_msg(kafka_topic_range(reader, spans[i].tp, &spans[i].start, &spans[i].end,
						&err) == 0,
			      "%s", err.msg);
	}
	ck_assert_msg(kafka_topic_read(reader, spans, (size_t)partitions, 20000, see, &eye, &err) ==
			      0,
		      "%s", err.msg);
	kafka_topic_close(reader);
}

static const struct contract_world world = {
	.lacks = CONTRACT_ALL,
	.begin = world_begin,
	.end = world_end,
	.name = world_name,
	.create = world_create,
	.open = world_open,
	.append = world_append,
	.read = world_read,
};

/* --- what only a real broker shows --- */

static void append_text(const char *topic, int32_t partition, const char *key, bool transactional)
{
	struct record record = {.key = bytes_str(key), .value = bytes_str("x"), .timestamp = 1};

	world_append(topic, partition, &record, 1, transactional);
}

START_TEST(a_compacted_topic_is_known_as_one)
{
	const char *topic = world_name("compacted");
	struct contract_member member = {"facts", "i1", world_name("txn"), &topic, 1};
	struct broker *broker = world_open(&member);
	bool compacted = false;
	int32_t partitions;
	struct err err;

	create(topic, 1, "cleanup.policy", "compact");
	ck_assert_msg(broker->ops->topic(broker, topic, &partitions, &compacted, &err) == 0, "%s",
		      err.msg);
	ck_assert(compacted);
	broker->ops->close(broker);
}
END_TEST

struct where {
	int32_t partition;
	int count;
};

static int note_partition(void *arg, const struct source *source, const struct record *record,
			  struct err *err)
{
	struct where *where = arg;

	(void)record, (void)err;
	where->partition = source->partition;
	where->count++;
	return 0;
}

/* A reader that asks right after the topic was made may be told that it is not there yet. */
static void learn_span(struct kafka_topic *reader, struct kafka_topic_span *span)
{
	time_t until = time(NULL) + 20;
	struct err err = {0};

	while (kafka_topic_range(reader, span->tp, &span->start, &span->end, &err) != 0)
		ck_assert_msg(err.kind == ERR_RETRY && time(NULL) < until, "%s", err.msg);
}

/* The configuration names the partitioner; check_murmur2 has its vectors. */
START_TEST(a_key_is_produced_to_the_java_clients_partition)
{
	const char *topic = world_name("keyed");
	struct contract_member member = {"keyed", "i1", world_name("txn"), &topic, 1};
	struct broker *broker = world_open(&member);
	struct output output = {topic, {.key = bytes_str("foobar"), .value = bytes_str("x")}};
	struct kafka_topic *reader = reader_open();
	struct kafka_topic_span spans[7];
	struct where where = {-1, 0};
	struct err err;

	create(topic, 7, NULL, NULL);
	ck_assert_msg(broker->ops->renew(broker, &err) == 0, "%s", err.msg);
	ck_assert_msg(broker->ops->begin(broker, &err) == 0, "%s", err.msg);
	ck_assert_msg(broker->ops->produce(broker, &output, &err) == 0, "%s", err.msg);
	ck_assert_msg(broker->ops->commit(broker, &err) == 0, "%s", err.msg);
	for (int32_t i = 0; i < 7; i++) {
		spans[i].tp = (struct tp){topic, i};
		learn_span(reader, &spans[i]);
	}
	ck_assert_msg(kafka_topic_read(reader, spans, 7, 20000, note_partition, &where, &err) == 0,
		      "%s", err.msg);
	ck_assert_int_eq(where.count, 1);
	ck_assert_int_eq(where.partition, (int32_t)((uint32_t)-790332482 & 0x7fffffff) % 7);
	kafka_topic_close(reader);
	broker->ops->close(broker);
}
END_TEST

START_TEST(a_reader_stays_within_its_span)
{
	const char *topic = world_name("span");
	struct kafka_topic *reader = reader_open();
	struct kafka_topic_span span = {{topic, 0}, 1, 3};
	struct where where = {-1, 0};
	int64_t start, end;
	struct err err;

	create(topic, 1, NULL, NULL);
	for (int i = 0; i < 5; i++)
		append_text(topic, 0, "k", false);
	append_text(topic, 0, "k", true); /* 5, and a control record at 6 */
	ck_assert_int_eq(kafka_topic_read(reader, &span, 1, 20000, note_partition, &where, &err),
			 0);
	ck_assert_int_eq(where.count, 2);
	/* Again with the same reader, up to an end that only a control record reaches. */
	ck_assert_int_eq(kafka_topic_range(reader, span.tp, &start, &end, &err), 0);
	ck_assert_int_eq(end, 7);
	span.end = end;
	where.count = 0;
	ck_assert_int_eq(kafka_topic_read(reader, &span, 1, 20000, note_partition, &where, &err),
			 0);
	ck_assert_int_eq(where.count, 5);
	span.start = span.end; /* nothing to read is read at once */
	ck_assert_int_eq(kafka_topic_read(reader, &span, 1, 0, note_partition, &where, &err), 0);
	ck_assert_int_eq(where.count, 5);
	kafka_topic_close(reader);
}
END_TEST

START_TEST(a_reader_says_what_it_cannot_reach)
{
	const char *topic = world_name("beyond");
	struct kafka_topic *reader = reader_open();
	struct kafka_topic_span span = {{topic, 0}, 0, 10};
	struct where where = {-1, 0};
	struct err err;

	create(topic, 1, NULL, NULL);
	append_text(topic, 0, "k", false);
	ck_assert_int_eq(kafka_topic_read(reader, &span, 1, 3000, note_partition, &where, &err),
			 -1);
	ck_assert_msg(err.kind == ERR_RETRY, "%s %s", err_kind_name(err.kind), err.msg);
	ck_assert_ptr_nonnull(strstr(err.msg, topic));
	ck_assert_int_eq(where.count, 1);
	span.start = 5; /* outside the log */
	ck_assert_int_eq(kafka_topic_read(reader, &span, 1, 20000, note_partition, &where, &err),
			 -1);
	ck_assert_int_eq(err.kind, ERR_STOP);
	ck_assert_int_eq(err.code, EXIT_DATA);
	kafka_topic_close(reader);
}
END_TEST

static TCase *real_only(void)
{
	TCase *tcase = tcase_create("real");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, world_begin, world_end);
	tcase_add_test(tcase, a_compacted_topic_is_known_as_one);
	tcase_add_test(tcase, a_key_is_produced_to_the_java_clients_partition);
	tcase_add_test(tcase, a_reader_stays_within_its_span);
	tcase_add_test(tcase, a_reader_says_what_it_cannot_reach);
	return tcase;
}

int main(void)
{
	Suite *suite;
	SRunner *runner;
	int failed;

	settings[0].value = getenv("ONCED_BROKERS");
	if (!settings[0].value) {
		puts("skipped: ONCED_BROKERS names no Kafka");
		return 77;
	}
	suite = contract_broker_suite(&world);
	suite_add_tcase(suite, real_only());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_VERBOSE);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
