/* kafka_err: see kafka_err.h. One table of codes that stop; flags for the rest. */
#include "io/kafka_err.h"

#include <stdio.h>
#include <string.h>

#include "port/broker.h"

/* -Wswitch-enum would ask for all of librdkafka's two hundred codes: compared as a number. */
static int stop_exit(rd_kafka_resp_err_t code)
{
	switch ((int)code) {
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
	case RD_KAFKA_RESP_ERR__AUTHENTICATION:
		return EXIT_PERMISSION;
	case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
		return EXIT_FENCED;
	case RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
	case RD_KAFKA_RESP_ERR_INVALID_GROUP_ID:
	case RD_KAFKA_RESP_ERR_INVALID_SESSION_TIMEOUT:
	case RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL:
	case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
	case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
	case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
	case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
	case RD_KAFKA_RESP_ERR__INVALID_ARG:
		return EXIT_CONFIG;
	default:
		return 0;
	}
}

enum err_kind kafka_err_kind(rd_kafka_resp_err_t code, int *ret_exit)
{
	int exit_code = stop_exit(code);

	if (exit_code == 0)
		return ERR_RETRY;
	if (ret_exit)
		*ret_exit = exit_code;
	return ERR_STOP;
}

int kafka_err_code(struct err *err, rd_kafka_resp_err_t code, const char *format, ...)
{
	char what[256];
	va_list args;
	int err_code = (int)code;
	enum err_kind kind = kafka_err_kind(code, &err_code);

	va_start(args, format);
	(void)vsnprintf(what, sizeof(what), format, args); /* cut is fine: text for people */
	va_end(args);
	return err_set(err, kind, err_code, "%s: %s (%s)", what, rd_kafka_err2str(code),
		       rd_kafka_err2name(code));
}

void kafka_err_right(struct err *err, rd_kafka_resp_err_t code, const struct kafka_right *right)
{
	const char *some =
		strcmp(right->operation, "READ") == 0 ? "an input topic" : "an output topic";

	switch ((int)code) {
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
		(void)err_wrap(err, "a right is missing: %s on %s%s", right->operation,
			       right->topic ? "topic " : some, right->topic ? right->topic : "");
		return;
	case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
		(void)err_wrap(err, "a right is missing: READ on group %s", right->group);
		return;
	case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
		(void)err_wrap(err, "a right is missing: WRITE on transactional id %s",
			       right->transactional_id);
		return;
	case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
		(void)err_wrap(err, "a right is missing: IDEMPOTENT_WRITE on the cluster");
		return;
	default:
		return;
	}
}

bool kafka_err_is_fenced(rd_kafka_resp_err_t code)
{
	return code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
	       code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
}

static int set_fatal(struct err *err, rd_kafka_resp_err_t code, const char *what, const char *text)
{
	if (kafka_err_is_fenced(code))
		return err_set(err, ERR_UNKNOWN, BROKER_CODE_FENCED,
			       "%s: the producer was fenced: another producer took its "
			       "transactional.id, or its transaction timed out: %s",
			       what, text);
	return err_set(err, ERR_UNKNOWN, (int)code, "%s: %s (%s)", what, text,
		       rd_kafka_err2name(code));
}

int kafka_err_txn(struct err *err, rd_kafka_error_t *error, const char *what)
{
	rd_kafka_resp_err_t code = rd_kafka_error_code(error);
	const char *text = rd_kafka_error_string(error);
	int exit_code = stop_exit(code);

	if (code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID)
		exit_code = 0; /* TxnOffsetCommit: abort; the consumer's own fatal error stops */
	if (exit_code != 0)
		err_set(err, ERR_STOP, exit_code, "%s: %s (%s)", what, text,
			rd_kafka_err2name(code));
	else if (rd_kafka_error_is_fatal(error))
		set_fatal(err, code, what, text);
	else if (rd_kafka_error_txn_requires_abort(error))
		err_set(err, ERR_ABORT, (int)code, "%s: %s (%s)", what, text,
			rd_kafka_err2name(code));
	else if (rd_kafka_error_is_retriable(error))
		err_set(err, ERR_RETRY, (int)code, "%s: %s (%s)", what, text,
			rd_kafka_err2name(code));
	else
		set_fatal(err, code, what, text);
	rd_kafka_error_destroy(error);
	return -1;
}

bool kafka_err_fatal(struct err *err, rd_kafka_t *rk, const char *what)
{
	char text[256];
	rd_kafka_resp_err_t code = rd_kafka_fatal_error(rk, text, sizeof(text));
	int exit_code;

	if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
		return false;
	exit_code = stop_exit(code);
	if (exit_code != 0)
		err_set(err, ERR_STOP, exit_code, "%s: %s", what, text);
	else
		set_fatal(err, code, what, text);
	return true;
}

bool kafka_err_is_refusal(rd_kafka_resp_err_t code)
{
	switch ((int)code) {
	case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
	case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
	case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
	case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
	case RD_KAFKA_RESP_ERR_INVALID_RECORD:
	case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
		return true;
	default:
		return false;
	}
}
