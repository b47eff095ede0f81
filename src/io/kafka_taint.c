/* kafka_taint: see kafka_taint.h. Counting is the sent side's; errors are the response side's. */
#include "io/kafka_taint.h"

#include "base/failpoint.h"

/* Kafka protocol: the requests of a transaction. */
enum {
	API_PRODUCE = 0,
	API_ADD_PARTITIONS_TO_TXN = 24,
	API_ADD_OFFSETS_TO_TXN = 25,
	API_END_TXN = 26,
	API_TXN_OFFSET_COMMIT = 28,
};

static rd_kafka_resp_err_t request_sent(rd_kafka_t *rk, int sockfd, const char *brokername,
					int32_t brokerid, int16_t ApiKey, int16_t ApiVersion,
					int32_t CorrId, size_t size, void *ic_opaque)
{
	struct kafka_taint *taint = ic_opaque;
	unsigned int before = 0;

	(void)rk, (void)sockfd, (void)brokername, (void)brokerid; /* librdkafka's signature */
	(void)ApiVersion, (void)CorrId, (void)size;
	if (ApiKey == API_END_TXN)
		before = atomic_fetch_add(&taint->end_txn, 1);
	else if (ApiKey == API_TXN_OFFSET_COMMIT)
		before = atomic_fetch_add(&taint->offset_commit, 1);
	if (before > 0)
		atomic_store(&taint->tainted, true);
	if (ApiKey == API_END_TXN)
		(void)FAILPOINT("endtxn-sent");
	return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* Only transport errors are seen here (an answer is not parsed yet), and one answer may come
 * twice: fit for a flag, not for a count. */
static rd_kafka_resp_err_t response_received(rd_kafka_t *rk, int sockfd, const char *brokername,
					     int32_t brokerid, int16_t ApiKey, int16_t ApiVersion,
					     int32_t CorrId, size_t size, int64_t rtt,
					     rd_kafka_resp_err_t err, void *ic_opaque)
{
	struct kafka_taint *taint = ic_opaque;

	(void)rk, (void)sockfd, (void)brokername, (void)brokerid; /* librdkafka's signature */
	(void)ApiVersion, (void)CorrId, (void)size, (void)rtt;
	if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
		return RD_KAFKA_RESP_ERR_NO_ERROR;
	switch (ApiKey) {
	case API_PRODUCE:
	case API_ADD_PARTITIONS_TO_TXN:
	case API_ADD_OFFSETS_TO_TXN:
	case API_END_TXN:
	case API_TXN_OFFSET_COMMIT:
		atomic_store(&taint->tainted, true);
		break;
	default:
		break;
	}
	return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t on_new(rd_kafka_t *rk, const rd_kafka_conf_t *conf, void *ic_opaque,
				  char *errstr, size_t errstr_size)
{
	rd_kafka_resp_err_t code;

	(void)conf, (void)errstr, (void)errstr_size; /* librdkafka's signature */
	code = rd_kafka_interceptor_add_on_request_sent(rk, "onced", request_sent, ic_opaque);
	if (code)
		return code;
	return rd_kafka_interceptor_add_on_response_received(rk, "onced", response_received,
							     ic_opaque);
}

int kafka_taint_watch(struct kafka_taint *taint, rd_kafka_conf_t *conf, struct err *err)
{
	rd_kafka_resp_err_t code =
		rd_kafka_conf_interceptor_add_on_new(conf, "onced", on_new, taint);

	if (code)
		return err_set(err, ERR_STOP, EXIT_INTERNAL,
			       "librdkafka refuses the request interceptor: %s",
			       rd_kafka_err2str(code));
	kafka_taint_begin(taint);
	atomic_store(&taint->tainted, false);
	return 0;
}

void kafka_taint_begin(struct kafka_taint *taint)
{
	atomic_store(&taint->end_txn, 0);
	atomic_store(&taint->offset_commit, 0);
}

void kafka_taint_mark(struct kafka_taint *taint)
{
	atomic_store(&taint->tainted, true);
}

bool kafka_taint_is(const struct kafka_taint *taint)
{
	return !WITHOUT("taint") && atomic_load(&taint->tainted);
}

bool kafka_taint_ended(const struct kafka_taint *taint)
{
	return atomic_load(&taint->end_txn) > 0;
}
