/* mock: see mock.h. */
#include "lib/mock.h"

#include "base/must.h"

void mock_start(struct mock *mock)
{
	char text[256];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();

	*mock = (struct mock){.topics = {MOCK_IN}};
	must(rd_kafka_conf_set(conf, "test.mock.num.brokers", "1", text, sizeof(text)) ==
	     RD_KAFKA_CONF_OK);
	mock->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof(text));
	must(mock->rk != NULL);
	mock->cluster = rd_kafka_handle_mock_cluster(mock->rk);
	must(mock->cluster != NULL);
	must(rd_kafka_mock_topic_create(mock->cluster, MOCK_IN, 1, 1) == 0);
	must(rd_kafka_mock_topic_create(mock->cluster, MOCK_OUT, 4, 1) == 0);
	mock->settings[0] = (struct kafka_setting){"bootstrap.servers",
						   rd_kafka_mock_cluster_bootstraps(mock->cluster)};
	mock->conf = (struct kafka_broker_conf){
		.settings = mock->settings,
		.setting_count = 1,
		.group = MOCK_GROUP,
		.group_instance_id = "i.p.0",
		.transactional_id = "group/i.p.0",
		.topics = mock->topics,
		.topic_count = 1,
		.consumer_queue_bytes = (size_t)4 << 20,
		.producer_queue_bytes = (size_t)4 << 20,
		.batch_records = 1000,
		.transaction_timeout_ms = 10000,
		.call_ms_max = 2000,
	};
}

void mock_stop(struct mock *mock)
{
	rd_kafka_destroy(mock->rk);
}

void mock_push(struct mock *mock, enum mock_api api, rd_kafka_resp_err_t code, int count)
{
	for (int i = 0; i < count; i++)
		rd_kafka_mock_push_request_errors(mock->cluster, (int16_t)api, 1, code);
}

void mock_clear(struct mock *mock, enum mock_api api)
{
	rd_kafka_mock_clear_request_errors(mock->cluster, (int16_t)api);
}
