/*
 * kafka_admin: the frame of one admin request: its options, its answer, and the handle that asks.
 *
 * A request to a group's coordinator is asked by a client of its own, made for it and ended with
 * it. In librdkafka such a request that ran into its timeout while the coordinator was away stays
 * in the handle and is taken up again when the coordinator comes back, over memory that is freed by
 * then (rd_kafka_admin_coord_request, in all versions known): an assertion at best. So it gets no
 * timeout that it could reach; the handle is ended with the request in it, which librdkafka does
 * cleanly. Other requests may use the handle that is there, and are waited for until they end.
 *
 * The own client is a consumer that is subscribed to nothing, and so joins no group: the answer
 * that the coordinator is elsewhere goes on to the handle's group, and a producer has none
 * (rd_kafka_handle_OffsetFetch to rd_kafka_cgrp_op): a segmentation fault.
 *
 * Thread: the handle's owner. Use: begin, the request with .rk, .options and .queue if there is an
 * .rk, answer, end; or offsets, end.
 */
#ifndef ONCED_IO_KAFKA_ADMIN_H
#define ONCED_IO_KAFKA_ADMIN_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

struct kafka_admin {
	rd_kafka_t *rk; /* borrowed, or owned; NULL: no client could be made */
	bool own;
	rd_kafka_AdminOptions_t *options; /* owned, like the next two */
	rd_kafka_queue_t *queue;
	rd_kafka_event_t *event; /* the answer; NULL: none in time */
	int ms_max;
};

struct kafka_admin kafka_admin_begin(rd_kafka_t *rk, rd_kafka_admin_op_t op, int ms_max);

/* For a request to a group's coordinator: a client with like's settings, which logs nothing. */
struct kafka_admin kafka_admin_begin_group(rd_kafka_t *like, rd_kafka_admin_op_t op, int ms_max);

/* Sets .event, which lives until the end. Returns its error, or _TIMED_OUT, or _FAIL without an
 * .rk. Blocks: <= ms_max, and a second if the handle is borrowed. */
rd_kafka_resp_err_t kafka_admin_answer(struct kafka_admin *admin);

/* Begins *admin as kafka_admin_begin_group does, asks for the group's stable offsets, those of
 * `which` or all (NULL), and takes the answer. *ret is borrowed until the end, or NULL; in it is
 * each partition's own error: _UNSTABLE_OFFSET_COMMIT where an open transaction moves the offset.
 * Errors and blocking: as kafka_admin_answer; the end is due after an error as well. */
rd_kafka_resp_err_t kafka_admin_offsets(struct kafka_admin *admin, rd_kafka_t *like,
					const char *group,
					const rd_kafka_topic_partition_list_t *which, int ms_max,
					const rd_kafka_topic_partition_list_t **ret);

/* Blocks: an own client's end, <= ms_max and a second; as a rule some milliseconds. */
void kafka_admin_end(struct kafka_admin *admin);

#endif
