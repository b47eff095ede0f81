/* kafka_version: see versions.h. */
#include <librdkafka/rdkafka.h>

#include "io/versions.h"

const char *kafka_version_text(void)
{
	return rd_kafka_version_str();
}

#define SCRAM_MENDED 0x02060100

bool kafka_version_does_scram(void)
{
	return rd_kafka_version() >= SCRAM_MENDED;
}
