/*
 * kafka_login: do the brokers and we accept each other: password, their certificate, ours? It is
 * read from what librdkafka says about its connections, because no call of its API returns it: a
 * refused client goes on trying for ever, and its calls only time out. (Nor does it say it often:
 * it is silent at the third like failure within 30 seconds.)
 *
 * A broker that is starting, or away, is no refusal: that is a lost connection, not an answer. And
 * until something has worked, a refusal must last LOGIN_REFUSED_MS before it counts as the truth;
 * once something has worked, it is an outage like any other and ends by itself.
 *
 * Thread: the client's. Nothing blocks.
 */
#ifndef ONCED_IO_KAFKA_LOGIN_H
#define ONCED_IO_KAFKA_LOGIN_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define LOGIN_REFUSED_MS 3000
#define LOGIN_TEXT_MAX 384

struct kafka_login {
	bool proven;               /* a broker has answered a request of ours */
	int64_t refused_ms;        /* monotonic: since when we are refused; 0 = we are not */
	char text[LOGIN_TEXT_MAX]; /* where, why, what to do */
};

/* An error of librdkafka's error callback: is it a refusal? Remembers it. */
bool kafka_login_hear(struct kafka_login *login, rd_kafka_resp_err_t code, const char *reason,
		      int64_t now_ms);

/* A request was answered. */
void kafka_login_works(struct kafka_login *login);

/* Are we refused? Fills err: STOP (77) where it counts as the truth, else RETRY. */
bool kafka_login_refused(const struct kafka_login *login, int64_t now_ms, struct err *err);

#endif
