/* mock: see mock.h. */
#include "lib/broker_conf.h"
#include "lib/mock.h"

#include "base/must.h"
#include "lib/c11_threads.h"

void mock_start(struct mock *mock)
{
	char text[256];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();

	c11_threads_use();
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
	mock->conf = broker_conf(mock->settings, 1, mock->topics, 1);
	mock->conf.group = MOCK_GROUP;
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
