/* kafka_admin: see kafka_admin.h. */
#include "io/kafka_admin.h"

#include "base/must.h"
#include "io/kafka_client.h"

/* A borrowed handle: librdkafka 2.0.2 asserts on a request whose queue is gone before its answer;
 * it does so too where a broker does not know the request, like its own mock cluster. */
#define QUEUE_SLACK_MS 1000
/* An own handle: beyond any wait of ours. */
#define NEVER_MS 3600000

static struct kafka_admin begin(rd_kafka_t *rk, bool own, rd_kafka_admin_op_t op, int ms_max)
{
	struct kafka_admin admin = {.rk = rk,
				    .own = own,
				    .options = rd_kafka_AdminOptions_new(rk, op),
				    .queue = rd_kafka_queue_new(rk),
				    .ms_max = ms_max};
	char text[128];

	/* Fails for values out of range only. */
	must(rd_kafka_AdminOptions_set_request_timeout(admin.options, own ? NEVER_MS : ms_max, text,
						       sizeof(text)) == RD_KAFKA_RESP_ERR_NO_ERROR);
	return admin;
}

struct kafka_admin kafka_admin_begin(rd_kafka_t *rk, rd_kafka_admin_op_t op, int ms_max)
{
	return begin(rk, false, op, ms_max);
}

struct kafka_admin kafka_admin_begin_group(rd_kafka_t *like, rd_kafka_admin_op_t op, int ms_max)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_dup(rd_kafka_conf(like));
	rd_kafka_t *rk;
	char text[256];

	/* The callbacks are those of like's owner. What goes wrong is told by the answer. */
	rd_kafka_conf_set_log_cb(conf, NULL);
	rd_kafka_conf_set_error_cb(conf, NULL);
	rd_kafka_conf_set_rebalance_cb(conf, NULL);
	rd_kafka_conf_set_opaque(conf, NULL);
	rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof(text));
	if (!rk) {
		rd_kafka_conf_destroy(conf);
		return (struct kafka_admin){.ms_max = ms_max};
	}
	return begin(rk, true, op, ms_max);
}

rd_kafka_resp_err_t kafka_admin_answer(struct kafka_admin *admin)
{
	if (!admin->rk)
		return RD_KAFKA_RESP_ERR__FAIL;
	admin->event = rd_kafka_queue_poll(admin->queue,
					   admin->ms_max + (admin->own ? 0 : QUEUE_SLACK_MS));
	return admin->event ? rd_kafka_event_error(admin->event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
}

rd_kafka_resp_err_t kafka_admin_offsets(struct kafka_admin *admin, rd_kafka_t *like,
					const char *group,
					const rd_kafka_topic_partition_list_t *which, int ms_max,
					const rd_kafka_topic_partition_list_t **ret)
{
	rd_kafka_ListConsumerGroupOffsets_t *question;
	const rd_kafka_group_result_t **groups;
	rd_kafka_resp_err_t code;
	size_t count = 0;

	*ret = NULL;
	*admin = kafka_admin_begin_group(like, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, ms_max);
	if (!admin->rk)
		return RD_KAFKA_RESP_ERR__FAIL;
	question = rd_kafka_ListConsumerGroupOffsets_new(group, which);
	/* Fails for values out of range only. */
	must(rd_kafka_AdminOptions_set_require_stable_offsets(admin->options, 1) == NULL);
	rd_kafka_ListConsumerGroupOffsets(admin->rk, &question, 1, admin->options, admin->queue);
	rd_kafka_ListConsumerGroupOffsets_destroy(question);
	code = kafka_admin_answer(admin);
	if (code)
		return code;
	groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
		rd_kafka_event_ListConsumerGroupOffsets_result(admin->event), &count);
	if (count != 1)
		return RD_KAFKA_RESP_ERR__BAD_MSG;
	*ret = rd_kafka_group_result_partitions(groups[0]);
	return rd_kafka_error_code(rd_kafka_group_result_error(groups[0])); /* NULL: no error */
}

void kafka_admin_end(struct kafka_admin *admin)
{
	if (!admin->rk)
		return;
	rd_kafka_event_destroy(admin->event); /* NULL is fine */
	rd_kafka_AdminOptions_destroy(admin->options);
	rd_kafka_queue_destroy(admin->queue);
	if (admin->own)
		/* Nothing calls back, and there is no place in the group to give up. */
		(void)kafka_client_end(admin->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE,
				       admin->ms_max);
}
