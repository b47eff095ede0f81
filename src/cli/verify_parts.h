/*
 * verify_parts: what one run of `onced verify` looks at: the input partitions, from where to where
 * and whether they can be judged; the output partitions with their ends; and, in sentences, what
 * could not be checked.
 *
 * Thread: main. Pure.
 */
#ifndef ONCED_CLI_VERIFY_PARTS_H
#define ONCED_CLI_VERIFY_PARTS_H

#include <stdbool.h>

#include "core/meta.h"
#include "core/pipeline.h"
#include "io/kafka_topic.h"

#define VERIFY_NOTES_MAX 64

/* An input partition. Offsets start <= o < end are read. */
struct verify_part {
	struct tp tp; /* topic: the pipeline's pointer */
	uint8_t topic;
	bool judged;   /* false: its records were not processed by this definition, or nobody can
			  tell; a note says why */
	bool cut;      /* input of this generation is deleted: what it held may be repeated */
	bool has_past; /* the log had offsets before start: an output may be of one of those */
	int64_t start; /* the base, or the log's start */
	int64_t c;     /* outputs of records below must be there */
	int64_t end;   /* outputs of records from here on must not be there */
	bool has_c, has_m;
	struct meta m; /* M at c */
};

/* An output partition, up to an end fixed at the beginning. */
struct verify_output {
	struct kafka_topic_span span;
	uint8_t topic; /* index into the outputs, see verify_item_topic */
	bool compacted;
};

struct verify_parts {
	struct verify_part *all; /* owned; by topic as in the pipeline, then by partition */
	size_t count;
	size_t first[TOPICS_MAX + 1]; /* of each topic; the last one is the count */
	size_t topic_count;
	struct verify_output *outputs; /* owned; likewise */
	size_t output_count;
};

void verify_parts_fini(struct verify_parts *parts);
/* The partitions of the next topic. */
void verify_parts_add(struct verify_parts *parts, const char *topic, int32_t partitions);
/* The index; -1: there is none. */
int64_t verify_parts_find(const struct verify_parts *parts, uint8_t topic, int32_t partition);
void verify_parts_add_output(struct verify_parts *parts, const struct verify_output *output);

/* What could not be checked, one sentence each. */
struct verify_notes {
	char *lines[VERIFY_NOTES_MAX]; /* owned */
	size_t count;
	size_t more; /* that did not fit */
};

void verify_notes_add(struct verify_notes *notes, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void verify_notes_fini(struct verify_notes *notes);

#endif
