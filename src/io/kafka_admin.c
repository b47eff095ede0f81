/* kafka_admin: see kafka_admin.h. */
#include "io/kafka_admin.h"

#include "base/must.h"

#define QUEUE_SLACK_MS 1000

struct kafka_admin kafka_admin_begin(rd_kafka_t *rk, rd_kafka_admin_op_t op, int call_ms_max)
{
	struct kafka_admin admin = {rd_kafka_AdminOptions_new(rk, op), rd_kafka_queue_new(rk),
				    call_ms_max};
	char text[128];

	/* Fails for values out of range only. */
	must(rd_kafka_AdminOptions_set_request_timeout(admin.options, call_ms_max, text,
						       sizeof(text)) == RD_KAFKA_RESP_ERR_NO_ERROR);
	return admin;
}

rd_kafka_event_t *kafka_admin_answer(struct kafka_admin *admin, rd_kafka_resp_err_t *ret_code)
{
	rd_kafka_event_t *event =
		rd_kafka_queue_poll(admin->queue, admin->call_ms_max + QUEUE_SLACK_MS);

	*ret_code = event ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
	return event;
}

void kafka_admin_end(struct kafka_admin *admin)
{
	rd_kafka_AdminOptions_destroy(admin->options);
	rd_kafka_queue_destroy(admin->queue);
}
