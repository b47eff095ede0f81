/* kafka_configs: see kafka_configs.h. */
#include "io/kafka_configs.h"

#include "io/kafka_admin.h"

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
	rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(type, name);
	struct kafka_admin admin =
		kafka_admin_begin(rk, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, call_ms_max);
	rd_kafka_resp_err_t code;

	rd_kafka_DescribeConfigs(rk, &resource, 1, admin.options, admin.queue);
	code = kafka_admin_answer(&admin);
	if (!code)
		code = read_answer(admin.event, fn, arg);
	rd_kafka_ConfigResource_destroy(resource);
	kafka_admin_end(&admin);
	return code;
}
