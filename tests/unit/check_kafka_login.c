/*
 * kafka_login: goal: a refusal is told from a broker that is away, by the texts that librdkafka and
 * OpenSSL really give (recorded with 2.0.2 and OpenSSL 3.0), and it stops only when it lasts and
 * nothing ever worked. Method: the table; then one login through time.
 */
#include <string.h>

#include "io/kafka_login.h"
#include "io/versions.h"
#include "lib/suite.h"

#define SASL "sasl_ssl://h:1/bootstrap: "
#define TLS "ssl://h:1/bootstrap: "
#define VERIFY "error:0A000086:SSL routines::certificate verify failed"

static const struct {
	rd_kafka_resp_err_t code;
	const char *reason;
	const char *text; /* a part of what is said; NULL = no refusal */
} table[] = {
	{RD_KAFKA_RESP_ERR__AUTHENTICATION,
	 SASL "SASL authentication error: Authentication failed: Invalid username or password "
	      "(after 3ms in state AUTH_REQ)",
	 "the login is refused by sasl_ssl://h:1/bootstrap: SASL authentication error: "
	 "Authentication failed: Invalid username or password: correct sasl.username"},
	{RD_KAFKA_RESP_ERR__AUTHENTICATION,
	 SASL "SASL SCRAM-SHA-512 mechanism handshake failed: Broker: Unsupported SASL mechanism",
	 "Unsupported SASL mechanism"},
	{RD_KAFKA_RESP_ERR__SSL, TLS "SSL handshake failed: " VERIFY ": broker certificate could",
	 "the certificate of ssl://h:1/bootstrap is not accepted"},
	{RD_KAFKA_RESP_ERR__TRANSPORT, TLS VERIFY " (after 7ms in state SSL_HANDSHAKE)",
	 "does not name this host"},
	{RD_KAFKA_RESP_ERR__TRANSPORT,
	 TLS "Receive failed: error:0A000416:SSL routines::sslv3 alert certificate unknown: "
	     "SSL alert number 46 (after 1ms in state APIVERSION_QUERY)",
	 "onced's certificate is refused by ssl://h:1/bootstrap"},
	{RD_KAFKA_RESP_ERR__TRANSPORT,
	 TLS "Receive failed: error:0A00045C:SSL routines::tlsv13 alert certificate required: SSL "
	     "alert number 116",
	 "onced's certificate is refused"},
	/* no refusals */
	{RD_KAFKA_RESP_ERR__TRANSPORT, TLS "Connect to ipv4#127.0.0.1:1 failed: Connection refused",
	 NULL},
	{RD_KAFKA_RESP_ERR__SSL,
	 TLS "SSL handshake failed: error:0A000126:SSL routines::unexpected eof while reading",
	 NULL},
	{RD_KAFKA_RESP_ERR__TRANSPORT,
	 TLS "Receive failed: error:0A000438:SSL routines::tlsv1 alert internal error: SSL alert "
	     "number 80",
	 NULL},
	{RD_KAFKA_RESP_ERR__TRANSPORT, TLS "an alert of another kind: SSL alert number 460", NULL},
	{RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "1/1 brokers are down", NULL},
	{RD_KAFKA_RESP_ERR__RESOLVE, "h:1/bootstrap: Failed to resolve 'h:1'", NULL},
	{RD_KAFKA_RESP_ERR__AUTHENTICATION,
	 "Failed to acquire SASL OAUTHBEARER token: Connection refused", NULL},
};

#define ROWS ((int)(sizeof(table) / sizeof(table[0])))

START_TEST(a_refusal_is_told_from_an_outage)
{
	struct kafka_login login = {0};
	struct err err = {0};
	bool refused = kafka_login_hear(&login, table[_i].code, table[_i].reason, 1);

	ck_assert_int_eq(refused, table[_i].text != NULL);
	ck_assert_int_eq(kafka_login_refused(&login, 2, &err), refused);
	if (refused)
		ck_assert_msg(strstr(err.msg, table[_i].text) != NULL, "%s", err.msg);
}
END_TEST

static void refuse(struct kafka_login *login, int64_t now_ms)
{
	ck_assert(kafka_login_hear(login, table[0].code, table[0].reason, now_ms));
}

START_TEST(it_must_last_before_it_stops)
{
	struct kafka_login login = {0};
	struct err err = {0};

	refuse(&login, 1000);
	ck_assert(kafka_login_refused(&login, 1000 + LOGIN_REFUSED_MS - 1, &err));
	ck_assert_int_eq(err.kind, ERR_RETRY);
	refuse(&login, 2000);
	ck_assert(kafka_login_refused(&login, 1000 + LOGIN_REFUSED_MS, &err));
	ck_assert_int_eq(err.kind, ERR_STOP);
	ck_assert_int_eq(err.code, EXIT_PERMISSION);
}
END_TEST

START_TEST(once_something_worked_it_never_stops)
{
	struct kafka_login login = {0};
	struct err err = {0};

	refuse(&login, 1000);
	kafka_login_works(&login);
	ck_assert(!kafka_login_refused(&login, 100000, &err));
	refuse(&login, 200000);
	ck_assert(kafka_login_refused(&login, 900000, &err));
	ck_assert_int_eq(err.kind, ERR_RETRY);
}
END_TEST

/* Before 2.6.1 a right password looks wrong to a new broker: the message must say so. */
START_TEST(an_old_library_owns_up_to_its_scram)
{
	struct kafka_login login = {0};
	struct err err = {0};

	ck_assert(kafka_login_hear(&login, RD_KAFKA_RESP_ERR__AUTHENTICATION,
				   SASL "invalid credentials with SASL mechanism SCRAM-SHA-512",
				   1));
	ck_assert(kafka_login_refused(&login, 2, &err));
	ck_assert_int_eq(strstr(err.msg, "cannot do SCRAM") == NULL, kafka_version_does_scram());
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("kafka_login");

	tcase_add_loop_test(tcase, a_refusal_is_told_from_an_outage, 0, ROWS);
	tcase_add_test(tcase, it_must_last_before_it_stops);
	tcase_add_test(tcase, once_something_worked_it_never_stops);
	tcase_add_test(tcase, an_old_library_owns_up_to_its_scram);
	return suite_run("kafka_login", tcase);
}
