/*
 * kafka_configs: the settings of a topic or a broker (DescribeConfigs).
 *
 * Thread: the handle's owner. Blocks: <= call_ms_max and a second.
 */
#ifndef ONCED_IO_KAFKA_CONFIGS_H
#define ONCED_IO_KAFKA_CONFIGS_H

#include <librdkafka/rdkafka.h>

/* One setting; value NULL where the broker hides it. Both borrowed until it returns. */
typedef void kafka_configs_fn(void *arg, const char *name, const char *value);

/* Calls fn for each setting. The code of what went wrong: that of the resource, or of the call
 * (RD_KAFKA_RESP_ERR__TIMED_OUT when no answer came). */
rd_kafka_resp_err_t kafka_configs_read(rd_kafka_t *rk, rd_kafka_ResourceType_t type,
				       const char *name, int call_ms_max, kafka_configs_fn *fn,
				       void *arg);

#endif
