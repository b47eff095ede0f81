/*
 * kafka_admin: the frame of one admin request: its options, its answer's queue, and a wait that
 * ends after the request has. librdkafka 2.0.2 asserts on a request whose queue is gone before its
 * answer; it does so too where a broker does not know the request, like its own mock cluster.
 *
 * Thread: the handle's owner. Use: begin, the request with .options and .queue, answer, end.
 */
#ifndef ONCED_IO_KAFKA_ADMIN_H
#define ONCED_IO_KAFKA_ADMIN_H

#include <librdkafka/rdkafka.h>

struct kafka_admin {
	rd_kafka_AdminOptions_t *options; /* owned, like the next */
	rd_kafka_queue_t *queue;
	int call_ms_max;
};

struct kafka_admin kafka_admin_begin(rd_kafka_t *rk, rd_kafka_admin_op_t op, int call_ms_max);

/* The answer, owned by the caller (rd_kafka_event_destroy takes NULL); NULL: none in time. Sets
 * *ret_code to the event's error, or _TIMED_OUT. Blocks: <= call_ms_max and a second. */
rd_kafka_event_t *kafka_admin_answer(struct kafka_admin *admin, rd_kafka_resp_err_t *ret_code);

void kafka_admin_end(struct kafka_admin *admin);

#endif
