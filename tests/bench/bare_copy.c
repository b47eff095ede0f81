/*
 * bare_copy: the least that moves records exactly once with librdkafka: poll, produce, and every
 * commit interval send_offsets and commit, one thread. What onced costs is measured against it. It
 * has onced's queue settings and onced's way of polling, and none of its care: any error ends it.
 *
 *   bare_copy BOOTSTRAP GROUP INPUT OUTPUT COMMIT_MS QUEUE_KB      until SIGTERM
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../load/client.h"

#define BATCH_MAX 50000 /* onced's commit.records */
#define TXN_CALL_MS 10000

struct copy {
	rd_kafka_t *consumer, *producer;
	rd_kafka_topic_t *output;
	int64_t commit_ms, began_ms;
	uint64_t in_batch;
};

static atomic_bool stopping;

static void on_signal(int number)
{
	(void)number;
	atomic_store(&stopping, true);
}

static void must_work(const char *what, rd_kafka_error_t *error)
{
	if (error)
		client_die(CLIENT_EXIT_UNAVAILABLE, "%s: %s", what, rd_kafka_error_string(error));
}

static void commit(struct copy *copy)
{
	rd_kafka_topic_partition_list_t *offsets;
	rd_kafka_consumer_group_metadata_t *group;

	if (rd_kafka_assignment(copy->consumer, &offsets) ||
	    rd_kafka_position(copy->consumer, offsets))
		client_die(CLIENT_EXIT_UNAVAILABLE, "no positions");
	group = rd_kafka_consumer_group_metadata(copy->consumer);
	must_work("send_offsets", rd_kafka_send_offsets_to_transaction(copy->producer, offsets,
								       group, TXN_CALL_MS));
	must_work("commit", rd_kafka_commit_transaction(copy->producer, TXN_CALL_MS));
	rd_kafka_consumer_group_metadata_destroy(group);
	rd_kafka_topic_partition_list_destroy(offsets);
	copy->in_batch = 0;
}

static void pass_on(struct copy *copy, const rd_kafka_message_t *message)
{
	rd_kafka_headers_t *headers = NULL, *theirs;
	rd_kafka_timestamp_type_t type;
	int64_t timestamp = rd_kafka_message_timestamp(message, &type);

	if (copy->in_batch == 0) {
		must_work("begin", rd_kafka_begin_transaction(copy->producer));
		copy->began_ms = client_tick_ms();
	}
	copy->in_batch++;
	if (!rd_kafka_message_headers(message, &theirs))
		headers = rd_kafka_headers_copy(theirs);
	for (;;) {
		rd_kafka_resp_err_t err =
			rd_kafka_producev(copy->producer, RD_KAFKA_V_RKT(copy->output),
					  RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
					  RD_KAFKA_V_KEY(message->key, message->key_len),
					  RD_KAFKA_V_VALUE(message->payload, message->len),
					  RD_KAFKA_V_TIMESTAMP(timestamp),
					  RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);

		if (!err)
			return;
		if (err != RD_KAFKA_RESP_ERR__QUEUE_FULL)
			client_die(CLIENT_EXIT_UNAVAILABLE, "produce: %s", rd_kafka_err2str(err));
		rd_kafka_poll(copy->producer, 1);
	}
}

static void open_clients(struct copy *copy, char **argv)
{
	const char *consumer[] = {"group.id",
				  argv[2],
				  "isolation.level",
				  "read_committed",
				  "enable.auto.commit",
				  "false",
				  "enable.auto.offset.store",
				  "false",
				  "auto.offset.reset",
				  "earliest",
				  "enable.partition.eof",
				  "true",
				  "socket.nagle.disable",
				  "true",
				  "queued.min.messages",
				  "1000000",
				  "queued.max.messages.kbytes",
				  argv[6],
				  "fetch.error.backoff.ms",
				  "10",
				  NULL};
	const char *producer[] = {"transactional.id",
				  argv[2],
				  "partitioner",
				  "murmur2_random",
				  "socket.nagle.disable",
				  "true",
				  "retry.backoff.ms",
				  "10",
				  "linger.ms",
				  "5",
				  "queue.buffering.max.messages",
				  "200000",
				  "queue.buffering.max.kbytes",
				  argv[6],
				  NULL};
	rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);

	copy->commit_ms = client_number("COMMIT_MS", argv[5], 1, 60000);
	copy->producer = client_new(RD_KAFKA_PRODUCER, client_conf(argv[1], producer));
	must_work("init", rd_kafka_init_transactions(copy->producer, CLIENT_CALL_MS));
	copy->output = rd_kafka_topic_new(copy->producer, argv[4], NULL);
	copy->consumer = client_new(RD_KAFKA_CONSUMER, client_conf(argv[1], consumer));
	rd_kafka_poll_set_consumer(copy->consumer);
	rd_kafka_topic_partition_list_add(topics, argv[3], RD_KAFKA_PARTITION_UA);
	if (rd_kafka_subscribe(copy->consumer, topics))
		client_die(CLIENT_EXIT_UNAVAILABLE, "cannot subscribe to %s", argv[3]);
	rd_kafka_topic_partition_list_destroy(topics);
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = on_signal};
	struct copy copy = {0};

	if (argc != 7)
		client_die(CLIENT_EXIT_USAGE,
			   "usage: bare_copy BOOTSTRAP GROUP INPUT OUTPUT COMMIT_MS QUEUE_KB");
	(void)sigaction(SIGTERM, &action, NULL);
	open_clients(&copy, argv);
	while (!atomic_load(&stopping)) {
		rd_kafka_message_t *message = rd_kafka_consumer_poll(copy.consumer, 10);

		if (message && !message->err)
			pass_on(&copy, message);
		if (message)
			rd_kafka_message_destroy(message);
		if (copy.in_batch && (copy.in_batch >= BATCH_MAX ||
				      client_tick_ms() - copy.began_ms >= copy.commit_ms))
			commit(&copy);
	}
	if (copy.in_batch)
		commit(&copy);
	rd_kafka_consumer_close(copy.consumer);
	rd_kafka_topic_destroy(copy.output);
	rd_kafka_destroy(copy.consumer);
	rd_kafka_destroy(copy.producer);
	return 0;
}
