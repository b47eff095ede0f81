/* kafka_configs: see kafka_configs.h. */
#include "io/kafka_configs.h"

#include "base/must.h"

static rd_kafka_resp_err_t read_answer(rd_kafka_event_t *event, kafka_configs_fn *fn, void *arg)
{
	const rd_kafka_DescribeConfigs_result_t *result =
		rd_kafka_event_DescribeConfigs_result(event);
	const rd_kafka_ConfigResource_t **resources;
	const rd_kafka_ConfigEntry_t **entries;
	size_t count = 0;

	resources = rd_kafka_DescribeConfigs_result_resources(result, &count);
	if (count != 1)
		return RD_KAFKA_RESP_ERR__BAD_MSG;
	if (rd_kafka_ConfigResource_error(resources[0]))
		return rd_kafka_ConfigResource_error(resources[0]);
	entries = rd_kafka_ConfigResource_configs(resources[0], &count);
	for (size_t i = 0; i < count; i++)
		fn(arg, rd_kafka_ConfigEntry_name(entries[i]),
		   rd_kafka_ConfigEntry_value(entries[i]));
	return RD_KAFKA_RESP_ERR_NO_ERROR;
}

rd_kafka_resp_err_t kafka_configs_read(rd_kafka_t *rk, rd_kafka_ResourceType_t type,
				       const char *name, int call_ms_max, kafka_configs_fn *fn,
				       void *arg)
{
	rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__TIMED_OUT;
	rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(type, name);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
	rd_kafka_AdminOptions_t *options =
		rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
	rd_kafka_event_t *event;
	char text[128];

	/* Fails for values out of range only. */
	must(rd_kafka_AdminOptions_set_request_timeout(options, call_ms_max, text, sizeof(text)) ==
	     RD_KAFKA_RESP_ERR_NO_ERROR);
	rd_kafka_DescribeConfigs(rk, &resource, 1, options, queue);
	event = rd_kafka_queue_poll(queue, call_ms_max);
	if (event) {
		code = rd_kafka_event_error(event);
		if (!code)
			code = read_answer(event, fn, arg);
		rd_kafka_event_destroy(event);
	}
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_ConfigResource_destroy(resource);
	rd_kafka_queue_destroy(queue);
	return code;
}
