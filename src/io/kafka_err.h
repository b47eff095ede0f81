/*
 * kafka_err: the one translator from librdkafka's errors to the five kinds. For a transactional
 * call the flags decide, in this order: fatal (UNKNOWN), requires abort (ABORT), retriable (RETRY),
 * none of these (UNKNOWN: rdkafka.h says to treat it as fatal). Authorisation is a STOP whatever
 * the flags say: no retry mends it.
 *
 * Messages hold broker, topic and librdkafka's own text; never a record's content or a setting's
 * value. Thread: any. Nothing blocks.
 */
#ifndef ONCED_IO_KAFKA_ERR_H
#define ONCED_IO_KAFKA_ERR_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

#include "base/err.h"

/* What a bare code means outside of a transaction: STOP for what no retry mends (authorisation,
 * FENCED_INSTANCE_ID, configuration), RETRY for all else: the caller may ask again at no risk. */
enum err_kind kafka_err_kind(rd_kafka_resp_err_t code, int *ret_exit);

/* Fills err by kafka_err_kind; the text is "<format>: <code's text> (<its name>)". Returns -1. */
int kafka_err_code(struct err *err, rd_kafka_resp_err_t code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Whose rights a client needs; borrowed. topic NULL: one of several, not known which. */
struct kafka_right {
	const char *operation; /* on the topic: "READ", "WRITE" */
	const char *topic;
	const char *group;
	const char *transactional_id;
};

/* Where code says that a right (ACL) is missing: names it in front of the message. */
void kafka_err_right(struct err *err, rd_kafka_resp_err_t code, const struct kafka_right *right);

/* Result of a transactional call. Takes error over (it is destroyed). Returns -1. */
int kafka_err_txn(struct err *err, rd_kafka_error_t *error, const char *what);

/* The same for a client that is already dead: reads rd_kafka_fatal_error. False if it is alive. */
bool kafka_err_fatal(struct err *err, rd_kafka_t *rk, const char *what);

/* Did the broker refuse the record itself, for its size, timestamp or form? */
bool kafka_err_is_refusal(rd_kafka_resp_err_t code);

/* Was a producer fenced? (Its own transaction timeout looks the same.) */
bool kafka_err_is_fenced(rd_kafka_resp_err_t code);

#endif
