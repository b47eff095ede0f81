/* kafka_login: see kafka_login.h. The texts are OpenSSL's and librdkafka's 2.0.2 to 2.16. */
#include "io/kafka_login.h"

#include <stdio.h>
#include <string.h>

#include "io/versions.h"

enum refusal {
	REFUSAL_NONE,
	REFUSAL_LOGIN,
	REFUSAL_THEIR_CERTIFICATE,
	REFUSAL_OUR_CERTIFICATE,
};

/* "SSL alert number 42": bad_certificate to unknown_ca, and certificate_required. */
static bool is_certificate_alert(const char *reason)
{
	static const char *const alerts[] = {"number 42", "number 43", "number 44", "number 45",
					     "number 46", "number 48", "number 116"};
	const char *alert = strstr(reason, "SSL alert number ");

	for (size_t i = 0; alert && i < sizeof(alerts) / sizeof(alerts[0]); i++) {
		size_t len = strlen(alerts[i]);
		const char *at = alert + strlen("SSL alert ");

		if (strncmp(at, alerts[i], len) == 0 && (at[len] < '0' || at[len] > '9'))
			return true;
	}
	return false;
}

static enum refusal read_refusal(rd_kafka_resp_err_t code, const char *reason)
{
	if (strstr(reason, "certificate verify failed"))
		return REFUSAL_THEIR_CERTIFICATE;
	if (is_certificate_alert(reason))
		return REFUSAL_OUR_CERTIFICATE;
	/* A token that cannot be fetched: the token server may be away. */
	if (code == RD_KAFKA_RESP_ERR__AUTHENTICATION && !strstr(reason, "OAUTHBEARER token"))
		return REFUSAL_LOGIN;
	return REFUSAL_NONE;
}

/* "sasl_ssl://host:port/bootstrap: reason (after 7ms in state ...)": the address and the reason. */
static void split(const char *reason, int *ret_address, const char **ret_why, int *ret_why_len)
{
	const char *colon = strstr(reason, ": ");
	const char *why = colon ? colon + 2 : reason;
	const char *after = strstr(why, " (after ");

	*ret_address = colon ? (int)(colon - reason) : 0;
	*ret_why = why;
	*ret_why_len = after ? (int)(after - why) : (int)strlen(why);
}

bool kafka_login_hear(struct kafka_login *login, rd_kafka_resp_err_t code, const char *reason,
		      int64_t now_ms)
{
	enum refusal refusal = read_refusal(code, reason);
	const char *why, *scram = "";
	int address, len;

	if (refusal == REFUSAL_NONE)
		return false;
	split(reason, &address, &why, &len);
	if (strstr(reason, "SCRAM") && !kafka_version_does_scram())
		scram = "; or the broker is newer than Kafka 3.8.0, and this librdkafka cannot do "
			"SCRAM with it (2.6.1 can, PLAIN and certificates too)";
	if (login->refused_ms == 0)
		login->refused_ms = now_ms;
	/* Cut is fine: text for people. */
	switch (refusal) {
	case REFUSAL_NONE:
		break;
	case REFUSAL_LOGIN:
		(void)snprintf(login->text, sizeof(login->text),
			       "the login is refused by %.*s: %.*s: correct sasl.username and "
			       "sasl.password%s",
			       address, reason, len, why, scram);
		break;
	case REFUSAL_THEIR_CERTIFICATE:
		(void)snprintf(
			login->text, sizeof(login->text),
			"the certificate of %.*s is not accepted: it is not signed by a CA of "
			"ssl.ca.location, does not name this host, or is out of date",
			address, reason);
		break;
	case REFUSAL_OUR_CERTIFICATE:
		(void)snprintf(login->text, sizeof(login->text),
			       "onced's certificate is refused by %.*s: %.*s: correct "
			       "ssl.certificate.location and ssl.key.location",
			       address, reason, len, why);
		break;
	}
	return true;
}

void kafka_login_works(struct kafka_login *login)
{
	login->proven = true;
	login->refused_ms = 0;
}

bool kafka_login_refused(const struct kafka_login *login, int64_t now_ms, struct err *err)
{
	bool is_true = !login->proven && now_ms - login->refused_ms >= LOGIN_REFUSED_MS;

	if (login->refused_ms == 0)
		return false;
	err_set(err, is_true ? ERR_STOP : ERR_RETRY,
		is_true ? EXIT_PERMISSION : (int)RD_KAFKA_RESP_ERR__AUTHENTICATION, "%s",
		login->text);
	return true;
}
