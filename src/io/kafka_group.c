/* kafka_group: see kafka_group.h. */
#include "io/kafka_group.h"

#include <string.h>

#define GETTERS_SINCE 0x020a0000 /* librdkafka 2.10.0 */

static const char magic[] = {'C', 'G', 'M', 'D', 'v', '2', ':'};

bool kafka_group_parse(const void *data, size_t size, int32_t *ret_generation,
		       const char **ret_member)
{
	const char *at = data;
	const char *end;
	const char *nul;
	int32_t generation;

	if (!data || size < sizeof(magic) + sizeof(generation) ||
	    memcmp(at, magic, sizeof(magic)) != 0)
		return false;
	end = at + size;
	at += sizeof(magic);
	memcpy(&generation, at, sizeof(generation));
	at += sizeof(generation);
	nul = memchr(at, '\0', (size_t)(end - at)); /* group id */
	if (!nul)
		return false;
	at = nul + 1;
	if (!memchr(at, '\0', (size_t)(end - at)))
		return false;
	*ret_generation = generation;
	*ret_member = at;
	return true;
}

#if RD_KAFKA_VERSION >= GETTERS_SINCE

bool kafka_group_is_member(const rd_kafka_consumer_group_metadata_t *metadata)
{
	const char *member = rd_kafka_consumer_group_metadata_member_id(metadata);

	return rd_kafka_consumer_group_metadata_generation_id(metadata) > 0 && member &&
	       member[0] != '\0';
}

#else

bool kafka_group_is_member(const rd_kafka_consumer_group_metadata_t *metadata)
{
	void *data = NULL;
	const char *member = NULL;
	size_t size = 0;
	int32_t generation = -1;
	bool is_member;
	rd_kafka_error_t *error;

	error = rd_kafka_consumer_group_metadata_write(metadata, &data, &size);
	if (error) {
		rd_kafka_error_destroy(error);
		return false;
	}
	is_member = kafka_group_parse(data, size, &generation, &member) && generation > 0 &&
		    member[0] != '\0';
	rd_kafka_mem_free(NULL, data);
	return is_member;
}

#endif
