/* verify_item: see verify_item.h. */
#include "cli/verify_item.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"

#define LINEAGE_HEADER "onced.source"
#define REASON_HEADER "onced.error.reason"
#define STEP_HEADER "onced.error.step"
#define SENDING_STEP "to"
#define NUMBER_TEXT_MAX 24
#define LINEAGE_TEXT_MAX 400

const char *verify_item_topic(const struct pipeline *pipeline, size_t index)
{
	size_t seen = 0;

	for (size_t i = 0; i <= pipeline->target_count; i++) {
		const char *topic = i < pipeline->target_count ? pipeline->targets[i].topic
							       : pipeline->errors_topic;
		bool repeated = false;

		if (!topic || (i == pipeline->target_count && pipeline->errors != ERRORS_TO))
			continue;
		for (size_t j = 0; j < i && !repeated; j++)
			repeated = strcmp(pipeline->targets[j].topic, topic) == 0;
		if (!repeated && seen++ == index)
			return topic;
	}
	return NULL;
}

int verify_item_topic_index(const struct pipeline *pipeline, const char *topic)
{
	const char *name;

	for (size_t i = 0; (name = verify_item_topic(pipeline, i)) != NULL; i++)
		if (strcmp(name, topic) == 0)
			return (int)i;
	return -1;
}

/* The last header of that name: what onced adds stands behind what the record brought. */
static struct bytes header_of(const struct record *record, const char *name)
{
	for (size_t i = record->header_count; i > 0; i--)
		if (bytes_equal(record->headers[i - 1].name, bytes_str(name)))
			return record->headers[i - 1].value;
	return BYTES_NULL;
}

/* As onced writes it: a record with +5 or 05 there was not written by onced. */
static bool number_of(struct bytes text, int64_t *ret)
{
	char copy[NUMBER_TEXT_MAX];

	if (!text.data || text.len == 0 || text.len >= sizeof(copy))
		return false;
	memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	if (strspn(copy, "0123456789") != text.len || (copy[0] == '0' && text.len > 1))
		return false;
	errno = 0;
	*ret = strtoll(copy, NULL, 10);
	return errno == 0;
}

static bool topic_of(const struct pipeline *pipeline, struct bytes name, uint8_t *ret)
{
	for (size_t i = 0; i < pipeline->topic_count; i++)
		if (bytes_equal(name, bytes_str(pipeline->topics[i]))) {
			*ret = (uint8_t)i;
			return true;
		}
	return false;
}

/* topic/partition/offset/index: a topic's name has no slash. */
static bool read_lineage(const struct pipeline *pipeline, struct bytes text,
			 struct verify_item *ret)
{
	const char *at = text.data, *end;
	struct bytes fields[4];
	int64_t numbers[3];

	if (!at || text.len > LINEAGE_TEXT_MAX)
		return false;
	end = at + text.len;
	for (int i = 0; i < 4; i++) {
		const char *slash = i < 3 ? memchr(at, '/', (size_t)(end - at)) : end;

		if (!slash)
			return false;
		fields[i] = bytes_of(at, (size_t)(slash - at));
		at = i < 3 ? slash + 1 : slash;
	}
	for (int i = 0; i < 3; i++)
		if (!number_of(fields[i + 1], &numbers[i]))
			return false;
	if (!topic_of(pipeline, fields[0], &ret->source_topic) || numbers[0] > INT32_MAX ||
	    numbers[2] > INT32_MAX)
		return false;
	ret->source_partition = (int32_t)numbers[0];
	ret->source_offset = numbers[1];
	ret->source_index = (int32_t)numbers[2];
	return true;
}

static bool read_dead(const struct pipeline *pipeline, const struct record *record,
		      struct verify_item *ret)
{
	int64_t partition;

	if (!header_of(record, REASON_HEADER).data ||
	    !topic_of(pipeline, header_of(record, "onced.error.topic"), &ret->source_topic) ||
	    !number_of(header_of(record, "onced.error.partition"), &partition) ||
	    !number_of(header_of(record, "onced.error.offset"), &ret->source_offset) ||
	    partition > INT32_MAX)
		return false;
	ret->source_partition = (int32_t)partition;
	ret->sending = bytes_equal(header_of(record, STEP_HEADER), bytes_str(SENDING_STEP));
	return true;
}

struct writer {
	uint8_t *data;
	size_t length;
};

/* null and empty differ, and no two lists of runs write the same bytes. */
static void put(struct writer *writer, struct bytes bytes)
{
	uint64_t length = bytes.data ? bytes.len : UINT64_MAX;

	memcpy(writer->data + writer->length, &length, sizeof(length));
	writer->length += sizeof(length);
	if (bytes.len)
		memcpy(writer->data + writer->length, bytes.data, bytes.len);
	writer->length += bytes.len;
}

static struct hash128 content_of(struct arena *arena, const uint8_t *key,
				 const struct record *record, bool dead)
{
	size_t size = record->key.len + record->value.len +
		      (2 + 2 * record->header_count) * sizeof(uint64_t);
	struct writer writer = {0};

	for (size_t i = 0; i < record->header_count; i++)
		size += record->headers[i].name.len + record->headers[i].value.len;
	writer.data = arena_alloc(arena, size);
	put(&writer, record->key);
	put(&writer, record->value);
	for (size_t i = 0; i < record->header_count; i++) {
		const struct header *header = &record->headers[i];
		bool reason = dead && bytes_equal(header->name, bytes_str(REASON_HEADER));

		put(&writer, header->name);
		put(&writer, reason ? BYTES_NULL : header->value);
	}
	must(writer.length <= size);
	return hash128(key, writer.data, writer.length);
}

void verify_item_describe(const struct pipeline *pipeline, struct arena *arena, const uint8_t *key,
			  const char *topic, const struct record *record, struct verify_item *ret)
{
	int index = verify_item_topic_index(pipeline, topic);

	must(index >= 0);
	memset(ret, 0, sizeof(*ret));
	ret->topic = (uint8_t)index;
	ret->dead = pipeline->errors == ERRORS_TO && strcmp(topic, pipeline->errors_topic) == 0 &&
		    read_dead(pipeline, record, ret);
	ret->by_source =
		ret->dead || (pipeline->lineage &&
			      read_lineage(pipeline, header_of(record, LINEAGE_HEADER), ret));
	ret->content = content_of(arena, key, record, ret->dead);
}
