/*
 * Goal: nothing that librdkafka logs holds a secret. Method: a client with every secret set and all
 * debug contexts on; every line it logs is searched. That the search finds something, and that it
 * is onced's own doing, is shown by a client.id that holds a secret: librdkafka prints that one.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "io/kafka_broker.h"
#include "lib/broker_conf.h"
#include "lib/c11_threads.h"
#include "lib/suite.h"

static const char *const secrets[] = {"hidden-password", "hidden-keystore", "hidden-key"};

#define SECRETS (sizeof(secrets) / sizeof(secrets[0]))

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int lines, found, stars;

static void on_log(int level, const char *fac, const char *text)
{
	(void)level; /* all of them are looked at */
	(void)fac;
	(void)pthread_mutex_lock(&lock);
	lines++;
	for (size_t i = 0; i < SECRETS; i++)
		found += strstr(text, secrets[i]) != NULL;
	stars += strstr(text, "me-***************-me") != NULL;
	(void)pthread_mutex_unlock(&lock);
}

/* Opens and closes a broker that nobody answers; secret_count: how many are said to be secret. */
static void talk(size_t secret_count)
{
	static const char *const topics[] = {"in"};
	static const struct kafka_setting settings[] = {
		{"bootstrap.servers", "127.0.0.1:1"},
		{"debug", "all"},
		{"client.id", "me-hidden-password-me"},
		{"security.protocol", "sasl_plaintext"},
		{"sasl.mechanism", "PLAIN"},
		{"sasl.username", "user"},
		{"sasl.password", "hidden-password"},
		{"ssl.keystore.password", "hidden-keystore"},
		{"ssl.key.password", "hidden-key"},
	};
	struct kafka_broker_conf conf =
		broker_conf(settings, sizeof(settings) / sizeof(settings[0]), topics, 1);
	struct broker *broker = NULL;
	struct err err = {0};

	conf.secrets = secrets;
	conf.secret_count = secret_count;
	conf.call_ms_max = 1000;
	conf.log = on_log;
	c11_threads_use();
	lines = found = stars = 0;
	must(kafka_broker_open(&conf, &broker, &err) == 0);
	ck_assert_int_eq(broker->ops->renew(broker, &err), -1);
	ck_assert_int_eq(err.kind, ERR_RETRY);
	broker->ops->close(broker);
}

START_TEST(no_line_holds_a_secret)
{
	talk(SECRETS);
	ck_assert_int_gt(lines, 50); /* it did talk */
	ck_assert_int_gt(stars, 0);
	ck_assert_int_eq(found, 0);
}
END_TEST

START_TEST(the_search_can_find_one)
{
	talk(0);
	ck_assert_int_gt(found, 0);
	ck_assert_int_eq(stars, 0);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("mock secrets");

	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, no_line_holds_a_secret);
	tcase_add_test(tcase, the_search_can_find_one);
	return suite_run("mock secrets", tcase);
}
