/*
 * kafka_producer: see kafka_producer.h. A call into a transaction that fails ends in `failed`,
 * which taints the producer: after any error a late copy of one of its requests may still be on the
 * way, and only a new producer epoch makes the broker refuse that.
 */
#include "io/kafka_producer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/failpoint.h"
#include "base/must.h"
#include "io/clock_ms.h"
#include "io/kafka_err.h"

#define QUEUE_MESSAGES_MIN ((int64_t)100000)
#define QUEUE_MESSAGES_MAX ((int64_t)10000000) /* librdkafka's own limit */
#define QUEUE_KBYTES_MIN ((size_t)1024)
#define QUEUE_KBYTES_MAX ((size_t)2147483647)
#define QUEUE_FULL_WAIT_MS 5

void kafka_producer_init(struct kafka_producer *producer, const struct kafka_broker_conf *conf)
{
	*producer = (struct kafka_producer){.conf = conf};
	producer->client.role = "producer";
	producer->client.log = conf->log;
}

/* --- life --- */

static void close_handle(struct kafka_producer *producer, int ms_max)
{
	for (size_t i = 0; i < producer->topic_count; i++) {
		if (producer->topics[i].handle)
			rd_kafka_topic_destroy(producer->topics[i].handle);
		producer->topics[i].handle = NULL;
		producer->topics[i].known = false;
	}
	if (!producer->client.rk)
		return;
	/* What is still queued or in flight belongs to a transaction that is given up: the next
	 * init_transactions, or the broker's timeout, aborts it. */
	(void)rd_kafka_purge(producer->client.rk, RD_KAFKA_PURGE_F_QUEUE |
							  RD_KAFKA_PURGE_F_INFLIGHT |
							  RD_KAFKA_PURGE_F_NON_BLOCKING);
	kafka_client_close(&producer->client, 0, ms_max);
}

void kafka_producer_close(struct kafka_producer *producer, int ms_max)
{
	close_handle(producer, ms_max);
	free(producer->topics);
	producer->topics = NULL;
	producer->topic_count = 0;
}

/* Reports come for failures only. They run inside flush and poll, on the worker's thread. */
static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
	struct kafka_producer *producer = opaque;
	rd_kafka_resp_err_t code = message->err;
	const char *topic = message->rkt ? rd_kafka_topic_name(message->rkt) : "?";

	(void)rk; /* librdkafka's signature */
	if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
	    code == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
		return; /* purged by an abort: the consequence, not the reason */
	if (producer->failed == RD_KAFKA_RESP_ERR_NO_ERROR) {
		producer->failed = code;
		(void)snprintf(producer->failed_topic, sizeof(producer->failed_topic), "%s", topic);
	}
	if (producer->refused == RD_KAFKA_RESP_ERR_NO_ERROR && kafka_err_is_refusal(code)) {
		producer->refused = code;
		(void)snprintf(producer->refused_topic, sizeof(producer->refused_topic), "%s",
			       topic);
	}
}

static int open_handle(struct kafka_producer *producer, struct err *err)
{
	const struct kafka_broker_conf *conf = producer->conf;
	char timeout_ms[16], messages[24], kbytes[24];
	int64_t queue_messages = conf->batch_records > QUEUE_MESSAGES_MAX / 2
					 ? QUEUE_MESSAGES_MAX
					 : conf->batch_records * 2;
	size_t queue_kbytes = conf->producer_queue_bytes / 1024;
	rd_kafka_conf_t *rk_conf;

	if (queue_messages < QUEUE_MESSAGES_MIN)
		queue_messages = QUEUE_MESSAGES_MIN;
	if (queue_kbytes < QUEUE_KBYTES_MIN)
		queue_kbytes = QUEUE_KBYTES_MIN;
	if (queue_kbytes > QUEUE_KBYTES_MAX)
		queue_kbytes = QUEUE_KBYTES_MAX;
	/* All three always fit. */
	(void)snprintf(timeout_ms, sizeof(timeout_ms), "%d", conf->transaction_timeout_ms);
	(void)snprintf(messages, sizeof(messages), "%lld", (long long)queue_messages);
	(void)snprintf(kbytes, sizeof(kbytes), "%zu", queue_kbytes);
	const struct kafka_setting owned[] = {
		{"transactional.id", conf->transactional_id},
		{"transaction.timeout.ms", timeout_ms},
		{"enable.idempotence", "true"},
		{"max.in.flight.requests.per.connection", "5"},
		/* Also the pause between AddOffsetsToTxn and its retry while the last commit's
		 * markers are written: 100 ms by default, on every commit. */
		{"retry.backoff.ms", "10"},
		{"partitioner", "murmur2_random"}, /* the Java client's; keyless: sticky */
		{"queue.buffering.max.messages", messages},
		{"queue.buffering.max.kbytes", kbytes},
		{"delivery.report.only.error", "true"},
		{"enable.metrics.push", "false"},
	};

	if (kafka_client_conf(conf->settings, conf->setting_count, owned,
			      sizeof(owned) / sizeof(owned[0]), &rk_conf, err) < 0)
		return -1;
	rd_kafka_conf_set_dr_msg_cb(rk_conf, on_delivery);
	kafka_client_guard(&producer->client, conf->secrets, conf->secret_count);
	if (kafka_taint_watch(&producer->taint, rk_conf, err) < 0) {
		rd_kafka_conf_destroy(rk_conf);
		return -1;
	}
	return kafka_client_open(&producer->client, RD_KAFKA_PRODUCER, rk_conf, err);
}

/* --- topics --- */

static struct kafka_out_topic *find_topic(struct kafka_producer *producer, const char *name)
{
	struct kafka_out_topic *grown;

	for (size_t i = 0; i < producer->topic_count; i++)
		if (strcmp(producer->topics[i].name, name) == 0)
			return &producer->topics[i];
	grown = realloc(producer->topics, (producer->topic_count + 1) * sizeof(*grown));
	must(grown != NULL);
	producer->topics = grown;
	grown[producer->topic_count] = (struct kafka_out_topic){.name = name};
	return &grown[producer->topic_count++];
}

/* Names the right that is missing, where code says that one is. */
static void name_right(const struct kafka_producer *producer, rd_kafka_resp_err_t code,
		       const char *operation, const char *topic, struct err *err)
{
	const struct kafka_right right = {.operation = operation,
					  .topic = topic,
					  .group = producer->conf->group,
					  .transactional_id = producer->conf->transactional_id};

	kafka_err_right(err, code, &right);
}

/* Asks before the first record: one that is produced blindly to a missing topic fails only after
 * its delivery timeout, and takes the transaction with it. It also warms the metadata, without
 * which the first record waits up to a second (rdkafka up to 2.10.0). */
static int meet_topic(struct kafka_producer *producer, struct kafka_out_topic *topic,
		      struct err *err)
{
	const struct rd_kafka_metadata *metadata = NULL;
	rd_kafka_resp_err_t code;

	if (!topic->handle)
		topic->handle = rd_kafka_topic_new(producer->client.rk, topic->name, NULL);
	if (!topic->handle)
		return err_set(err, ERR_STOP, EXIT_CONFIG, "topic %s: librdkafka refuses the name",
			       topic->name);
	code = rd_kafka_metadata(producer->client.rk, 0, topic->handle, &metadata,
				 producer->conf->call_ms_max);
	if (!code) {
		code = metadata->topic_cnt == 1 ? metadata->topics[0].err
						: RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
		topic->known = !code && metadata->topics[0].partition_cnt > 0;
		rd_kafka_metadata_destroy(metadata);
	}
	if (topic->known)
		return 0;
	(void)rd_kafka_poll(producer->client.rk, 0); /* hear of connection errors */
	kafka_err_code(err, code ? code : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
		       "output topic %s", topic->name);
	name_right(producer, code, "WRITE", topic->name, err);
	kafka_client_explain(&producer->client, err);
	return -1;
}

/* A right that is missing shows here, before anything was read. A topic that is missing does not
 * matter yet: the first record for it waits. */
static int meet_outputs(struct kafka_producer *producer, struct err *err)
{
	const struct kafka_broker_conf *conf = producer->conf;
	struct err why;

	for (size_t i = 0; i < conf->output_count; i++) {
		struct kafka_out_topic *topic = find_topic(producer, conf->outputs[i]);

		if (topic->known || meet_topic(producer, topic, &why) == 0 || why.kind != ERR_STOP)
			continue;
		*err = why;
		return -1;
	}
	return 0;
}

int kafka_producer_renew(struct kafka_producer *producer, struct err *err)
{
	rd_kafka_resp_err_t code;
	rd_kafka_error_t *error;

	if (!producer->initialising) {
		/* Crash here: the broker aborts the old transaction by its timeout, or by the
		 * next process's init_transactions. */
		close_handle(producer, producer->conf->call_ms_max);
		if (open_handle(producer, err) < 0)
			return -1;
		producer->initialising = true;
	}
	error = rd_kafka_init_transactions(producer->client.rk, producer->conf->call_ms_max);
	(void)rd_kafka_poll(producer->client.rk, 0); /* hear of connection errors */
	if (error) {
		code = rd_kafka_error_code(error);
		kafka_err_txn(err, error, "init_transactions");
		name_right(producer, code, "WRITE", NULL, err);
		kafka_client_explain(&producer->client, err);
		producer->initialising = err->kind == ERR_RETRY;
		return -1;
	}
	producer->initialising = false;
	producer->fenced = false;
	producer->client.trouble_told = true; /* whatever was heard on the way */
	kafka_client_works(&producer->client);
	return meet_outputs(producer, err);
}

/* --- transactions --- */

/* The reason of a failed delivery, if there is one, says more than librdkafka's "message(s) failed
 * delivery"; a missing right among them is a STOP. */
static void explain(struct kafka_producer *producer, const char *what, struct err *err)
{
	(void)rd_kafka_poll(producer->client.rk, 0); /* delivery reports, connection errors */
	if (err->kind == ERR_ABORT && producer->failed != RD_KAFKA_RESP_ERR_NO_ERROR) {
		kafka_err_code(err, producer->failed,
			       "%s: output topic %s does not take the records", what,
			       producer->failed_topic);
		name_right(producer, producer->failed, "WRITE", producer->failed_topic, err);
		if (err->kind != ERR_STOP)
			err->kind = ERR_ABORT;
	}
	kafka_client_explain(&producer->client, err);
}

/* A fence within the transaction's timeout is somebody else's. One after it may be our own: the
 * broker ends a transaction that takes too long by raising the epoch, and that heals by itself
 * however often it comes. */
static void judge_fence(struct kafka_producer *producer, struct err *err)
{
	if (err->kind != ERR_UNKNOWN || err->code != BROKER_CODE_FENCED)
		return;
	producer->fenced = true;
	if (clock_ms(CLOCK_MONOTONIC) - producer->began_ms >=
	    producer->conf->transaction_timeout_ms)
		err->code = 0;
}

/* offsets: the call has to do with the input too. */
static int failed(struct kafka_producer *producer, rd_kafka_error_t *error, const char *what,
		  bool offsets, struct err *err)
{
	rd_kafka_resp_err_t code = rd_kafka_error_code(error);
	const char *topic = NULL;

	kafka_taint_mark(&producer->taint);
	kafka_err_txn(err, error, what);
	judge_fence(producer, err);
	(void)rd_kafka_poll(producer->client.rk, 0); /* delivery reports may name the topic */
	if (producer->failed == code)
		topic = producer->failed_topic;
	name_right(producer, code, offsets && !topic ? "READ" : "WRITE", topic, err);
	explain(producer, what, err);
	return -1;
}

/* rd_kafka calls of a dead producer can wait for ever (librdkafka #4420). */
static bool is_dead(struct kafka_producer *producer, const char *what, struct err *err)
{
	if (!kafka_err_fatal(err, producer->client.rk, what))
		return false;
	judge_fence(producer, err);
	kafka_taint_mark(&producer->taint);
	return true;
}

int kafka_producer_begin(struct kafka_producer *producer, struct err *err)
{
	rd_kafka_error_t *error;

	must(producer->client.rk && !producer->initialising);
	producer->failed = RD_KAFKA_RESP_ERR_NO_ERROR;
	producer->refused = RD_KAFKA_RESP_ERR_NO_ERROR;
	producer->began_ms = clock_ms(CLOCK_MONOTONIC);
	kafka_taint_begin(&producer->taint);
	if (is_dead(producer, "begin_transaction", err))
		return -1;
	error = rd_kafka_begin_transaction(producer->client.rk);
	if (error)
		return failed(producer, error, "begin_transaction", false, err);
	return 0;
}

static rd_kafka_headers_t *make_headers(const struct record *record)
{
	rd_kafka_headers_t *headers = rd_kafka_headers_new(record->header_count);

	for (size_t i = 0; i < record->header_count; i++) {
		const struct header *header = &record->headers[i];

		/* Fails for read-only headers only; these are ours. */
		must(rd_kafka_header_add(headers, header->name.data, (ssize_t)header->name.len,
					 header->value.data,
					 (ssize_t)header->value.len) == RD_KAFKA_RESP_ERR_NO_ERROR);
	}
	return headers;
}

static int64_t sent_timestamp(int64_t timestamp)
{
	if (timestamp == -1)
		return 0; /* none: librdkafka takes the present */
	return timestamp == 0 ? 1 : timestamp;
}

static int produce_failed(struct kafka_producer *producer, struct kafka_out_topic *topic,
			  rd_kafka_resp_err_t code, struct err *err)
{
	switch ((int)code) {
	case RD_KAFKA_RESP_ERR__QUEUE_FULL:
		(void)rd_kafka_poll(producer->client.rk, QUEUE_FULL_WAIT_MS);
		return err_set(err, ERR_RETRY, BROKER_CODE_QUEUE_FULL,
			       "the producer's queue is full: the broker takes "
			       "records more slowly than they come");
	case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
		return err_set(err, ERR_DATA, (int)code,
			       "output topic %s: the record is larger than message.max.bytes",
			       topic->name);
	case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
	case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
		topic->known = false; /* ask again next time */
		return kafka_err_code(err, code, "output topic %s", topic->name);
	default:
		break;
	}
	if (is_dead(producer, "produce", err))
		return -1;
	if (code == RD_KAFKA_RESP_ERR__STATE) { /* the transaction has failed behind our back */
		kafka_taint_mark(&producer->taint);
		err_set(err, ERR_ABORT, (int)code, "produce: the transaction has failed already");
		explain(producer, "produce", err);
		return -1;
	}
	kafka_err_code(err, code, "output topic %s", topic->name);
	if (err->kind != ERR_STOP)
		err->kind = ERR_UNKNOWN;
	kafka_taint_mark(&producer->taint);
	return -1;
}

int kafka_producer_produce(struct kafka_producer *producer, const struct output *output,
			   struct err *err)
{
	const struct record *record = &output->record;
	struct kafka_out_topic *topic = find_topic(producer, output->topic);
	rd_kafka_headers_t *headers = NULL;
	rd_kafka_resp_err_t code;

	must(producer->client.rk && !producer->initialising);
	if (!topic->known && meet_topic(producer, topic, err) < 0)
		return -1;
	if (record->header_count > 0)
		headers = make_headers(record);
	/* Copied: the source message is released at the end of the batch, while this one may
	 * still be retried. librdkafka owns the headers once it returns no error. */
	code = rd_kafka_producev(producer->client.rk, RD_KAFKA_V_RKT(topic->handle),
				 RD_KAFKA_V_PARTITION(RD_KAFKA_PARTITION_UA),
				 RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
				 RD_KAFKA_V_VALUE((void *)record->value.data, record->value.len),
				 RD_KAFKA_V_KEY((void *)record->key.data, record->key.len),
				 RD_KAFKA_V_TIMESTAMP(sent_timestamp(record->timestamp)),
				 RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
	if (!code)
		return 0;
	if (headers)
		rd_kafka_headers_destroy(headers);
	return produce_failed(producer, topic, code, err);
}

int kafka_producer_send_offsets(struct kafka_producer *producer, const struct tp_offset *offsets,
				size_t count, const rd_kafka_consumer_group_metadata_t *metadata,
				struct err *err)
{
	rd_kafka_topic_partition_list_t *list;
	rd_kafka_error_t *error;

	must(producer->client.rk && !producer->initialising);
	must(count > 0); /* a transaction without offsets is not fenced */
	if (is_dead(producer, "send_offsets", err))
		return -1;
	list = rd_kafka_topic_partition_list_new((int)count);
	for (size_t i = 0; i < count; i++) {
		rd_kafka_topic_partition_t *item =
			rd_kafka_topic_partition_list_add(list, offsets[i].tp.topic,
							  offsets[i].tp.partition);

		must(offsets[i].offset >= 0);
		item->offset = offsets[i].offset;
		if (!offsets[i].metadata)
			continue;
		item->metadata = strdup(offsets[i].metadata); /* freed with the list */
		must(item->metadata != NULL);
		item->metadata_size = strlen(offsets[i].metadata);
	}
	error = rd_kafka_send_offsets_to_transaction(producer->client.rk, list, metadata,
						     producer->conf->call_ms_max);
	rd_kafka_topic_partition_list_destroy(list);
	if (error)
		return failed(producer, error, "send_offsets", true, err);
	return 0;
}

int kafka_producer_commit(struct kafka_producer *producer, struct err *err)
{
	rd_kafka_error_t *error;

	must(producer->client.rk && !producer->initialising);
	if (is_dead(producer, "commit", err))
		return -1;
	if (FAILPOINT_IS_SET("flush")) {
		(void)rd_kafka_flush(producer->client.rk, producer->conf->call_ms_max);
		(void)FAILPOINT("flush");
	}
	error = rd_kafka_commit_transaction(producer->client.rk, producer->conf->call_ms_max);
	if (!error) {
		kafka_client_works(&producer->client);
		return 0;
	}
	failed(producer, error, "commit", false, err);
	/* "Abort it" is no answer once EndTxn(commit) is on the way: the broker may have obeyed.
	 * A new producer settles it, whichever it was. */
	if (err->kind == ERR_ABORT && kafka_taint_ended(&producer->taint))
		err->kind = ERR_UNKNOWN;
	return -1;
}

int kafka_producer_abort(struct kafka_producer *producer, struct err *err)
{
	rd_kafka_error_t *error;

	must(producer->client.rk && !producer->initialising);
	if (is_dead(producer, "abort", err))
		return -1;
	/* librdkafka waits for the answers of what is in flight; one that is cut off taints. */
	error = rd_kafka_abort_transaction(producer->client.rk, producer->conf->call_ms_max);
	if (!error)
		return 0;
	failed(producer, error, "abort", false, err);
	if (err->kind == ERR_ABORT) /* aborting the abort leads nowhere; a new producer does */
		err->kind = ERR_UNKNOWN;
	return -1;
}

bool kafka_producer_refused(struct kafka_producer *producer, char *reason, size_t reason_size)
{
	bool refused = producer->refused != RD_KAFKA_RESP_ERR_NO_ERROR;

	must(reason_size > 0);
	reason[0] = '\0';
	if (refused)
		(void)snprintf(reason, reason_size, "output topic %s refuses it: %s (%s)",
			       producer->refused_topic, rd_kafka_err2str(producer->refused),
			       rd_kafka_err2name(producer->refused));
	return refused;
}

void kafka_producer_serve(struct kafka_producer *producer)
{
	if (producer->client.rk)
		(void)rd_kafka_poll(producer->client.rk, 0);
}
