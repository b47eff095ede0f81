/*
 * verify_item: what `onced verify` compares: an output that the pure pipeline expects, or that a
 * read_committed reader finds, boiled down to where it is from, where it lies, and a hash of its
 * content. Content is key, value and headers; not the timestamp (a topic may stamp its own), and of
 * a dead letter not the reason's text (it names the pipeline file, which may have moved).
 *
 * Thread: main.
 */
#ifndef ONCED_CLI_VERIFY_ITEM_H
#define ONCED_CLI_VERIFY_ITEM_H

#include <stdbool.h>

#include "base/arena.h"
#include "core/pipeline.h"
#include "core/record.h"
#include "port/hash.h"

/* As it stands in the temporary files. */
struct verify_item {
	struct hash128 content;
	int64_t source_offset;
	int64_t offset; /* found: where it lies */
	int32_t source_partition;
	int32_t partition;    /* found */
	int32_t source_index; /* among the outputs of its source; 0 for a dead letter */
	uint8_t source_topic; /* index into the inputs */
	uint8_t topic;        /* index into the outputs, see verify_item_topic */
	bool by_source : 1;   /* it says itself where it is from: lineage, or a dead letter */
	bool dead : 1;
	bool optional : 1; /* expected: may be there already */
	bool unsure : 1;   /* expected: ids from before may be deleted, so it may be a repeat */
	bool sending : 1;  /* found, a dead letter whose step is "to": perhaps the broker refused
			      what the source gave, which no model can know */
};

_Static_assert(sizeof(struct verify_item) == 48, "a record's cost on disk");
_Static_assert(TOPICS_MAX <= UINT8_MAX && TARGETS_MAX + 1 <= UINT8_MAX, "topics fit");

/* The outputs' topics: the targets', without repeats, then the errors' if it is not among them.
 * NULL past the end. */
const char *verify_item_topic(const struct pipeline *pipeline, size_t index);
/* -1 = none of the outputs. */
int verify_item_topic_index(const struct pipeline *pipeline, const char *topic);

/* Fills content, topic, dead, sending, by_source and the source as far as the record tells. dead:
 * a record on the errors' topic with the headers of one. key: HASH_KEY_BYTES, of this run, so that
 * nobody can have prepared two records with one hash. */
void verify_item_describe(const struct pipeline *pipeline, struct arena *arena, const uint8_t *key,
			  const char *topic, const struct record *record, struct verify_item *ret);

#endif
