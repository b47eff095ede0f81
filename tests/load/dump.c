/*
 * dump: what a read_committed reader sees of some topics, as lines for the checker, and the
 * committed offsets of a group.
 *
 *   C  group, topic, partition, committed offset, metadata
 *   E  topic, partition, log start, end
 *   R  topic, partition, offset, timestamp, key, value, headers
 *
 * Fields are separated by tabs; bytes that are not plain text are written \xHH, null is \N;
 * headers are name=value joined by commas, with comma and equals sign escaped too.
 *
 * The end is the high watermark of the moment the dump begins, taken by a read_uncommitted client:
 * the end that a read_committed client is told stops at the oldest open transaction, and a dump
 * that stopped there would call records lost that are only late.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"

#define TOPICS_MAX 32

struct part {
	const char *topic;
	int32_t partition;
	int64_t start, end;
	bool done;
};

struct dump {
	const char *bootstrap, *group;
	const char *topics[TOPICS_MAX];
	int topic_count;
	int input_count; /* the first so many -t: their committed offsets are wanted */
	int64_t deadline_ms;
	struct part *parts;
	size_t part_count, left;
	rd_kafka_t *reader;
};

static void put_bytes(const void *data, size_t size, bool in_header)
{
	const unsigned char *bytes = data;

	if (!bytes) {
		fputs("\\N", stdout);
		return;
	}
	for (size_t i = 0; i < size; i++) {
		unsigned char c = bytes[i];
		bool plain = c >= 0x20 && c < 0x7f && c != '\\';

		if (in_header && (c == ',' || c == '='))
			plain = false;
		if (plain)
			putc_unlocked(c, stdout);
		else
			printf("\\x%02x", c);
	}
}

static void put_headers(const rd_kafka_message_t *message)
{
	rd_kafka_headers_t *headers;
	const char *name;
	const void *value;
	size_t size;

	if (rd_kafka_message_headers(message, &headers))
		return;
	for (size_t i = 0; !rd_kafka_header_get_all(headers, i, &name, &value, &size); i++) {
		if (i)
			putc_unlocked(',', stdout);
		put_bytes(name, strlen(name), true);
		putc_unlocked('=', stdout);
		put_bytes(value, size, true);
	}
}

static struct part *find(struct dump *dump, const rd_kafka_message_t *message)
{
	const char *topic = rd_kafka_topic_name(message->rkt);

	for (size_t i = 0; i < dump->part_count; i++)
		if (dump->parts[i].partition == message->partition &&
		    strcmp(dump->parts[i].topic, topic) == 0)
			return &dump->parts[i];
	client_die(CLIENT_EXIT_UNAVAILABLE, "%s/%d was not asked for", topic, message->partition);
}

static void finish(struct dump *dump, struct part *part)
{
	rd_kafka_topic_partition_list_t *one = rd_kafka_topic_partition_list_new(1);

	if (!part->done) {
		part->done = true;
		dump->left--;
		/* Without this the rest of a topic that still grows would be fetched too. */
		rd_kafka_topic_partition_list_add(one, part->topic, part->partition);
		(void)rd_kafka_pause_partitions(dump->reader, one);
	}
	rd_kafka_topic_partition_list_destroy(one);
}

static void take(struct dump *dump, const rd_kafka_message_t *message)
{
	struct part *part = find(dump, message);
	rd_kafka_timestamp_type_t type;

	if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
		/* Control records at the end have no message: EOF tells that they passed. */
		if (message->offset >= part->end)
			finish(dump, part);
		return;
	}
	if (message->err)
		client_die(CLIENT_EXIT_UNAVAILABLE, "%s/%d: %s", part->topic, part->partition,
			   rd_kafka_message_errstr(message));
	if (message->offset >= part->end || part->done) {
		finish(dump, part);
		return;
	}
	printf("R\t%s\t%d\t%lld\t%lld\t", part->topic, part->partition, (long long)message->offset,
	       (long long)rd_kafka_message_timestamp(message, &type));
	put_bytes(message->key, message->key_len, false);
	putc_unlocked('\t', stdout);
	put_bytes(message->payload, message->len, false);
	putc_unlocked('\t', stdout);
	put_headers(message);
	putc_unlocked('\n', stdout);
	if (message->offset + 1 >= part->end)
		finish(dump, part);
}

static void find_ends(struct dump *dump)
{
	static const char *const settings[] = {"isolation.level", "read_uncommitted", NULL};
	rd_kafka_t *looker = client_new(RD_KAFKA_CONSUMER, client_conf(dump->bootstrap, settings));

	for (int i = 0; i < dump->topic_count; i++) {
		int32_t count = client_partitions(looker, dump->topics[i]);

		dump->parts = realloc(dump->parts,
				      (dump->part_count + (size_t)count) * sizeof(*dump->parts));
		for (int32_t p = 0; p < count; p++) {
			struct part *part = &dump->parts[dump->part_count++];

			*part = (struct part){.topic = dump->topics[i], .partition = p};
			client_range(looker, part->topic, p, &part->start, &part->end);
			printf("E\t%s\t%d\t%lld\t%lld\n", part->topic, p, (long long)part->start,
			       (long long)part->end);
		}
	}
	rd_kafka_destroy(looker);
}

/* Before the outputs are read, so that nothing of a record below C can be missing in them. */
static void put_committed(struct dump *dump)
{
	const char *settings[] = {"isolation.level", "read_committed", "group.id", dump->group,
				  NULL};
	rd_kafka_t *asker = client_new(RD_KAFKA_CONSUMER, client_conf(dump->bootstrap, settings));
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(16);
	rd_kafka_resp_err_t err;

	for (int i = 0; i < dump->input_count; i++) {
		int32_t count = client_partitions(asker, dump->topics[i]);

		rd_kafka_topic_partition_list_add_range(list, dump->topics[i], 0, count - 1);
	}
	err = rd_kafka_committed(asker, list, CLIENT_CALL_MS);
	if (err)
		client_die(CLIENT_EXIT_UNAVAILABLE, "committed offsets of %s: %s", dump->group,
			   rd_kafka_err2str(err));
	for (int i = 0; i < list->cnt; i++) {
		const rd_kafka_topic_partition_t *tp = &list->elems[i];

		if (tp->err)
			client_die(CLIENT_EXIT_UNAVAILABLE, "committed offset of %s/%d: %s",
				   tp->topic, tp->partition, rd_kafka_err2str(tp->err));
		printf("C\t%s\t%s\t%d\t%lld\t", dump->group, tp->topic, tp->partition,
		       (long long)tp->offset);
		put_bytes(tp->metadata, tp->metadata_size, false);
		putc_unlocked('\n', stdout);
	}
	rd_kafka_topic_partition_list_destroy(list);
	rd_kafka_destroy(asker);
}

static void read_all(struct dump *dump)
{
	static const char *const settings[] = {"isolation.level",
					       "read_committed",
					       "group.id",
					       "dump",
					       "enable.auto.commit",
					       "false",
					       "enable.partition.eof",
					       "true",
					       "auto.offset.reset",
					       "error",
					       "check.crcs",
					       "true",
					       "fetch.error.backoff.ms",
					       "10",
					       "queued.min.messages",
					       "1000000",
					       NULL};
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(16);
	int64_t deadline = client_tick_ms() + dump->deadline_ms;

	dump->reader = client_new(RD_KAFKA_CONSUMER, client_conf(dump->bootstrap, settings));
	rd_kafka_poll_set_consumer(dump->reader);
	for (size_t i = 0; i < dump->part_count; i++) {
		struct part *part = &dump->parts[i];

		part->done = part->start >= part->end;
		if (part->done)
			continue;
		rd_kafka_topic_partition_list_add(list, part->topic, part->partition)->offset =
			part->start;
		dump->left++;
	}
	if (dump->left)
		rd_kafka_assign(dump->reader, list);
	rd_kafka_topic_partition_list_destroy(list);
	while (dump->left) {
		rd_kafka_message_t *message = rd_kafka_consumer_poll(dump->reader, 100);

		if (message && message->rkt)
			take(dump, message);
		if (message)
			rd_kafka_message_destroy(message);
		if (client_tick_ms() > deadline)
			client_die(CLIENT_EXIT_UNAVAILABLE,
				   "%zu partitions did not come to their end in time: is a "
				   "transaction still open?",
				   dump->left);
	}
	rd_kafka_destroy_flags(dump->reader, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

int main(int argc, char **argv)
{
	struct dump dump = {.deadline_ms = 120000};
	int option;

	/* -i and -t in any order; inputs come first in the array. */
	while ((option = getopt(argc, argv, "b:g:i:t:d:")) != -1) {
		switch (option) {
		case 'b':
			dump.bootstrap = optarg;
			break;
		case 'g':
			dump.group = optarg;
			break;
		case 'd':
			dump.deadline_ms = 1000 * client_number("-d", optarg, 1, 3600);
			break;
		case 'i':
		case 't':
			if (dump.topic_count == TOPICS_MAX)
				client_die(CLIENT_EXIT_USAGE, "too many topics");
			if (option == 't') {
				dump.topics[dump.topic_count++] = optarg;
				break;
			}
			memmove(dump.topics + 1, dump.topics,
				(size_t)dump.topic_count++ * sizeof(dump.topics[0]));
			dump.topics[0] = optarg;
			dump.input_count++;
			break;
		default:
			dump.topic_count = 0;
			optind = argc + 1;
			break;
		}
	}
	if (optind != argc || !dump.bootstrap || !dump.topic_count ||
	    (dump.input_count && !dump.group))
		client_die(
			CLIENT_EXIT_USAGE,
			"usage: dump -b BOOTSTRAP -g GROUP -i INPUT... -t TOPIC... [-d SECONDS]");
	if (dump.input_count)
		put_committed(&dump);
	find_ends(&dump);
	read_all(&dump);
	free(dump.parts);
	if (fflush(stdout) || ferror(stdout))
		client_die(CLIENT_EXIT_UNAVAILABLE, "cannot write the dump");
	return 0;
}
