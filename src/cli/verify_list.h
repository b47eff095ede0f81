/*
 * verify_list: what `onced verify` compares: the outputs that the pure pipeline expects and those
 * that a read_committed reader finds, each boiled down to where it is from, where it lies, and a
 * hash of its content. Content is key, value and headers; not the timestamp (a topic may stamp its
 * own), and of a dead letter not the reason's text (it names the pipeline file, which may have
 * moved).
 *
 * Thread: main. Memory: about 80 bytes a record.
 */
#ifndef ONCED_CLI_VERIFY_LIST_H
#define ONCED_CLI_VERIFY_LIST_H

#include <stdbool.h>

#include "base/arena.h"
#include "core/pipeline.h"
#include "core/record.h"
#include "port/hash.h"

struct verify_item {
	struct hash128 content;
	int64_t source_offset;
	int64_t offset; /* found: where it lies */
	int32_t source_partition;
	int32_t partition;     /* found */
	int32_t source_index;  /* among the outputs of its source; 0 for a dead letter */
	uint16_t source_topic; /* index into the inputs */
	uint16_t topic;        /* index into the outputs, see verify_list_topic */
	bool by_source;        /* it says itself where it is from: lineage, or a dead letter */
	bool dead;
	bool optional; /* expected: may be there already */
};

struct verify_list {
	struct verify_item *items; /* owned */
	size_t count, capacity;
};

void verify_list_fini(struct verify_list *list);
void verify_list_add(struct verify_list *list, const struct verify_item *item);

/* The outputs' topics: the targets', without repeats, then the errors' if it is not among them.
 * NULL past the end. */
const char *verify_list_topic(const struct pipeline *pipeline, size_t index);
/* -1 = none of the outputs. */
int verify_list_topic_index(const struct pipeline *pipeline, const char *topic);

/* Fills content, topic, dead, by_source and the source as far as the record tells. dead: expected:
 * known; found: a record on the errors' topic with the headers of one. */
void verify_list_describe(const struct pipeline *pipeline, struct arena *arena, const char *topic,
			  const struct record *record, struct verify_item *ret);

#endif
