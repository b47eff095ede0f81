/*
 * kafka_consumer: see kafka_consumer.h. One message per poll (consumer_poll): the batch call of
 * rdkafka 2.0.2 can skip offsets and hand out messages from before a rebalance, and is not faster.
 */
#include "io/kafka_consumer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/failpoint.h"
#include "base/must.h"
#include "io/clock_ms.h"
#include "io/kafka_err.h"
#include "io/kafka_group.h"

#define HEADER_BYTES_KEPT ((size_t)1024 * 1024)
#define HELD_FIRST ((size_t)1024)
#define ASK_MS_MIN 1000
#define QUEUE_KBYTES_MIN ((size_t)1024)
#define QUEUE_KBYTES_MAX ((size_t)2097151) /* librdkafka's own limit */

/* --- open and close --- */

/* Records and no more: the worker settles its batch first, then answers. Runs inside poll, so on
 * the worker's thread; the yield makes that poll return at once. */
static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code,
			 rd_kafka_topic_partition_list_t *list, void *opaque)
{
	struct kafka_consumer *consumer = opaque;
	size_t count = 0;

	free(consumer->parts);
	consumer->parts = calloc((size_t)list->cnt + 1, sizeof(*consumer->parts));
	must(consumer->parts != NULL);
	for (int i = 0; i < list->cnt; i++)
		for (size_t t = 0; t < consumer->topic_count; t++)
			if (strcmp(consumer->topics[t], list->elems[i].topic) == 0)
				consumer->parts[count++] =
					(struct tp){consumer->topics[t], list->elems[i].partition};
	/* Fewer than the list's: what a static member had before its topics changed. Nobody reads
	 * those then. */
	consumer->part_count = count;
	if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
		char *member = rd_kafka_memberid(rk);

		consumer->pending = BROKER_ASSIGNED;
		if (consumer->member)
			rd_kafka_mem_free(rk, consumer->member);
		consumer->member = member;
	} else {
		consumer->pending = rd_kafka_assignment_lost(rk) ? BROKER_LOST : BROKER_REVOKED;
		consumer->answer_due = true;
	}
	rd_kafka_yield(rk);
}

int kafka_consumer_open(struct kafka_consumer *consumer, const struct kafka_broker_conf *conf,
			struct err *err)
{
	char kbytes[24], session[24];
	size_t size;
	size_t queue_kbytes = conf->consumer_queue_bytes / 1024;
	rd_kafka_conf_t *rk_conf;

	if (queue_kbytes < QUEUE_KBYTES_MIN)
		queue_kbytes = QUEUE_KBYTES_MIN;
	if (queue_kbytes > QUEUE_KBYTES_MAX)
		queue_kbytes = QUEUE_KBYTES_MAX;
	(void)snprintf(kbytes, sizeof(kbytes), "%zu", queue_kbytes); /* always fits */
	const struct kafka_setting owned[] = {
		{"group.id", conf->group},
		{"group.instance.id", conf->group_instance_id}, /* no LeaveGroup, fenced commits */
		{"partition.assignment.strategy", "range"}, /* eager: cooperative hangs < 2.6.1 */
		{"isolation.level", "read_committed"}, /* also makes committed() wait for stable */
		{"enable.auto.commit", "false"},
		{"enable.auto.offset.store", "false"},
		{"auto.offset.reset", "error"},
		{"enable.partition.eof", "true"},
		{"max.poll.interval.ms", "300000"},
		{"queued.max.messages.kbytes", kbytes},
		/* The queue is bounded by bytes; with the default of 100,000 messages a full queue
		 * pauses the partition and throughput falls to a third. */
		{"queued.min.messages", "1000000"},
		{"fetch.error.backoff.ms", "10"},
		{"enable.metrics.push", "false"},
	};

	*consumer = (struct kafka_consumer){.conf = conf,
					    .topics = conf->topics,
					    .topic_count = conf->topic_count,
					    .group = conf->group};
	consumer->client.role = "consumer";
	consumer->client.log = conf->log;
	if (kafka_client_conf(conf->settings, conf->setting_count, owned,
			      sizeof(owned) / sizeof(owned[0]), &rk_conf, err) < 0)
		return -1;
	size = sizeof(session);
	must(rd_kafka_conf_get(rk_conf, "session.timeout.ms", session, &size) == RD_KAFKA_CONF_OK);
	consumer->session_ms = strtol(session, NULL, 10);
	rd_kafka_conf_set_rebalance_cb(rk_conf, on_rebalance);
	kafka_client_guard(&consumer->client, conf->secrets, conf->secret_count);
	if (kafka_client_open(&consumer->client, RD_KAFKA_CONSUMER, rk_conf, err) < 0)
		return -1;
	/* Errors and rebalances then come through consumer_poll, our one entry. */
	(void)rd_kafka_poll_set_consumer(consumer->client.rk); /* fails without group.id only */
	consumer->headers = arena_new(HEADER_BYTES_KEPT);
	return 0;
}

/* Without rd_kafka_consumer_close: it waits for a rebalance answer and the coordinator, and can
 * hang. There is nothing for it to do: offsets go through transactions only, and a static member
 * sends no LeaveGroup. */
void kafka_consumer_close(struct kafka_consumer *consumer, int ms_max)
{
	kafka_consumer_release(consumer);
	if (consumer->member)
		rd_kafka_mem_free(consumer->client.rk, consumer->member);
	consumer->member = NULL;
	kafka_client_close(&consumer->client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE, ms_max);
	free(consumer->held);
	consumer->held = NULL;
	free(consumer->parts);
	consumer->parts = NULL;
	arena_free(consumer->headers);
	consumer->headers = NULL;
}

/* The member that has our place may be a process, or no more than a JoinGroup of a dead process or
 * connection that was long under way: nobody speaks for such a member, and the coordinator drops it
 * after a session, or two when the group moves to another coordinator meanwhile. So we wait that
 * long before we end for good; nothing is done meanwhile, so nothing is at risk. */
int kafka_consumer_keep_place(struct kafka_consumer *consumer, const char *what, struct err *err)
{
	const struct kafka_broker_conf *conf = consumer->conf;
	int64_t now = clock_ms(CLOCK_MONOTONIC);

	if (!consumer->member)
		return 0;
	if (consumer->replaced_ms == 0 || now - consumer->asked_ms >= ASK_MS_MIN) {
		consumer->asked_ms = now;
		if (!kafka_group_is_replaced(consumer->client.rk, conf->group,
					     conf->group_instance_id, consumer->member,
					     conf->call_ms_max)) {
			consumer->replaced_ms = 0;
			return 0;
		}
		if (consumer->replaced_ms == 0)
			consumer->replaced_ms = now;
	}
	if (now - consumer->replaced_ms < 2 * consumer->session_ms)
		return err_set(err, ERR_RETRY, BROKER_CODE_REPLACED,
			       "%s, and another member has joined the group as %s: waiting for up "
			       "to %" PRId64 " s, whether a process stands behind it",
			       what, conf->group_instance_id, 2 * consumer->session_ms / 1000);
	return err_set(err, ERR_STOP, EXIT_FENCED,
		       "%s, and another process has joined the group as %s", what,
		       conf->group_instance_id);
}

/* Fenced is no proof of a second process: librdkafka (2.0.2) that has given its member id up,
 * because the coordinator was silent for a session, goes on with heartbeats without one until the
 * worker has answered, and the coordinator calls that fenced too. So it is asked who holds our
 * place: if nobody else, the pipeline starts anew. A second process that is missed here is found
 * out at its next fence. */
static int fenced(struct kafka_consumer *consumer, struct err *err)
{
	if (kafka_consumer_keep_place(consumer, "the consumer was fenced", err) < 0)
		return -1;
	return err_set(err, ERR_STOP, EXIT_INTERNAL,
		       "the client lost its place in the group and was fenced for it; nobody "
		       "else is known to have joined as %s: starting anew",
		       consumer->conf->group_instance_id);
}

/* Nothing revives a consumer after a fatal error. */
static bool is_dead(struct kafka_consumer *consumer, const char *what, struct err *err)
{
	if (!kafka_err_fatal(err, consumer->client.rk, what))
		return false;
	if (err->kind != ERR_STOP) {
		err->kind = ERR_STOP;
		err->code = EXIT_INTERNAL;
	}
	if (err->code == EXIT_FENCED && !WITHOUT("holder")) {
		consumer->fenced = true;
		(void)fenced(consumer, err);
	}
	return true;
}

int kafka_consumer_subscribe(struct kafka_consumer *consumer, struct err *err)
{
	rd_kafka_topic_partition_list_t *list =
		rd_kafka_topic_partition_list_new((int)consumer->topic_count);
	rd_kafka_resp_err_t code;

	for (size_t i = 0; i < consumer->topic_count; i++)
		rd_kafka_topic_partition_list_add(list, consumer->topics[i], RD_KAFKA_PARTITION_UA);
	code = rd_kafka_subscribe(consumer->client.rk, list);
	rd_kafka_topic_partition_list_destroy(list);
	if (code == RD_KAFKA_RESP_ERR__FATAL && is_dead(consumer, "subscribe", err))
		return -1;
	if (code)
		return kafka_err_code(err, code, "subscribe");
	return 0;
}

/* --- poll --- */

static const char *own_topic(const struct kafka_consumer *consumer,
			     const rd_kafka_message_t *message)
{
	const char *name = message->rkt ? rd_kafka_topic_name(message->rkt) : NULL;

	for (size_t i = 0; name && i < consumer->topic_count; i++)
		if (strcmp(consumer->topics[i], name) == 0)
			return consumer->topics[i];
	return NULL;
}

static void hold(struct kafka_consumer *consumer, rd_kafka_message_t *message)
{
	if (consumer->held_count == consumer->held_capacity) {
		size_t capacity =
			consumer->held_capacity ? consumer->held_capacity * 2 : HELD_FIRST;
		rd_kafka_message_t **grown =
			realloc(consumer->held, capacity * sizeof(*consumer->held));

		must(grown != NULL);
		consumer->held = grown;
		consumer->held_capacity = capacity;
	}
	consumer->held[consumer->held_count++] = message;
}

void kafka_consumer_record(const rd_kafka_message_t *message, struct arena *headers,
			   struct record *ret)
{
	rd_kafka_timestamp_type_t type;
	rd_kafka_headers_t *list = NULL;
	int64_t timestamp = rd_kafka_message_timestamp(message, &type);

	*ret = (struct record){
		.key = bytes_of(message->key, message->key_len),
		.value = bytes_of(message->payload, message->len),
		.timestamp = type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? -1 : timestamp,
	};
	if (rd_kafka_message_headers(message, &list) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return;
	size_t count = rd_kafka_header_cnt(list);
	struct header *copy = arena_alloc(headers, count * sizeof(*copy));

	for (size_t i = 0; i < count; i++) {
		const char *name = NULL;
		const void *value = NULL;
		size_t size = 0;

		must(rd_kafka_header_get_all(list, i, &name, &value, &size) ==
		     RD_KAFKA_RESP_ERR_NO_ERROR);
		copy[i] = (struct header){bytes_str(name), bytes_of(value, size)};
	}
	ret->headers = copy;
	ret->header_count = count;
}

/* A message with an error in it. Returns 0 with an event, or -1. */
static int poll_error(struct kafka_consumer *consumer, const rd_kafka_message_t *message,
		      struct broker_event *ret, struct err *err)
{
	const char *topic = own_topic(consumer, message);
	const char *text = rd_kafka_message_errstr(message);
	const struct kafka_right right = {.operation = "READ",
					  .topic = topic,
					  .group = consumer->group};
	struct source source = {topic, message->partition, message->offset};

	switch ((int)message->err) {
	case RD_KAFKA_RESP_ERR__PARTITION_EOF:
		must(topic != NULL);
		*ret = (struct broker_event){.kind = BROKER_EOF, .source = source};
		return 0;
	case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
	case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
		must(topic != NULL);
		*ret = (struct broker_event){.kind = BROKER_OFFSET_GONE, .source = source};
		return 0;
	case RD_KAFKA_RESP_ERR__FATAL:
		if (is_dead(consumer, "consumer", err))
			return -1;
		return err_set(err, ERR_STOP, EXIT_INTERNAL, "consumer: %s", text);
	/* librdkafka goes on behind what it could not read: going on would lose it. */
	case RD_KAFKA_RESP_ERR__BAD_MSG:
	case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
	case RD_KAFKA_RESP_ERR__NOT_IMPLEMENTED:
	case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
		return err_set(err, ERR_STOP, EXIT_DATA, "%s/%d: cannot be read: %s",
			       topic ? topic : "?", (int)message->partition, text);
	case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART: /* whose text says the same three times */
		return kafka_err_code(err, message->err, "input topic %s", topic ? topic : "?");
	default:
		kafka_err_code(err, message->err, "%s: %s", topic ? topic : "consumer", text);
		kafka_err_right(err, message->err, &right);
		return -1;
	}
}

static void tell_rebalance(struct kafka_consumer *consumer, struct broker_event *ret)
{
	*ret = (struct broker_event){.kind = consumer->pending,
				     .partitions = consumer->parts,
				     .partition_count = consumer->part_count};
	consumer->pending = BROKER_NOTHING;
}

int kafka_consumer_poll(struct kafka_consumer *consumer, int timeout_ms, struct broker_event *ret,
			struct err *err)
{
	rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer->client.rk, timeout_ms);
	int res;

	/* Records of the old assignment are void from the moment we hear of the rebalance: the
	 * next assign starts from explicit offsets. */
	if (message && (consumer->answer_due || consumer->pending != BROKER_NOTHING) &&
	    (message->rkt || message->err == RD_KAFKA_RESP_ERR_NO_ERROR)) {
		rd_kafka_message_destroy(message);
		message = NULL;
	}
	if (consumer->pending != BROKER_NOTHING && !message) {
		tell_rebalance(consumer, ret);
		return 0;
	}
	if (consumer->fenced) {
		if (message)
			rd_kafka_message_destroy(message);
		return fenced(consumer, err);
	}
	if (!message) {
		if (kafka_client_take_trouble(&consumer->client, err))
			return -1;
		*ret = (struct broker_event){.kind = BROKER_NOTHING};
		return 0;
	}
	if (message->err) {
		res = poll_error(consumer, message, ret, err);
		rd_kafka_message_destroy(message);
		return res;
	}
	if (consumer->client.login.refused_ms != 0 || consumer->client.trouble_told)
		kafka_client_works(&consumer->client);
	hold(consumer, message);
	*ret = (struct broker_event){.kind = BROKER_RECORD};
	ret->source =
		(struct source){own_topic(consumer, message), message->partition, message->offset};
	must(ret->source.topic != NULL);
	kafka_consumer_record(message, consumer->headers, &ret->record);
	return 0;
}

void kafka_consumer_release(struct kafka_consumer *consumer)
{
	for (size_t i = 0; i < consumer->held_count; i++)
		rd_kafka_message_destroy(consumer->held[i]);
	consumer->held_count = 0;
	if (consumer->headers)
		arena_reset(consumer->headers);
}

/* --- assignment --- */

static int assign(struct kafka_consumer *consumer, const rd_kafka_topic_partition_list_t *list,
		  const char *what, struct err *err)
{
	rd_kafka_t *rk = consumer->client.rk;
	rd_kafka_resp_err_t code = rd_kafka_assign(rk, list);

	/* librdkafka (all versions, its issue #5573) stops a partition's fetcher twice, and aborts
	 * the process, when the next assignment comes before the first stop is through its main
	 * thread's queue: a way back and then a revoke is such a pair. A question that goes
	 * through that queue comes back behind the stop, a second one behind its reply. */
	for (int i = 0; i < 2 && !WITHOUT("stopped"); i++) {
		rd_kafka_topic_partition_list_t *now = NULL;

		if (rd_kafka_assignment(rk, &now) == RD_KAFKA_RESP_ERR_NO_ERROR)
			rd_kafka_topic_partition_list_destroy(now);
	}
	if (code == RD_KAFKA_RESP_ERR__FATAL && is_dead(consumer, what, err))
		return -1;
	if (code)
		return kafka_err_code(err, code, "%s", what);
	return 0;
}

int kafka_consumer_assign(struct kafka_consumer *consumer, const struct tp_offset *positions,
			  size_t count, struct err *err)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);
	int res;

	must(!consumer->answer_due); /* a revoke is answered by unassign */
	for (size_t i = 0; i < count; i++) {
		must(positions[i].offset >= 0);
		rd_kafka_topic_partition_list_add(list, positions[i].tp.topic,
						  positions[i].tp.partition)
			->offset = positions[i].offset;
	}
	res = assign(consumer, list, "assign", err);
	rd_kafka_topic_partition_list_destroy(list);
	return res;
}

int kafka_consumer_unassign(struct kafka_consumer *consumer, struct err *err)
{
	if (assign(consumer, NULL, "unassign", err) < 0)
		return -1;
	consumer->answer_due = false;
	return 0;
}

bool kafka_consumer_lost(struct kafka_consumer *consumer)
{
	return rd_kafka_assignment_lost(consumer->client.rk) != 0;
}

rd_kafka_consumer_group_metadata_t *kafka_consumer_metadata(struct kafka_consumer *consumer)
{
	rd_kafka_consumer_group_metadata_t *metadata =
		rd_kafka_consumer_group_metadata(consumer->client.rk);

	if (metadata && !WITHOUT("ownership") && !kafka_group_is_member(metadata)) {
		rd_kafka_consumer_group_metadata_destroy(metadata);
		metadata = NULL;
	}
	return metadata;
}
