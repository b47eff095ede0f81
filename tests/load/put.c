/*
 * put: writes given records to a topic, for what `load` never makes: hostile bytes, sizes, times.
 *
 *   put -b B -t TOPIC <LINES      a line: partition, timestamp, key, value, headers
 *
 * The fields are those of a dump's R line (tests/load/dump): separated by tabs, bytes as \xHH, null
 * as \N, headers as name=value joined by commas; the last field may be missing. Partition -1 is the
 * key's. A number in braces repeats the byte before it: "a{1000000}". Each record is acknowledged
 * before the next one is sent.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"

#define PUT_BYTES_MAX ((size_t)8 << 20)

struct field {
	char *data; /* in the line's own memory or `big`; NULL = null */
	size_t size;
};

static rd_kafka_resp_err_t answer;

static void delivered(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
	(void)client, (void)opaque;
	answer = message->err;
}

/* A byte, or an escaped one. */
static char *take_byte(char *at, char *ret)
{
	char hex[3] = "";

	if (at[0] != '\\' || at[1] != 'x') {
		*ret = *at;
		return at + 1;
	}
	memcpy(hex, at + 2, 2);
	*ret = (char)strtol(hex, NULL, 16);
	return at + 4;
}

/* Never more than PUT_BYTES_MAX; owned by the caller. */
static struct field read_field(char *text)
{
	struct field field = {NULL, 0};

	if (!text || strcmp(text, "\\N") == 0)
		return field;
	field.data = malloc(PUT_BYTES_MAX);
	if (!field.data)
		client_die(CLIENT_EXIT_UNAVAILABLE, "no memory");
	while (*text) {
		char byte, *end;
		long times = 1;

		text = take_byte(text, &byte);
		if (*text == '{') {
			times = strtol(text + 1, &end, 10);
			if (*end == '}' && end > text + 1)
				text = end + 1;
			else
				times = 1; /* JSON's own brace */
		}
		if (times < 0 || field.size + (size_t)times > PUT_BYTES_MAX)
			client_die(CLIENT_EXIT_USAGE, "a field is too large");
		memset(field.data + field.size, byte, (size_t)times);
		field.size += (size_t)times;
	}
	return field;
}

static rd_kafka_headers_t *read_headers(char *text)
{
	rd_kafka_headers_t *headers = rd_kafka_headers_new(8);
	char *pair;

	while (text && (pair = strsep(&text, ",")) != NULL) {
		char *name = strsep(&pair, "=");
		struct field name_field = read_field(name), value = read_field(pair);

		if (name_field.size)
			rd_kafka_header_add(headers, name_field.data, (ssize_t)name_field.size,
					    value.data, (ssize_t)value.size);
		free(name_field.data);
		free(value.data);
	}
	return headers;
}

static void put(rd_kafka_t *client, const char *topic, char *line)
{
	int32_t partition = (int32_t)client_number("partition", strsep(&line, "\t"), -1, 100000);
	char *timestamp = strsep(&line, "\t");
	struct field key = read_field(strsep(&line, "\t"));
	struct field value = read_field(strsep(&line, "\t"));
	rd_kafka_headers_t *headers = read_headers(line);
	rd_kafka_resp_err_t err;

	if (!timestamp)
		client_die(CLIENT_EXIT_USAGE, "a line with too few fields");
	answer = RD_KAFKA_RESP_ERR__IN_PROGRESS;
	err = rd_kafka_producev(client, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
				RD_KAFKA_V_TIMESTAMP(
					client_number("timestamp", timestamp, 0, INT64_MAX)),
				RD_KAFKA_V_KEY(key.data, key.size),
				RD_KAFKA_V_VALUE(value.data, value.size),
				RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
				RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
	if (!err) {
		rd_kafka_flush(client, CLIENT_CALL_MS);
		err = answer;
	}
	if (err)
		client_die(CLIENT_EXIT_UNAVAILABLE, "a record of %zu bytes: %s",
			   key.size + value.size, rd_kafka_err2str(err));
	free(key.data);
	free(value.data);
}

int main(int argc, char **argv)
{
	const char *settings[] = {"enable.idempotence", "true",    "partitioner", "murmur2_random",
				  "message.max.bytes",  "8000000", NULL};
	const char *bootstrap = NULL, *topic = NULL;
	rd_kafka_conf_t *conf;
	rd_kafka_t *client;
	char *line = NULL;
	size_t capacity = 0;
	int option;

	while ((option = getopt(argc, argv, "b:t:")) != -1) {
		if (option == 'b')
			bootstrap = optarg;
		else if (option == 't')
			topic = optarg;
		else
			topic = NULL;
	}
	if (!bootstrap || !topic || optind != argc)
		client_die(CLIENT_EXIT_USAGE, "usage: put -b BOOTSTRAP -t TOPIC <LINES");
	conf = client_conf(bootstrap, settings);
	rd_kafka_conf_set_dr_msg_cb(conf, delivered);
	client = client_new(RD_KAFKA_PRODUCER, conf);
	while (getline(&line, &capacity, stdin) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (*line)
			put(client, topic, line);
	}
	free(line);
	rd_kafka_destroy(client);
	return 0;
}
