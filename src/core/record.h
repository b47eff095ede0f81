/*
 * record: one message, as the core sees it. All pointers are borrowed from whoever delivered it
 * (librdkafka's message or the batch's arena) until the batch ends.
 */
#ifndef ONCED_CORE_RECORD_H
#define ONCED_CORE_RECORD_H

#include <stdint.h>

#include "base/bytes.h"

struct header {
	struct bytes name; /* never null; header names need not be UTF-8 on the wire */
	struct bytes value;
};

struct record {
	struct bytes key;
	struct bytes value;
	const struct header *headers; /* in order; names may repeat */
	size_t header_count;
	int64_t timestamp; /* ms since the epoch; -1 = the record has none */
};

/* Where a record came from. topic is borrowed from the pipeline and outlives the batch. */
struct source {
	const char *topic;
	int32_t partition;
	int64_t offset;
};

/* A record to be produced. topic is borrowed from the pipeline, the rest from the arena or from
 * the source record. */
struct output {
	const char *topic;
	struct record record;
};

#endif
