/*
 * client: what the test tools share of a Kafka client: options to handle, partition counts, time,
 * and one way to give up. It uses librdkafka directly and nothing of onced, so that a mistake of
 * onced's cannot hide in the tool that looks for it.
 *
 * Thread: main. Errors: a tool that cannot do its work ends, with one line on stderr and 69.
 */
#ifndef ONCED_TESTS_LOAD_CLIENT_H
#define ONCED_TESTS_LOAD_CLIENT_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

#define CLIENT_EXIT_FOUND 1
#define CLIENT_EXIT_USAGE 64
#define CLIENT_EXIT_UNAVAILABLE 69

/* How long one question to the broker may take. */
#define CLIENT_CALL_MS 30000

/* settings: name, value, name, value, ..., NULL. Never NULL; client_new takes it. */
rd_kafka_conf_t *client_conf(const char *bootstrap, const char *const *settings);

/* Never NULL; rd_kafka_destroy it. */
rd_kafka_t *client_new(rd_kafka_type_t type, rd_kafka_conf_t *conf);

/* Partitions of the topic; ends the program if it does not exist. Blocks: <= CLIENT_CALL_MS. */
int32_t client_partitions(rd_kafka_t *client, const char *topic);

/* High watermark and log start. On a read_committed client "end" is the last stable offset. */
void client_range(rd_kafka_t *client, const char *topic, int32_t partition, int64_t *ret_start,
		  int64_t *ret_end);

int64_t client_now_ms(void);  /* wall clock */
int64_t client_tick_ms(void); /* monotonic */

/* A whole number, or the end of the program: `what` names the option. */
int64_t client_number(const char *what, const char *text, int64_t min, int64_t max);

void client_die(int code, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn, cold));

#endif
