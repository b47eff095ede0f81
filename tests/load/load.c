/*
 * load: writes seeded payment records to a topic, with an idempotent producer or, with
 * --transactional, in transactions, which leave control records in the log. The key is the
 * account, so that repeats of an id meet in one partition (librdkafka's murmur2 partitioner).
 * It writes no list of what it wrote: the checker reads the topic itself.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "payment.h"

struct load {
	struct payment_plan plan;
	const char *bootstrap, *topic, *transactional_id;
	/* as on the command line */
	int64_t count, seed, start_index, accounts, repeats, malformed, far, span_s, ago_s;
	int64_t rate;        /* records a second, 0 = as fast as it goes */
	int64_t txn_records; /* records of a transaction */
	int64_t abort_every; /* every n-th transaction is written, aborted and written again */
	bool quiet, print;
	rd_kafka_t *producer;
	rd_kafka_topic_t *handle;
	int64_t started_ms, shown_ms;
	uint64_t failed;
	rd_kafka_resp_err_t why;
};

static void usage(void)
{
	client_die(CLIENT_EXIT_USAGE,
		   "usage: load -b BOOTSTRAP -t TOPIC -n COUNT [options]\n"
		   "  --seed N          default 1\n"
		   "  --start-index N   first index, to go on where an earlier load ended\n"
		   "  --rate N          records a second; default: no limit\n"
		   "  --accounts N      distinct keys; default 5000\n"
		   "  --repeats N       percent that repeat an earlier id; default 10\n"
		   "  --malformed N     per mille that are broken; default 1\n"
		   "  --far N           mean distance of far repeats, in records; default 50000\n"
		   "  --span-s N        timestamps spread over the last N seconds; default: now\n"
		   "  --ago-s N         with --span-s: they end N seconds ago\n"
		   "  --transactional ID, --txn-records N, --abort-every N\n"
		   "  --print           to stdout instead of Kafka, one value a line\n"
		   "  --quiet           no progress");
}

static void delivered(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
	struct load *load = opaque;

	(void)client;
	/* What an abort purges on purpose is no failure. */
	if (message->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
	    message->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
		return;
	if (message->err) {
		load->failed++;
		load->why = message->err;
	}
}

static void check_error(const char *what, rd_kafka_error_t *error)
{
	if (error)
		client_die(CLIENT_EXIT_UNAVAILABLE, "%s: %s", what, rd_kafka_error_string(error));
}

static void progress(struct load *load, uint64_t done)
{
	int64_t now = client_tick_ms();

	if (load->quiet || (now - load->shown_ms < 1000 && done < load->plan.count))
		return;
	load->shown_ms = now;
	fprintf(stderr, "  loaded %llu of %llu records\n", (unsigned long long)done,
		(unsigned long long)load->plan.count);
}

/* Keeps to the rate: while ahead of it, serves delivery reports. */
static void pace(struct load *load, uint64_t done)
{
	for (;;) {
		int64_t due =
			load->rate == 0 ? 0 : load->started_ms + (int64_t)done * 1000 / load->rate;
		int64_t ahead = due - client_tick_ms();

		if (load->rate == 0 || ahead <= 0)
			return;
		rd_kafka_poll(load->producer, ahead < 20 ? (int)ahead : 20);
	}
}

static void open_producer(struct load *load);

/* librdkafka's idempotent producer (2.0.2) may end with a fatal error when brokers are killed. A
 * new one goes on; what the old one had not delivered is not in the topic, and so no part of the
 * load, or it is: nothing is sent again. It counts as failed. */
static void reopen_producer(struct load *load, const char *why)
{
	fprintf(stderr, "  load: a new producer, as the old one ended: %s\n", why);
	rd_kafka_purge(load->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
	rd_kafka_flush(load->producer, CLIENT_CALL_MS);
	rd_kafka_topic_destroy(load->handle);
	rd_kafka_destroy(load->producer);
	load->failed++;
	load->why = RD_KAFKA_RESP_ERR__FATAL;
	open_producer(load);
}

static void produce(struct load *load, uint64_t index)
{
	struct payment payment;
	rd_kafka_headers_t *headers = NULL;

	payment_make(&load->plan, index, &payment);
	for (;;) {
		rd_kafka_resp_err_t err;

		if (payment.traced) {
			char trace[32];
			int size =
				snprintf(trace, sizeof(trace), "t-%llu", (unsigned long long)index);

			headers = rd_kafka_headers_new(2);
			rd_kafka_header_add(headers, "trace", -1, trace, size);
			rd_kafka_header_add(headers, "origin", -1, "load", 4);
		}
		err = rd_kafka_producev(load->producer, RD_KAFKA_V_RKT(load->handle),
					RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
					RD_KAFKA_V_KEY(payment.key, payment.key_size),
					RD_KAFKA_V_VALUE(payment.value, payment.value_size),
					RD_KAFKA_V_TIMESTAMP(payment.timestamp_ms),
					RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
		if (!err)
			break;
		if (headers)
			rd_kafka_headers_destroy(headers);
		if (err != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
			char why[256] = "";

			(void)rd_kafka_fatal_error(load->producer, why, sizeof(why));
			if (why[0] == '\0' || load->transactional_id)
				client_die(CLIENT_EXIT_UNAVAILABLE, "produce to %s: %s %s",
					   load->topic, rd_kafka_err2str(err), why);
			reopen_producer(load, why);
			continue;
		}
		rd_kafka_poll(load->producer, 10);
	}
	if (index % 256 == 0)
		rd_kafka_poll(load->producer, 0);
}

static void produce_range(struct load *load, uint64_t from, uint64_t to)
{
	for (uint64_t i = from; i < to; i++) {
		if (load->rate && i % 16 == 0)
			pace(load, i);
		produce(load, load->plan.start_index + i);
		if (i % 1024 == 0)
			progress(load, i);
	}
}

static void load_transactions(struct load *load)
{
	uint64_t step = (uint64_t)load->txn_records;
	uint64_t n = 1;

	check_error("init_transactions", rd_kafka_init_transactions(load->producer, 60000));
	for (uint64_t i = 0; i < load->plan.count; i += step, n++) {
		uint64_t to = i + step < load->plan.count ? i + step : load->plan.count;

		if (load->abort_every && n % (uint64_t)load->abort_every == 0) {
			check_error("begin", rd_kafka_begin_transaction(load->producer));
			produce_range(load, i, to);
			rd_kafka_flush(load->producer, CLIENT_CALL_MS);
			check_error("abort", rd_kafka_abort_transaction(load->producer, 60000));
		}
		check_error("begin", rd_kafka_begin_transaction(load->producer));
		produce_range(load, i, to);
		check_error("commit", rd_kafka_commit_transaction(load->producer, 60000));
	}
}

static void print(const struct load *load)
{
	for (uint64_t i = 0; i < load->plan.count; i++) {
		struct payment payment;

		payment_make(&load->plan, load->plan.start_index + i, &payment);
		fwrite(payment.value, 1, payment.value_size, stdout);
		putchar('\n');
	}
}

/* Numbers only: where each goes, and its limits. */
struct number_option {
	const char *name;
	int64_t min, max;
	int64_t *value;
};

static void read_options(struct load *load, int argc, char **argv)
{
	const struct number_option numbers[] = {
		{"seed", 0, INT64_MAX, &load->seed},
		{"start-index", 0, 1000000000000, &load->start_index},
		{"rate", 1, 10000000, &load->rate},
		{"accounts", 1, 9999999, &load->accounts},
		{"repeats", 0, 90, &load->repeats},
		{"malformed", 0, 1000, &load->malformed},
		{"far", 1, 1000000000, &load->far},
		{"span-s", 1, 315360000, &load->span_s},
		{"ago-s", 0, 315360000, &load->ago_s},
		{"txn-records", 1, 100000, &load->txn_records},
		{"abort-every", 1, 1000000, &load->abort_every},
	};
	enum { NUMBERS = sizeof(numbers) / sizeof(numbers[0]), TRANSACTIONAL = 256, PRINT, QUIET };
	struct option options[NUMBERS + 4] = {
		[NUMBERS] = {"transactional", 1, NULL, TRANSACTIONAL},
		{"print", 0, NULL, PRINT},
		{"quiet", 0, NULL, QUIET},
	};
	int option;

	for (int i = 0; i < NUMBERS; i++)
		options[i] = (struct option){numbers[i].name, 1, NULL, 512 + i};
	while ((option = getopt_long(argc, argv, "b:t:n:", options, NULL)) != -1) {
		if (option >= 512) {
			const struct number_option *number = &numbers[option - 512];

			*number->value =
				client_number(number->name, optarg, number->min, number->max);
			continue;
		}
		switch (option) {
		case 'b':
			load->bootstrap = optarg;
			break;
		case 't':
			load->topic = optarg;
			break;
		case 'n':
			load->count = client_number("-n", optarg, 1, 1000000000);
			break;
		case TRANSACTIONAL:
			load->transactional_id = optarg;
			break;
		case PRINT:
			load->print = true;
			break;
		case QUIET:
			load->quiet = true;
			break;
		default:
			usage();
		}
	}
	if (optind != argc || load->count == 0 ||
	    (!load->print && (!load->bootstrap || !load->topic)))
		usage();
}

static void make_plan(struct load *load)
{
	load->plan = (struct payment_plan){
		.seed = (uint64_t)load->seed,
		.count = (uint64_t)load->count,
		.start_index = (uint64_t)load->start_index,
		.accounts = (uint32_t)load->accounts,
		.repeat_percent = (uint32_t)load->repeats,
		.malformed_per_mille = (uint32_t)load->malformed,
		.far = (double)load->far,
		.span_ms = load->span_s * 1000,
		.base_ms = client_now_ms() - (load->span_s + load->ago_s) * 1000,
	};
}

static void open_producer(struct load *load)
{
	const char *settings[] = {"enable.idempotence", "true", "linger.ms", "20", "partitioner",
				  "murmur2_random", "batch.num.messages", "5000",
				  /* the last pair stays empty without --transactional */
				  NULL, NULL, NULL};
	rd_kafka_conf_t *conf;

	if (load->transactional_id) {
		settings[8] = "transactional.id";
		settings[9] = load->transactional_id;
	}
	conf = client_conf(load->bootstrap, settings);
	rd_kafka_conf_set_opaque(conf, load);
	rd_kafka_conf_set_dr_msg_cb(conf, delivered);
	load->producer = client_new(RD_KAFKA_PRODUCER, conf);
	(void)client_partitions(load->producer, load->topic);
	load->handle = rd_kafka_topic_new(load->producer, load->topic, NULL);
}

int main(int argc, char **argv)
{
	struct load load = {
		.seed = 1,
		.accounts = 5000,
		.repeats = 10,
		.malformed = 1,
		.far = 50000,
		.txn_records = 1000,
	};

	read_options(&load, argc, argv);
	make_plan(&load);
	if (load.print) {
		print(&load);
		return 0;
	}
	open_producer(&load);
	load.started_ms = client_tick_ms();
	if (load.transactional_id)
		load_transactions(&load);
	else
		produce_range(&load, 0, load.plan.count);
	if (rd_kafka_flush(load.producer, 60000) || load.failed)
		client_die(CLIENT_EXIT_UNAVAILABLE, "%llu records not delivered: %s",
			   (unsigned long long)load.failed, rd_kafka_err2str(load.why));
	progress(&load, load.plan.count);
	rd_kafka_topic_destroy(load.handle);
	rd_kafka_destroy(load.producer);
	return 0;
}
