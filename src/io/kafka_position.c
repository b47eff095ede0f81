/* kafka_position: see kafka_position.h. */
#include "io/kafka_position.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "io/kafka_admin.h"
#include "io/kafka_err.h"

static void forget_others(struct kafka_position *position)
{
	for (size_t i = 0; i < position->other_count; i++)
		free((char *)position->others[i].topic); /* a copy, made for this */
	free(position->others);
	position->others = NULL;
	position->other_count = 0;
}

void kafka_position_fini(struct kafka_position *position)
{
	forget_others(position);
}

static void remember_other(struct kafka_position *position, const rd_kafka_topic_partition_t *item)
{
	struct tp *grown;

	if (item->partition == 0 && strcmp(item->topic, position->carrier) == 0)
		return;
	grown = realloc(position->others, (position->other_count + 1) * sizeof(*grown));
	must(grown != NULL);
	position->others = grown;
	grown[position->other_count] = (struct tp){strdup(item->topic), item->partition};
	must(grown[position->other_count].topic != NULL);
	position->other_count++;
}

static rd_kafka_resp_err_t first_error(const rd_kafka_topic_partition_list_t *list)
{
	for (int i = 0; list && i < list->cnt; i++)
		if (list->elems[i].err)
			return list->elems[i].err;
	return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static int read_once(struct kafka_position *position, struct arena *arena, struct committed *ret,
		     struct err *err)
{
	const rd_kafka_topic_partition_list_t *list = NULL;
	struct kafka_admin admin;
	rd_kafka_resp_err_t code = kafka_admin_offsets(&admin, position->rk, position->group, NULL,
						       position->call_ms_max, &list);
	struct committed best = {0};

	if (!code)
		code = first_error(list);
	if (code) {
		kafka_admin_end(&admin);
		return kafka_err_code(err, code, "group %s: committed offsets", position->group);
	}
	forget_others(position);
	for (int i = 0; list && i < list->cnt; i++) {
		const rd_kafka_topic_partition_t *item = &list->elems[i];

		if (item->offset < 0)
			continue;
		remember_other(position, item);
		if (best.has_offset && best.offset >= item->offset)
			continue;
		best.has_offset = true;
		best.offset = item->offset;
		best.metadata = arena_copy(arena, bytes_of(item->metadata, item->metadata_size));
	}
	kafka_admin_end(&admin);
	*ret = best;
	return 0;
}

int kafka_position_read(struct kafka_position *position, struct arena *arena, struct committed *ret,
			struct err *err)
{
	struct committed found;

	if (read_once(position, arena, &found, err) < 0)
		return -1;
	/* As in kafka_facts: "none" needs a second witness, as a coordinator that is moving may
	 * say it where there is an offset. */
	if (!found.has_offset && read_once(position, arena, &found, err) < 0)
		return -1;
	*ret = found;
	return 0;
}

int kafka_position_send(struct kafka_position *position, struct kafka_producer *producer,
			const struct tp_offset *offset, struct err *err)
{
	rd_kafka_consumer_group_metadata_t *metadata =
		rd_kafka_consumer_group_metadata_new(position->group);
	size_t count = position->other_count + 1;
	struct tp_offset *all = calloc(count, sizeof(*all));
	int rc;

	must(metadata && all);
	for (size_t i = 0; i < count; i++) {
		all[i] = *offset;
		all[i].tp = i == 0 ? (struct tp){position->carrier, 0} : position->others[i - 1];
	}
	rc = kafka_producer_send_offsets(producer, all, count, metadata, err);
	rd_kafka_consumer_group_metadata_destroy(metadata);
	free(all);
	return rc;
}
