/* kafka_client: see kafka_client.h. */
#include "io/kafka_client.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/must.h"
#include "io/clock_ms.h"
#include "io/kafka_err.h"

/* Shorter ones would turn every line into stars. */
#define SECRET_BYTES_MIN 4

/* --- secrets --- */

void kafka_client_guard(struct kafka_client *client, const char *const *secrets, size_t count)
{
	must(count <= KAFKA_SECRETS_MAX);
	if (client->secrets[0])
		return; /* a handle that failed or hangs has left them here */
	for (size_t i = 0; i < count; i++) {
		client->secrets[i] = strdup(secrets[i]);
		must(client->secrets[i] != NULL);
	}
}

static void forget_secrets(struct kafka_client *client)
{
	for (size_t i = 0; i < KAFKA_SECRETS_MAX && client->secrets[i]; i++) {
		explicit_bzero(client->secrets[i], strlen(client->secrets[i]));
		free(client->secrets[i]);
		client->secrets[i] = NULL;
	}
}

/* librdkafka hides most secrets itself; not all of them in all versions. */
static void hide_secrets(const struct kafka_client *client, char *text)
{
	for (size_t i = 0; i < KAFKA_SECRETS_MAX && client->secrets[i]; i++) {
		size_t len = strlen(client->secrets[i]);

		if (len < SECRET_BYTES_MIN)
			continue;
		for (char *at = text; (at = strstr(at, client->secrets[i])) != NULL; at += len)
			memset(at, '*', len);
	}
}

/* --- what librdkafka says --- */

static void client_log(const rd_kafka_t *rk, int level, const char *fac, const char *text)
{
	const struct kafka_client *client = rd_kafka_opaque(rk);
	char *copy;

	/* One `kafka:` block serves both kinds of client: "ignored by this consumer" is no news. */
	if (strcmp(fac, "CONFWARN") == 0)
		return;
	if (!client || !client->log)
		return;
	copy = strdup(text);
	must(copy != NULL);
	hide_secrets(client, copy);
	client->log(level, fac, copy);
	free(copy);
}

/* Runs inside poll, flush and the like, so on the worker's thread. It records, no more. */
static void client_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
	struct kafka_client *client = opaque;

	(void)rk; /* librdkafka's signature */
	if (code == RD_KAFKA_RESP_ERR__FATAL)
		return; /* asked for where it matters: rd_kafka_fatal_error */
	if (kafka_login_hear(&client->login, (rd_kafka_resp_err_t)code, reason,
			     clock_ms(CLOCK_MONOTONIC))) {
		hide_secrets(client, client->login.text);
		client->trouble = RD_KAFKA_RESP_ERR__AUTHENTICATION;
		return;
	}
	/* A wrong password must not be hidden by the "all brokers down" that follows from it; and
	 * the first reason says more than that summary does. */
	if (client->trouble == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
	    (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && client->trouble_text[0] != '\0')) {
		if (client->trouble == RD_KAFKA_RESP_ERR_NO_ERROR)
			client->trouble = (rd_kafka_resp_err_t)code;
		client->trouble_told = false;
		return;
	}
	client->trouble = (rd_kafka_resp_err_t)code;
	client->trouble_told = false;
	(void)snprintf(client->trouble_text, sizeof(client->trouble_text), "%s", reason);
	hide_secrets(client, client->trouble_text);
}

/* librdkafka's own message for a missing right is the same as for a missing file. */
static int check_readable(const struct kafka_setting *setting, struct err *err)
{
	static const char *const files[] = {
		"ssl.ca.location",  "ssl.certificate.location", "ssl.key.location",
		"ssl.crl.location", "ssl.keystore.location",    "sasl.kerberos.keytab",
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (strcmp(setting->name, files[i]) != 0)
			continue;
		if (access(setting->value, R_OK) == 0 || errno != EACCES)
			return 0;
		return err_set(err, ERR_STOP, EXIT_PERMISSION,
			       "kafka: %s: %s may not be read: give onced's user the right to",
			       setting->name, setting->value);
	}
	return 0;
}

static int set_all(rd_kafka_conf_t *conf, const struct kafka_setting *settings, size_t count,
		   bool owned, struct err *err)
{
	char text[256];

	for (size_t i = 0; i < count; i++) {
		rd_kafka_conf_res_t res = rd_kafka_conf_set(conf, settings[i].name,
							    settings[i].value, text, sizeof(text));

		/* Ours may be younger than the library: enable.metrics.push is. */
		if (res == RD_KAFKA_CONF_OK || (owned && res == RD_KAFKA_CONF_UNKNOWN))
			continue;
		return err_set(err, ERR_STOP, EXIT_CONFIG, "kafka: %s: librdkafka refuses it: %s",
			       settings[i].name,
			       res == RD_KAFKA_CONF_UNKNOWN ? "unknown to this version" : text);
	}
	return 0;
}

int kafka_client_conf(const struct kafka_setting *user, size_t user_count,
		      const struct kafka_setting *owned, size_t owned_count, rd_kafka_conf_t **ret,
		      struct err *err)
{
	/* What the user may set otherwise; a name that concerns the other kind of client is
	 * ignored by librdkafka. */
	static const struct kafka_setting defaults[] = {
		{"client.id", "onced"},
		{"socket.nagle.disable", "true"},
		{"session.timeout.ms", "45000"},
		{"heartbeat.interval.ms", "3000"},
		/* A fetch that waits at the broker delays the first one of a new assignment. */
		{"fetch.wait.max.ms", "100"},
		{"linger.ms", "5"},
	};
	rd_kafka_conf_t *conf;

	for (size_t i = 0; i < user_count; i++)
		if (check_readable(&user[i], err) < 0)
			return -1;
	conf = rd_kafka_conf_new();
	if (set_all(conf, defaults, sizeof(defaults) / sizeof(defaults[0]), true, err) < 0 ||
	    set_all(conf, user, user_count, false, err) < 0 ||
	    set_all(conf, owned, owned_count, true, err) < 0) {
		rd_kafka_conf_destroy(conf);
		return -1;
	}
	rd_kafka_conf_set_log_cb(conf, client_log);
	rd_kafka_conf_set_error_cb(conf, client_error);
	*ret = conf;
	return 0;
}

static void forget_trouble(struct kafka_client *client)
{
	client->trouble = RD_KAFKA_RESP_ERR_NO_ERROR;
	client->trouble_told = false;
	client->trouble_text[0] = '\0';
}

int kafka_client_open(struct kafka_client *client, rd_kafka_type_t type, rd_kafka_conf_t *conf,
		      struct err *err)
{
	char text[256];

	must(client->rk == NULL);
	forget_trouble(client);
	rd_kafka_conf_set_opaque(conf, client);
	client->rk = rd_kafka_new(type, conf, text, sizeof(text));
	if (!client->rk) {
		rd_kafka_conf_destroy(conf);
		return err_set(err, ERR_STOP, EXIT_CONFIG,
			       "kafka: librdkafka does not take the %s's settings: %s",
			       client->role, text);
	}
	return 0;
}

struct ending {
	rd_kafka_t *rk;
	int flags;
};

static void *end_handle(void *arg)
{
	struct ending *ending = arg;

	rd_kafka_destroy_flags(ending->rk, ending->flags);
	free(ending);
	return NULL;
}

bool kafka_client_end(rd_kafka_t *rk, int flags, int ms_max)
{
	struct ending *ending = malloc(sizeof(*ending));
	struct timespec until;
	pthread_t thread;

	must(ending != NULL);
	*ending = (struct ending){rk, flags};
	must(pthread_create(&thread, NULL, end_handle, ending) == 0);
	(void)clock_gettime(CLOCK_REALTIME, &until); /* cannot fail: pthread_timedjoin_np's clock */
	until.tv_sec += ms_max / 1000 + 1;
	if (pthread_timedjoin_np(thread, NULL, &until) == 0)
		return true;
	(void)pthread_detach(thread); /* it ends by itself or with the process */
	return false;
}

void kafka_client_close(struct kafka_client *client, int flags, int ms_max)
{
	rd_kafka_t *rk = client->rk;

	if (!rk)
		return;
	client->rk = NULL;
	if (kafka_client_end(rk, flags, ms_max))
		forget_secrets(client);
	else
		client->leaked = true;
}

bool kafka_client_take_trouble(struct kafka_client *client, struct err *err)
{
	rd_kafka_resp_err_t code = client->trouble;
	struct err why;
	bool refused = kafka_login_refused(&client->login, clock_ms(CLOCK_MONOTONIC), &why);

	if (refused && (code == RD_KAFKA_RESP_ERR__AUTHENTICATION || why.kind == ERR_STOP)) {
		(void)err_wrap(&why, "%s", client->role);
		*err = why;
		forget_trouble(client);
		return true;
	}
	if (code == RD_KAFKA_RESP_ERR_NO_ERROR || client->trouble_told)
		return false;
	kafka_err_code(err, code, "%s: %s", client->role, client->trouble_text);
	client->trouble_told = true;
	return true;
}

void kafka_client_explain(struct kafka_client *client, struct err *err)
{
	struct err why;

	if (err->kind != ERR_RETRY)
		return;
	if (kafka_login_refused(&client->login, clock_ms(CLOCK_MONOTONIC), &why))
		(void)err_wrap(&why, "%s", client->role);
	else if (client->trouble != RD_KAFKA_RESP_ERR_NO_ERROR)
		kafka_err_code(&why, client->trouble, "%s: %s", client->role, client->trouble_text);
	else
		return;
	client->trouble_told = true;
	if (why.kind == ERR_STOP) {
		*err = why;
		return;
	}
	(void)err_wrap(err, "%s", why.msg);
}

void kafka_client_works(struct kafka_client *client)
{
	kafka_login_works(&client->login);
	if (client->trouble_told || client->trouble == RD_KAFKA_RESP_ERR__AUTHENTICATION)
		forget_trouble(client);
}

int kafka_client_answer(struct kafka_client *client, int res, struct err *err)
{
	if (res < 0)
		kafka_client_explain(client, err);
	else
		kafka_client_works(client);
	return res;
}
