/*
 * hold: a transaction that moves a group's committed offsets and does not end, as one whose end
 * the brokers have lost.
 *
 *   hold -b B -g GROUP -t TOPIC [-m METADATA] PARTITION=OFFSET
 *
 * Its transactional.id is GROUP/hold. Prints "open" once the coordinator has the offset; at a line
 * on stdin it ends: "commit" commits it, any other aborts it.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"

struct hold {
	const char *bootstrap, *group, *topic, *metadata;
};

static void done(rd_kafka_error_t *error, const char *what)
{
	if (error)
		client_die(CLIENT_EXIT_UNAVAILABLE, "hold: %s: %s", what,
			   rd_kafka_error_string(error));
}

static void usage(void)
{
	client_die(CLIENT_EXIT_USAGE, "usage: hold -b BOOTSTRAP -g GROUP -t TOPIC [-m METADATA]"
				      " PARTITION=OFFSET");
}

static void read_options(struct hold *hold, int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "b:g:t:m:")) != -1) {
		switch (option) {
		case 'b':
			hold->bootstrap = optarg;
			break;
		case 'g':
			hold->group = optarg;
			break;
		case 't':
			hold->topic = optarg;
			break;
		case 'm':
			hold->metadata = optarg;
			break;
		default:
			usage();
		}
	}
	if (!hold->bootstrap || !hold->group || !hold->topic || optind + 1 != argc)
		usage();
}

static rd_kafka_topic_partition_list_t *offsets_of(const struct hold *hold, char *pair)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_t *item;
	char *offset = strchr(pair, '=');

	if (!offset)
		usage();
	*offset++ = '\0';
	item = rd_kafka_topic_partition_list_add(list, hold->topic,
						 (int32_t)client_number("partition", pair, 0,
									INT32_MAX));
	item->offset = client_number("offset", offset, 0, INT64_MAX);
	if (hold->metadata) {
		item->metadata = strdup(hold->metadata);
		item->metadata_size = strlen(hold->metadata);
	}
	return list;
}

int main(int argc, char **argv)
{
	struct hold hold = {0};
	char id[256], line[16] = "";
	const char *settings[] = {"transactional.id", id, "transaction.timeout.ms", "600000", NULL};
	rd_kafka_topic_partition_list_t *offsets;
	rd_kafka_consumer_group_metadata_t *outsider;
	rd_kafka_t *client;

	read_options(&hold, argc, argv);
	offsets = offsets_of(&hold, argv[optind]);
	snprintf(id, sizeof(id), "%s/hold", hold.group);
	client = client_new(RD_KAFKA_PRODUCER, client_conf(hold.bootstrap, settings));
	outsider = rd_kafka_consumer_group_metadata_new(hold.group); /* generation -1: not fenced */
	done(rd_kafka_init_transactions(client, CLIENT_CALL_MS), "init");
	done(rd_kafka_begin_transaction(client), "begin");
	done(rd_kafka_send_offsets_to_transaction(client, offsets, outsider, CLIENT_CALL_MS),
	     "offsets");
	puts("open");
	fflush(stdout);
	if (fgets(line, sizeof(line), stdin) && strcmp(line, "commit\n") == 0)
		done(rd_kafka_commit_transaction(client, CLIENT_CALL_MS), "commit");
	else
		done(rd_kafka_abort_transaction(client, CLIENT_CALL_MS), "abort");
	rd_kafka_consumer_group_metadata_destroy(outsider);
	rd_kafka_topic_partition_list_destroy(offsets);
	rd_kafka_destroy(client);
	return 0;
}
