/* client: see client.h. */
#include "client.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define META_MS 5000

void client_die(int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(code);
}

static void quiet(const rd_kafka_t *client, int level, const char *fac, const char *text)
{
	/* A broker that is restarted on purpose fills the terminal with disconnects otherwise. */
	if (level <= 2)
		fprintf(stderr, "%s: %s: %s\n", rd_kafka_name(client), fac, text);
}

rd_kafka_conf_t *client_conf(const char *bootstrap, const char *const *settings)
{
	char text[512];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();

	rd_kafka_conf_set_log_cb(conf, quiet);
	if (rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap, text, sizeof(text)))
		client_die(CLIENT_EXIT_USAGE, "bootstrap.servers: %s", text);
	for (size_t i = 0; settings[i]; i += 2)
		if (rd_kafka_conf_set(conf, settings[i], settings[i + 1], text, sizeof(text)))
			client_die(CLIENT_EXIT_USAGE, "%s: %s", settings[i], text);
	return conf;
}

rd_kafka_t *client_new(rd_kafka_type_t type, rd_kafka_conf_t *conf)
{
	char text[512];
	rd_kafka_t *client = rd_kafka_new(type, conf, text, sizeof(text));

	if (!client)
		client_die(CLIENT_EXIT_UNAVAILABLE, "cannot make a Kafka client: %s", text);
	return client;
}

int32_t client_partitions(rd_kafka_t *client, const char *topic)
{
	int64_t deadline = client_tick_ms() + CLIENT_CALL_MS;
	rd_kafka_topic_t *handle = rd_kafka_topic_new(client, topic, NULL);
	int32_t count = 0;

	if (!handle)
		client_die(CLIENT_EXIT_UNAVAILABLE, "topic %s: %s", topic,
			   rd_kafka_err2str(rd_kafka_last_error()));
	while (count == 0) {
		const struct rd_kafka_metadata *meta = NULL;
		rd_kafka_resp_err_t err = rd_kafka_metadata(client, 0, handle, &meta, META_MS);

		if (!err && meta->topic_cnt == 1 && !meta->topics[0].err)
			count = meta->topics[0].partition_cnt;
		else if (!err && meta->topic_cnt == 1)
			err = meta->topics[0].err;
		if (count == 0 && client_tick_ms() > deadline)
			client_die(CLIENT_EXIT_UNAVAILABLE, "topic %s: %s", topic,
				   rd_kafka_err2str(err));
		/* A topic that was made a moment ago may not be known yet. */
		if (count == 0)
			rd_kafka_poll(client, 50);
		if (meta)
			rd_kafka_metadata_destroy(meta);
	}
	rd_kafka_topic_destroy(handle);
	return count;
}

/* Not query_watermark_offsets: before librdkafka 2.3 it forgets its timeout, where the leader has
 * died. */
static rd_kafka_resp_err_t ask_offset(rd_kafka_t *client, const char *topic, int32_t partition,
				      int64_t which, int64_t *ret)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_t *tp = rd_kafka_topic_partition_list_add(list, topic, partition);
	rd_kafka_resp_err_t err;

	tp->offset = which;
	err = rd_kafka_offsets_for_times(client, list, META_MS);
	if (!err)
		err = tp->err;
	*ret = tp->offset;
	rd_kafka_topic_partition_list_destroy(list);
	return err;
}

void client_range(rd_kafka_t *client, const char *topic, int32_t partition, int64_t *ret_start,
		  int64_t *ret_end)
{
	int64_t deadline = client_tick_ms() + CLIENT_CALL_MS;
	rd_kafka_resp_err_t err;

	do {
		err = ask_offset(client, topic, partition, RD_KAFKA_OFFSET_BEGINNING, ret_start);
		if (!err)
			err = ask_offset(client, topic, partition, RD_KAFKA_OFFSET_END, ret_end);
	} while (err && client_tick_ms() < deadline);
	if (err)
		client_die(CLIENT_EXIT_UNAVAILABLE, "end of %s/%d: %s", topic, partition,
			   rd_kafka_err2str(err));
}

static int64_t clock_ms(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t client_now_ms(void)
{
	return clock_ms(CLOCK_REALTIME);
}

int64_t client_tick_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

int64_t client_number(const char *what, const char *text, int64_t min, int64_t max)
{
	char *end;
	long long value;

	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno || end == text || *end || value < min || value > max)
		client_die(CLIENT_EXIT_USAGE, "%s: \"%s\" is not a number from %lld to %lld", what,
			   text, (long long)min, (long long)max);
	return value;
}
