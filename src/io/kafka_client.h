/*
 * kafka_client: what a consumer and a producer have in common: building the conf (the user's
 * settings first, then ours over them), the log, what librdkafka says about its connections, and
 * an end that does not hang.
 *
 * Thread: the worker's, but for the log, which librdkafka calls on its own threads.
 */
#ifndef ONCED_IO_KAFKA_CLIENT_H
#define ONCED_IO_KAFKA_CLIENT_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

#include "base/err.h"
#include "io/kafka_broker.h"
#include "io/kafka_login.h"

#define KAFKA_SECRETS_MAX 8

/* The opaque of every librdkafka callback; first member of consumer and producer. */
struct kafka_client {
	rd_kafka_t *rk;   /* owned; NULL = none */
	const char *role; /* "consumer", "producer": for messages */
	void (*log)(int level, const char *fac, const char *text); /* NULL = dropped */
	rd_kafka_resp_err_t trouble;      /* last connection error heard of; 0 = none since */
	char trouble_text[256];           /* its reason */
	bool trouble_told;                /* so something that works ends it */
	struct kafka_login login;         /* outlives a handle: what worked once stays proven */
	char *secrets[KAFKA_SECRETS_MAX]; /* owned; what no log line may hold */
	bool leaked; /* a handle did not end in time and may still call back: keep the memory */
};

/* Copies the secrets, to keep them out of the log. Before open. */
void kafka_client_guard(struct kafka_client *client, const char *const *secrets, size_t count);

/* The user's settings over onced's and librdkafka's defaults, then the owned ones over them: those
 * that config/kafka_allow refuses to the user. STOP: 78 a
 * setting that librdkafka refuses, 77 a file that it names cannot be read. */
int kafka_client_conf(const struct kafka_setting *user, size_t user_count,
		      const struct kafka_setting *owned, size_t owned_count, rd_kafka_conf_t **ret,
		      struct err *err) CHECKED;

/* Makes the handle; takes conf over in any case. STOP (78). Does not wait for the broker. */
int kafka_client_open(struct kafka_client *client, rd_kafka_type_t type, rd_kafka_conf_t *conf,
		      struct err *err) CHECKED;

/* Ends a handle on a thread of its own and waits at most ms_max and a second; false: it goes on
 * ending behind our back, and may still call back. */
bool kafka_client_end(rd_kafka_t *rk, int flags, int ms_max);

/* The same for the client's; one that needs longer sets leaked. NULL handle is fine. Forgets the
 * secrets. */
void kafka_client_close(struct kafka_client *client, int flags, int ms_max);

/* Has librdkafka reported a connection error since the last call? RETRY in err, or STOP (77) when
 * the brokers and we have not accepted each other from the start. */
bool kafka_client_take_trouble(struct kafka_client *client, struct err *err);

/* Adds what is known of the connection to a RETRY's message; STOP (77) as above. A reason explains
 * all calls until something works: librdkafka says it once, and then not for half a minute. */
void kafka_client_explain(struct kafka_client *client, struct err *err);

/* A broker has answered: the login is proven, and what was in the way is so no more. */
void kafka_client_works(struct kafka_client *client);

/* What a request came to: 0 proves the login, -1 is explained as above. Returns res. */
int kafka_client_answer(struct kafka_client *client, int res, struct err *err);

#endif
