/* kafka_version: see versions.h. */
#include <librdkafka/rdkafka.h>

#include "io/versions.h"

const char *kafka_version_text(void)
{
	return rd_kafka_version_str();
}
