/* kafka_group: see kafka_group.h. */
#include "io/kafka_group.h"

#include <string.h>

#include "io/kafka_admin.h"

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

static bool is_member_id(const char *id, const char *ours)
{
	return ours && ours[0] != '\0' && strcmp(id, ours) == 0;
}

static bool holds_another(const rd_kafka_ConsumerGroupDescription_t *group, const char *instance,
			  const char *member, const char *now)
{
	for (size_t i = 0; i < rd_kafka_ConsumerGroupDescription_member_count(group); i++) {
		const rd_kafka_MemberDescription_t *one =
			rd_kafka_ConsumerGroupDescription_member(group, i);
		const char *name = rd_kafka_MemberDescription_group_instance_id(one);
		const char *id = rd_kafka_MemberDescription_consumer_id(one);

		if (name && id && strcmp(name, instance) == 0)
			return !is_member_id(id, member) && !is_member_id(id, now);
	}
	return false;
}

struct description {
	struct kafka_admin admin;                         /* to be ended */
	const rd_kafka_ConsumerGroupDescription_t *group; /* borrowed; NULL: no answer */
};

static struct description describe(rd_kafka_t *rk, const char *group, int ms_max)
{
	struct description d = {
		.admin = kafka_admin_begin_group(rk, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS,
						 ms_max)};
	const rd_kafka_ConsumerGroupDescription_t **groups;
	size_t count = 0;

	if (d.admin.rk)
		rd_kafka_DescribeConsumerGroups(d.admin.rk, &group, 1, d.admin.options,
						d.admin.queue);
	if (kafka_admin_answer(&d.admin))
		return d;
	groups = rd_kafka_DescribeConsumerGroups_result_groups(
		rd_kafka_event_DescribeConsumerGroups_result(d.admin.event), &count);
	if (count == 1 && !rd_kafka_ConsumerGroupDescription_error(groups[0]))
		d.group = groups[0];
	return d;
}

bool kafka_group_is_replaced(rd_kafka_t *rk, const char *group, const char *instance,
			     const char *member, int ms_max)
{
	struct description d = describe(rk, group, ms_max);
	char *now = rd_kafka_memberid(rk);
	bool replaced = d.group && holds_another(d.group, instance, member, now);

	if (now)
		rd_kafka_mem_free(rk, now);
	kafka_admin_end(&d.admin);
	return replaced;
}

static int32_t assigned(const rd_kafka_ConsumerGroupDescription_t *group, const char *topic)
{
	int32_t count = 0;

	for (size_t i = 0; i < rd_kafka_ConsumerGroupDescription_member_count(group); i++) {
		const rd_kafka_MemberAssignment_t *assignment =
			rd_kafka_MemberDescription_assignment(
				rd_kafka_ConsumerGroupDescription_member(group, i));
		const rd_kafka_topic_partition_list_t *list =
			assignment ? rd_kafka_MemberAssignment_partitions(assignment) : NULL;

		for (int p = 0; list && p < list->cnt; p++)
			count += strcmp(list->elems[p].topic, topic) == 0;
	}
	return count;
}

bool kafka_group_leaves_out(rd_kafka_t *rk, const char *group,
			    const struct kafka_group_topic *topics, size_t count, int ms_max,
			    bool *ret_known)
{
	struct description d = describe(rk, group, ms_max);
	bool left_out = false;

	/* In a rebalance nobody has anything; its end brings a new assignment. */
	*ret_known = d.group && rd_kafka_ConsumerGroupDescription_state(d.group) ==
					RD_KAFKA_CONSUMER_GROUP_STATE_STABLE;
	for (size_t i = 0; *ret_known && i < count; i++)
		left_out |= assigned(d.group, topics[i].name) < topics[i].partitions;
	kafka_admin_end(&d.admin);
	return left_out;
}
