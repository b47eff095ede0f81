/* kafka_probe: see kafka_probe.h. */
#include "io/kafka_probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "io/kafka_client.h"
#include "io/kafka_configs.h"
#include "io/kafka_err.h"

#define TURN_MS 50
#define NO_PARTITION INT32_MAX
#define NO_SUCH_TIMEOUT "2147483547" /* a margin: librdkafka adds 100 to it */

struct kafka_probe {
	struct kafka_client consumer; /* asks and commits; never subscribes */
	struct kafka_broker_conf conf;
	int32_t broker;      /* any one's id; -1 = none known yet */
	bool no_coordinator; /* no right to find the group's */
};

/* A client of its own for each probe that produces: they are few, and it ends with its probe. */
struct trial {
	struct kafka_client client; /* first: librdkafka's opaque */
	bool reported;
	rd_kafka_resp_err_t code;
};

/* --- open and close --- */

static int open_client(struct kafka_client *client, const struct kafka_broker_conf *conf,
		       rd_kafka_type_t type, const struct kafka_setting *owned, size_t owned_count,
		       void (*report)(rd_kafka_t *, const rd_kafka_message_t *, void *),
		       struct err *err)
{
	rd_kafka_conf_t *rk_conf;

	client->role = "check";
	client->log = conf->log;
	if (kafka_client_conf(conf->settings, conf->setting_count, owned, owned_count, &rk_conf,
			      err) < 0)
		return -1;
	if (report)
		rd_kafka_conf_set_dr_msg_cb(rk_conf, report);
	kafka_client_guard(client, conf->secrets, conf->secret_count);
	return kafka_client_open(client, type, rk_conf, err);
}

int kafka_probe_open(const struct kafka_broker_conf *conf, struct kafka_probe **ret,
		     struct err *err)
{
	const struct kafka_setting owned[] = {
		{"group.id", conf->group},
		{"enable.auto.commit", "false"},
		{"allow.auto.create.topics", "false"}, /* to ask must not make it */
		{"enable.metrics.push", "false"},
	};
	struct kafka_probe *probe = calloc(1, sizeof(*probe));

	must(probe != NULL);
	must(conf->call_ms_max > 0);
	probe->conf = *conf;
	probe->broker = -1;
	if (open_client(&probe->consumer, conf, RD_KAFKA_CONSUMER, owned,
			sizeof(owned) / sizeof(owned[0]), NULL, err) < 0) {
		free(probe);
		return -1;
	}
	/* Errors then come through consumer_poll. */
	(void)rd_kafka_poll_set_consumer(probe->consumer.rk); /* fails without group.id only */
	*ret = probe;
	return 0;
}

void kafka_probe_close(struct kafka_probe *probe)
{
	if (!probe)
		return;
	kafka_client_close(&probe->consumer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE,
			   probe->conf.call_ms_max);
	if (!probe->consumer.leaked) /* a handle that hangs may still log */
		free(probe);
}

/* --- results --- */

/* What a broker's code says of a right: refusal is the code that says "allowed, but nonsense". */
static int judge(struct kafka_client *client, rd_kafka_resp_err_t code, rd_kafka_resp_err_t refusal,
		 const struct kafka_right *right, const char *what, struct err *err)
{
	if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == refusal) {
		kafka_client_works(client);
		return 0;
	}
	kafka_err_code(err, code, "%s", what);
	if (err->kind == ERR_STOP && err->code == EXIT_PERMISSION) {
		kafka_err_right(err, code, right);
		return 1;
	}
	switch ((int)code) {
	case RD_KAFKA_RESP_ERR__TIMED_OUT:
	case RD_KAFKA_RESP_ERR__TRANSPORT:
	case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
	case RD_KAFKA_RESP_ERR__WAIT_COORD:
	case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
	case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
	case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
	case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
		err->kind = ERR_RETRY;
		kafka_client_explain(client, err);
		return -1;
	default:
		err->kind = ERR_UNKNOWN;
		return -1;
	}
}

/* Serves the error callback. Without a subscription no record can come, but an error can. */
static rd_kafka_resp_err_t serve(struct kafka_probe *probe)
{
	rd_kafka_message_t *message = rd_kafka_consumer_poll(probe->consumer.rk, 0);
	rd_kafka_resp_err_t code = message ? message->err : RD_KAFKA_RESP_ERR_NO_ERROR;

	if (message)
		rd_kafka_message_destroy(message);
	return code;
}

/* --- topics --- */

static void read_topic(const rd_kafka_metadata_topic_t *topic, struct kafka_probe_topic *ret)
{
	*ret = (struct kafka_probe_topic){.exists = topic->partition_cnt > 0,
					  .partitions = topic->partition_cnt};
	for (int i = 0; i < topic->partition_cnt; i++)
		if (i == 0 || topic->partitions[i].replica_cnt < ret->replicas)
			ret->replicas = topic->partitions[i].replica_cnt;
}

int kafka_probe_topic(struct kafka_probe *probe, const char *topic, const char *operation,
		      struct kafka_probe_topic *ret, struct err *err)
{
	const struct kafka_right right = {.operation = operation,
					  .topic = topic,
					  .group = probe->conf.group};
	const struct rd_kafka_metadata *metadata = NULL;
	struct kafka_probe_topic found = {0};
	rd_kafka_topic_t *handle = rd_kafka_topic_new(probe->consumer.rk, topic, NULL);
	rd_kafka_resp_err_t code;
	int res;

	if (!handle)
		return err_set(err, ERR_UNKNOWN, 0, "topic %s: librdkafka refuses the name", topic);
	code = rd_kafka_metadata(probe->consumer.rk, 0, handle, &metadata, probe->conf.call_ms_max);
	rd_kafka_topic_destroy(handle);
	if (!code) {
		if (metadata->broker_cnt > 0)
			probe->broker = metadata->brokers[0].id;
		code = metadata->topic_cnt == 1 ? metadata->topics[0].err
						: RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
		if (!code)
			read_topic(&metadata->topics[0], &found);
		rd_kafka_metadata_destroy(metadata);
	}
	(void)serve(probe);
	res = judge(&probe->consumer, code, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, &right, topic,
		    err);
	if (res == 0)
		*ret = found;
	return res;
}

static rd_kafka_resp_err_t read_commit(rd_kafka_event_t *event)
{
	const rd_kafka_topic_partition_list_t *answers = rd_kafka_event_topic_partition_list(event);

	if (rd_kafka_event_error(event) || !answers || answers->cnt != 1)
		return rd_kafka_event_error(event);
	return answers->elems[0].err;
}

/* Without the right to find the group's coordinator a commit would wait for ever, and spin; this
 * question only waits. What is wrong is said once, as an error of the consumer. */
static rd_kafka_resp_err_t find_coordinator(struct kafka_probe *probe, const char *topic)
{
	rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__TIMED_OUT;
	int turns = probe->conf.call_ms_max / TURN_MS;

	for (int i = 0; code == RD_KAFKA_RESP_ERR__TIMED_OUT && i < turns; i++) {
		rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);

		rd_kafka_topic_partition_list_add(list, topic, 0);
		code = rd_kafka_committed(probe->consumer.rk, list, TURN_MS);
		rd_kafka_topic_partition_list_destroy(list);
		if (serve(probe) == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED)
			probe->no_coordinator = true;
		if (probe->no_coordinator)
			code = RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED;
	}
	return code;
}

/* The broker looks at the group's right, then at the topic's, then finds no such partition; were
 * there one, the commit of a stranger would be refused while the group has members. */
static rd_kafka_resp_err_t try_commit(struct kafka_probe *probe, const char *topic)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(probe->consumer.rk);
	rd_kafka_resp_err_t code;
	rd_kafka_event_t *event;

	rd_kafka_topic_partition_list_add(list, topic, NO_PARTITION)->offset = 0;
	code = rd_kafka_commit_queue(probe->consumer.rk, list, queue, NULL, NULL);
	rd_kafka_topic_partition_list_destroy(list);
	if (!code) {
		event = rd_kafka_queue_poll(queue, probe->conf.call_ms_max);
		code = event ? read_commit(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
		rd_kafka_event_destroy(event);
	}
	rd_kafka_queue_destroy(queue);
	return code;
}

int kafka_probe_group(struct kafka_probe *probe, const char *any_topic, struct err *err)
{
	const struct kafka_right right = {.operation = "READ", .group = probe->conf.group};
	rd_kafka_resp_err_t code = find_coordinator(probe, any_topic);

	if (code != RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED &&
	    code != RD_KAFKA_RESP_ERR__TIMED_OUT)
		code = try_commit(probe, any_topic);
	if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
		code = RD_KAFKA_RESP_ERR_NO_ERROR; /* the group's right was there */
	return judge(&probe->consumer, code, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, &right,
		     "group", err);
}

int kafka_probe_read(struct kafka_probe *probe, const char *topic, struct err *err)
{
	const struct kafka_right right = {.operation = "READ", .topic = topic};
	rd_kafka_resp_err_t code = probe->no_coordinator
					   ? RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED
					   : try_commit(probe, topic);

	if (code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED)
		return err_set(err, ERR_UNKNOWN, 0, "it cannot be told without READ on group %s",
			       probe->conf.group);
	return judge(&probe->consumer, code, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, &right, topic,
		     err);
}

static void on_report(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
	struct trial *trial = opaque;

	(void)rk; /* librdkafka's signature */
	trial->reported = true;
	trial->code = message->err;
}

static void close_trial(struct trial *trial, int ms_max)
{
	if (trial->client.rk)
		(void)rd_kafka_purge(trial->client.rk,
				     RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
	kafka_client_close(&trial->client, 0, ms_max);
	if (!trial->client.leaked)
		free(trial);
}

int kafka_probe_write(struct kafka_probe *probe, const char *topic, struct err *err)
{
	char timeout_ms[16];
	const struct kafka_setting owned[] = {
		{"acks", "2"},
		{"enable.idempotence", "false"},
		{"message.send.max.retries", "0"},
		{"message.timeout.ms", timeout_ms},
		{"linger.ms", "0"},
		{"enable.metrics.push", "false"},
	};
	const struct kafka_right right = {.operation = "WRITE", .topic = topic};
	struct trial *trial = calloc(1, sizeof(*trial));
	rd_kafka_resp_err_t code;
	int res;

	must(trial != NULL);
	(void)snprintf(timeout_ms, sizeof(timeout_ms), "%d", probe->conf.call_ms_max); /* fits */
	if (open_client(&trial->client, &probe->conf, RD_KAFKA_PRODUCER, owned,
			sizeof(owned) / sizeof(owned[0]), on_report, err) < 0) {
		close_trial(trial, probe->conf.call_ms_max);
		return -1;
	}
	code = rd_kafka_producev(trial->client.rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(0),
				 RD_KAFKA_V_END);
	if (!code) {
		code = rd_kafka_flush(trial->client.rk, probe->conf.call_ms_max);
		if (trial->reported)
			code = trial->code;
	}
	res = judge(&trial->client, code, RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS, &right, topic,
		    err);
	close_trial(trial, probe->conf.call_ms_max);
	return res;
}

int kafka_probe_transactional_id(struct kafka_probe *probe, const char *id, struct err *err)
{
	const struct kafka_setting owned[] = {
		{"transactional.id", id},
		{"transaction.timeout.ms", NO_SUCH_TIMEOUT},
		{"socket.timeout.ms", "9000"}, /* else it follows from the one above */
		{"enable.metrics.push", "false"},
	};
	const struct kafka_right right = {.operation = "WRITE", .transactional_id = id};
	struct trial *trial = calloc(1, sizeof(*trial));
	rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
	rd_kafka_error_t *error;
	int res;

	must(trial != NULL);
	if (open_client(&trial->client, &probe->conf, RD_KAFKA_PRODUCER, owned,
			sizeof(owned) / sizeof(owned[0]), NULL, err) < 0) {
		close_trial(trial, probe->conf.call_ms_max);
		return -1;
	}
	error = rd_kafka_init_transactions(trial->client.rk, probe->conf.call_ms_max);
	if (error) {
		code = rd_kafka_error_code(error);
		rd_kafka_error_destroy(error);
	}
	(void)rd_kafka_poll(trial->client.rk, 0); /* hear of connection errors */
	res = judge(&trial->client, code, RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT, &right, id,
		    err);
	close_trial(trial, probe->conf.call_ms_max);
	return res;
}

/* --- settings --- */

static void read_setting(void *arg, const char *name, const char *value)
{
	struct kafka_probe_settings *settings = arg;
	int64_t number = value ? strtoll(value, NULL, 10) : -1;

	if (strcmp(name, "cleanup.policy") == 0)
		settings->compacted = value && strstr(value, "compact");
	else if (strcmp(name, "retention.ms") == 0)
		settings->retention_ms = number;
	else if (strcmp(name, "min.insync.replicas") == 0)
		settings->min_insync = number;
	else if (strcmp(name, "transaction.max.timeout.ms") == 0)
		settings->transaction_max_ms = number;
	else if (strcmp(name, "auto.create.topics.enable") == 0)
		settings->auto_create = value && strcmp(value, "true") == 0;
}

int kafka_probe_settings(struct kafka_probe *probe, const char *topic,
			 struct kafka_probe_settings *ret, struct err *err)
{
	struct kafka_probe_settings found = {.retention_ms = -1,
					     .min_insync = -1,
					     .transaction_max_ms = -1};
	rd_kafka_resp_err_t code;
	char broker[16];

	must(topic || probe->broker >= 0); /* a topic was asked for before */
	(void)snprintf(broker, sizeof(broker), "%d", (int)probe->broker);
	code = kafka_configs_read(probe->consumer.rk,
				  topic ? RD_KAFKA_RESOURCE_TOPIC : RD_KAFKA_RESOURCE_BROKER,
				  topic ? topic : broker, probe->conf.call_ms_max, read_setting,
				  &found);
	if (code) {
		kafka_err_code(err, code, "%s", topic ? topic : "broker");
		if (err->kind == ERR_STOP)
			err->kind = ERR_UNKNOWN;
		return -1;
	}
	*ret = found;
	return 0;
}
