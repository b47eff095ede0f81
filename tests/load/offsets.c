/*
 * offsets: a group's committed offsets, seen from outside and cheaply: shown, waited for, traced,
 * moved behind onced's back, or held by a transaction.
 *
 *   offsets -b B -g GROUP -t TOPIC show
 *   offsets ... wait (--sum N | --lag 0) [--deadline-s N] [--pid PID] [--progress] [--trace]
 *   offsets ... set [--metadata TEXT|--keep-metadata] PARTITION=OFFSET...
 *   offsets ... hold [--metadata TEXT|--keep-metadata] PARTITION=OFFSET...
 *
 * Sums are over the topic's partitions. `wait` prints one line "sum=S end=E lag=L ms=T" and exits
 * 0; 1 when the deadline passes, 2 when process PID ends first. --trace prints such a line for
 * every change. Pending transactions are not waited for: the last settled offset counts.
 *
 * `hold` moves them in a transaction that does not end, as one whose end the brokers have lost. Its
 * transactional.id is GROUP/hold. It prints "open" once the coordinator has the offsets; at a line
 * on stdin it ends: "commit" commits it, any other aborts it.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"

#define POLL_MS 15
#define EXIT_LATE 1
#define EXIT_GONE 2

struct watch {
	const char *bootstrap, *group, *topic;
	const char *metadata;
	bool keep_metadata, progress, trace;
	int64_t sum, lag; /* what is waited for; -1 = not */
	int64_t deadline_ms, pid;
	rd_kafka_t *client;
	int32_t partitions;
};

struct totals {
	int64_t sum, end, lag;
};

static rd_kafka_topic_partition_list_t *committed(struct watch *watch)
{
	rd_kafka_topic_partition_list_t *list =
		rd_kafka_topic_partition_list_new(watch->partitions);
	int64_t deadline = client_tick_ms() + CLIENT_CALL_MS;
	rd_kafka_resp_err_t err;

	rd_kafka_topic_partition_list_add_range(list, watch->topic, 0, watch->partitions - 1);
	/* A broker that is restarted under the test is away for some seconds. */
	do {
		err = rd_kafka_committed(watch->client, list, 5000);
		for (int i = 0; !err && i < list->cnt; i++)
			err = list->elems[i].err;
	} while (err && client_tick_ms() < deadline);
	if (err)
		client_die(CLIENT_EXIT_UNAVAILABLE, "committed offsets of %s: %s", watch->group,
			   rd_kafka_err2str(err));
	return list;
}

/* Offsets of a partition without a commit count as 0 in the sum. */
static struct totals look(struct watch *watch, bool ends)
{
	rd_kafka_topic_partition_list_t *list = committed(watch);
	struct totals totals = {0, 0, 0};

	for (int i = 0; i < list->cnt; i++) {
		int64_t start = 0, end = 0, offset = list->elems[i].offset;

		if (offset >= 0)
			totals.sum += offset;
		if (!ends)
			continue;
		client_range(watch->client, watch->topic, i, &start, &end);
		totals.end += end;
		totals.lag += end - (offset >= 0 ? offset : start);
	}
	rd_kafka_topic_partition_list_destroy(list);
	return totals;
}

static int show(struct watch *watch)
{
	rd_kafka_topic_partition_list_t *list = committed(watch);
	struct totals totals = look(watch, true);

	for (int i = 0; i < list->cnt; i++) {
		const rd_kafka_topic_partition_t *tp = &list->elems[i];
		int64_t start, end;

		client_range(watch->client, watch->topic, i, &start, &end);
		printf("%d committed=%lld start=%lld end=%lld metadata=%.*s\n", i,
		       (long long)tp->offset, (long long)start, (long long)end,
		       (int)tp->metadata_size, tp->metadata ? (const char *)tp->metadata : "");
	}
	printf("sum=%lld end=%lld lag=%lld\n", (long long)totals.sum, (long long)totals.end,
	       (long long)totals.lag);
	rd_kafka_topic_partition_list_destroy(list);
	return 0;
}

/* A killed child of the shell stays as a zombie until the shell waits for it. */
static bool gone(int64_t pid)
{
	char path[64], line[512], *state;
	FILE *file;
	bool dead = true;

	if (pid == 0)
		return false;
	snprintf(path, sizeof(path), "/proc/%lld/stat", (long long)pid);
	file = fopen(path, "re");
	if (!file)
		return true;
	if (fgets(line, sizeof(line), file)) {
		state = strrchr(line, ')');
		dead = !state || state[1] == '\0' || state[2] == 'Z' || state[2] == 'X';
	}
	fclose(file);
	return dead;
}

static void put(const struct watch *watch, const struct totals *totals, int64_t begin)
{
	printf("sum=%lld end=%lld lag=%lld ms=%lld\n", (long long)totals->sum,
	       (long long)totals->end, (long long)totals->lag,
	       (long long)(client_tick_ms() - begin));
	if (watch->trace)
		fflush(stdout);
}

static int wait_for(struct watch *watch)
{
	int64_t begin = client_tick_ms(), shown = begin, before = -1;

	if ((watch->sum < 0) == (watch->lag < 0))
		client_die(CLIENT_EXIT_USAGE, "wait: either --sum or --lag");
	for (;;) {
		struct totals now = look(watch, watch->lag >= 0 || watch->progress);
		int64_t tick = client_tick_ms();
		bool met = watch->sum >= 0 ? now.sum >= watch->sum
					   : now.lag <= watch->lag && now.end > 0;

		if (met || (watch->trace && now.sum != before))
			put(watch, &now, begin);
		before = now.sum;
		if (met)
			return 0;
		if (watch->progress && tick - shown >= 1000) {
			fprintf(stderr, "  committed %lld of %lld records\n", (long long)now.sum,
				(long long)now.end);
			shown = tick;
		}
		if (gone(watch->pid))
			return EXIT_GONE;
		if (tick - begin > watch->deadline_ms) {
			fprintf(stderr,
				"offsets: not there after %lld s: sum=%lld end=%lld lag=%lld\n",
				(long long)(watch->deadline_ms / 1000), (long long)now.sum,
				(long long)now.end, (long long)now.lag);
			return EXIT_LATE;
		}
		rd_kafka_poll(watch->client, POLL_MS);
	}
}

static void wait_result(struct watch *watch, rd_kafka_queue_t *queue)
{
	rd_kafka_event_t *event = rd_kafka_queue_poll(queue, CLIENT_CALL_MS);
	const rd_kafka_AlterConsumerGroupOffsets_result_t *result;
	const rd_kafka_group_result_t **groups;
	const rd_kafka_topic_partition_list_t *list;
	size_t count;

	if (!event || rd_kafka_event_error(event))
		client_die(CLIENT_EXIT_UNAVAILABLE, "set: %s",
			   event ? rd_kafka_event_error_string(event) : "no answer");
	result = rd_kafka_event_AlterConsumerGroupOffsets_result(event);
	groups = rd_kafka_AlterConsumerGroupOffsets_result_groups(result, &count);
	if (count != 1 || rd_kafka_group_result_error(groups[0]))
		client_die(CLIENT_EXIT_FOUND, "set: %s: %s", watch->group,
			   count == 1
				   ? rd_kafka_error_string(rd_kafka_group_result_error(groups[0]))
				   : "no answer");
	list = rd_kafka_group_result_partitions(groups[0]);
	for (int i = 0; list && i < list->cnt; i++)
		if (list->elems[i].err)
			client_die(CLIENT_EXIT_FOUND, "set: %s/%d: %s", watch->topic,
				   list->elems[i].partition, rd_kafka_err2str(list->elems[i].err));
	rd_kafka_event_destroy(event);
}

/* PARTITION=OFFSET..., with the metadata that the options ask for. */
static rd_kafka_topic_partition_list_t *read_pairs(struct watch *watch, char **pairs, int count)
{
	rd_kafka_topic_partition_list_t *now = committed(watch);
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(count);

	for (int i = 0; i < count; i++) {
		char *offset = strchr(pairs[i], '=');
		rd_kafka_topic_partition_t *tp;
		const char *text = watch->metadata;
		int64_t partition;

		if (!offset)
			client_die(CLIENT_EXIT_USAGE, "PARTITION=OFFSET, not \"%s\"", pairs[i]);
		*offset++ = '\0';
		partition = client_number("partition", pairs[i], 0, watch->partitions - 1);
		tp = rd_kafka_topic_partition_list_add(list, watch->topic, (int32_t)partition);
		tp->offset = client_number("offset", offset, 0, INT64_MAX);
		if (watch->keep_metadata && now->elems[partition].metadata)
			text = now->elems[partition].metadata;
		if (text) {
			tp->metadata = strdup(text);
			tp->metadata_size = strlen(text);
		}
	}
	rd_kafka_topic_partition_list_destroy(now);
	return list;
}

/* As `kafka-consumer-groups --reset-offsets` does it; only an empty group lets it. */
static int set(struct watch *watch, char **pairs, int count)
{
	rd_kafka_topic_partition_list_t *list = read_pairs(watch, pairs, count);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(watch->client);
	rd_kafka_AlterConsumerGroupOffsets_t *alter;

	alter = rd_kafka_AlterConsumerGroupOffsets_new(watch->group, list);
	rd_kafka_AlterConsumerGroupOffsets(watch->client, &alter, 1, NULL, queue);
	wait_result(watch, queue);
	rd_kafka_AlterConsumerGroupOffsets_destroy(alter);
	rd_kafka_queue_destroy(queue);
	rd_kafka_topic_partition_list_destroy(list);
	return 0;
}

static void done(rd_kafka_error_t *error, const char *what)
{
	if (error)
		client_die(CLIENT_EXIT_UNAVAILABLE, "hold: %s: %s", what,
			   rd_kafka_error_string(error));
}

static int hold(struct watch *watch, char **pairs, int count)
{
	char id[256], line[16] = "";
	const char *settings[] = {"transactional.id", id, "transaction.timeout.ms", "600000", NULL};
	rd_kafka_topic_partition_list_t *list = read_pairs(watch, pairs, count);
	/* generation -1: an outsider's, which the broker does not fence */
	rd_kafka_consumer_group_metadata_t *outsider =
		rd_kafka_consumer_group_metadata_new(watch->group);
	rd_kafka_t *client;

	snprintf(id, sizeof(id), "%s/hold", watch->group);
	client = client_new(RD_KAFKA_PRODUCER, client_conf(watch->bootstrap, settings));
	done(rd_kafka_init_transactions(client, CLIENT_CALL_MS), "init");
	done(rd_kafka_begin_transaction(client), "begin");
	done(rd_kafka_send_offsets_to_transaction(client, list, outsider, CLIENT_CALL_MS),
	     "offsets");
	puts("open");
	fflush(stdout);
	if (fgets(line, sizeof(line), stdin) && strcmp(line, "commit\n") == 0)
		done(rd_kafka_commit_transaction(client, CLIENT_CALL_MS), "commit");
	else
		done(rd_kafka_abort_transaction(client, CLIENT_CALL_MS), "abort");
	rd_kafka_consumer_group_metadata_destroy(outsider);
	rd_kafka_topic_partition_list_destroy(list);
	rd_kafka_destroy(client);
	return 0;
}

static void usage(void)
{
	client_die(CLIENT_EXIT_USAGE,
		   "usage: offsets -b BOOTSTRAP -g GROUP -t TOPIC show\n"
		   "       offsets ... wait (--sum N | --lag N) [--deadline-s N] [--pid PID]"
		   " [--progress] [--trace]\n"
		   "       offsets ... set|hold [--metadata TEXT|--keep-metadata]"
		   " PARTITION=OFFSET...");
}

static void read_options(struct watch *watch, int argc, char **argv)
{
	enum { SUM = 256, LAG, DEADLINE, PID, PROGRESS, TRACE, METADATA, KEEP };
	static const struct option options[] = {
		{"sum", 1, NULL, SUM},
		{"lag", 1, NULL, LAG},
		{"deadline-s", 1, NULL, DEADLINE},
		{"pid", 1, NULL, PID},
		{"progress", 0, NULL, PROGRESS},
		{"trace", 0, NULL, TRACE},
		{"metadata", 1, NULL, METADATA},
		{"keep-metadata", 0, NULL, KEEP},
		{NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "b:g:t:", options, NULL)) != -1) {
		switch (option) {
		case 'b':
			watch->bootstrap = optarg;
			break;
		case 'g':
			watch->group = optarg;
			break;
		case 't':
			watch->topic = optarg;
			break;
		case SUM:
			watch->sum = client_number("--sum", optarg, 0, INT64_MAX);
			break;
		case LAG:
			watch->lag = client_number("--lag", optarg, 0, INT64_MAX);
			break;
		case DEADLINE:
			watch->deadline_ms = 1000 * client_number("--deadline-s", optarg, 0, 86400);
			break;
		case PID:
			watch->pid = client_number("--pid", optarg, 1, INT32_MAX);
			break;
		case PROGRESS:
			watch->progress = true;
			break;
		case TRACE:
			watch->trace = true;
			break;
		case METADATA:
			watch->metadata = optarg;
			break;
		case KEEP:
			watch->keep_metadata = true;
			break;
		default:
			usage();
		}
	}
	if (!watch->bootstrap || !watch->group || !watch->topic || optind >= argc)
		usage();
}

int main(int argc, char **argv)
{
	struct watch watch = {.sum = -1, .lag = -1, .deadline_ms = 60000};
	/* read_uncommitted: the end is the high watermark; pending offsets are not waited for. */
	const char *settings[] = {"isolation.level", "read_uncommitted", "group.id", NULL, NULL};
	const char *verb;
	int status = CLIENT_EXIT_USAGE;

	read_options(&watch, argc, argv);
	settings[3] = watch.group;
	watch.client = client_new(RD_KAFKA_CONSUMER, client_conf(watch.bootstrap, settings));
	watch.partitions = client_partitions(watch.client, watch.topic);
	verb = argv[optind];
	if (strcmp(verb, "show") == 0)
		status = show(&watch);
	else if (strcmp(verb, "wait") == 0)
		status = wait_for(&watch);
	else if (strcmp(verb, "set") == 0 && optind + 1 < argc)
		status = set(&watch, argv + optind + 1, argc - optind - 1);
	else if (strcmp(verb, "hold") == 0 && optind + 1 < argc)
		status = hold(&watch, argv + optind + 1, argc - optind - 1);
	else
		usage();
	rd_kafka_destroy_flags(watch.client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	return status;
}
