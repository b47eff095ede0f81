/* fake_group: the group of fake_kafka: classic protocol, eager, static members. */
#include <string.h>

#include "base/must.h"
#include "lib/fake_kafka_state.h"
#include "lib/tally.h"

struct fk_member *fk_member_of(struct fake_kafka *kafka, const struct fake_broker *handle)
{
	for (int i = 0; i < FK_MEMBERS; i++)
		if (kafka->members[i].instance && kafka->members[i].id == handle->member_id)
			return &kafka->members[i];
	return NULL;
}

static void start_rebalance(struct fake_kafka *kafka)
{
	kafka->rebalancing = true;
	for (int i = 0; i < FK_MEMBERS; i++) {
		struct fk_member *member = &kafka->members[i];

		if (!member->instance)
			continue;
		member->joined = member->handle->assigned_count == 0 && !member->handle->told;
		if (!member->joined && !member->handle->dead && !member->handle->told)
			member->handle->waiting = BROKER_REVOKED;
	}
}

/* Range over all partitions of the topics that the first member reads, once everybody joined. */
static void finish_rebalance(struct fake_kafka *kafka)
{
	struct fk_member *members[FK_MEMBERS];
	size_t count = 0, next = 0;

	for (int i = 0; i < FK_MEMBERS; i++) {
		if (!kafka->members[i].instance)
			continue;
		if (!kafka->members[i].joined)
			return;
		members[count++] = &kafka->members[i];
	}
	kafka->rebalancing = kafka->grown = false;
	kafka->generation++;
	tally(TALLY_REBALANCE);
	if (count == 0)
		return;
	for (size_t i = 0; i < count; i++)
		members[i]->handle->assigned_count = 0;
	next = rng_below(&kafka->rng, (uint32_t)count);
	for (size_t t = 0; t < members[0]->handle->conf.topic_count; t++) {
		const char *topic = members[0]->handle->conf.topics[t];
		int32_t n = kafka->topics[fk_tp_of(kafka, topic, 0).topic].count;

		for (int32_t p = 0; p < n; p++) {
			struct fake_broker *handle = members[next++ % count]->handle;

			handle->assigned[handle->assigned_count++] = (struct tp){topic, p};
		}
	}
	for (size_t i = 0; i < count; i++) {
		members[i]->handle->waiting = BROKER_ASSIGNED;
		members[i]->handle->generation = kafka->generation;
	}
}

void fk_joined(struct fake_kafka *kafka, struct fake_broker *handle)
{
	struct fk_member *member = fk_member_of(kafka, handle);

	if (member)
		member->joined = true;
	if (kafka->rebalancing)
		finish_rebalance(kafka);
}

void fk_join(struct fake_kafka *kafka, struct fake_broker *handle)
{
	struct fk_member *free_place = NULL;

	handle->member_id = ++kafka->next_member;
	for (int i = 0; i < FK_MEMBERS; i++) {
		struct fk_member *member = &kafka->members[i];

		if (!member->instance) {
			free_place = free_place ? free_place : member;
			continue;
		}
		if (strcmp(member->instance, handle->conf.instance) != 0)
			continue;
		/* A static member comes back: the old one is fenced; in a stable group it keeps its
		 * partitions without a rebalance. */
		if (!kafka->rebalancing && !kafka->grown && member->handle->assigned_count > 0 &&
		    member->handle != handle) {
			tally(TALLY_STATIC_RETURN);
			memcpy(handle->assigned, member->handle->assigned,
			       sizeof(handle->assigned));
			handle->assigned_count = member->handle->assigned_count;
			handle->generation = kafka->generation;
			handle->waiting = BROKER_ASSIGNED;
			*member = (struct fk_member){handle->conf.instance, handle->member_id,
						     handle, kafka->now_ms, true};
			return;
		}
		free_place = member;
		break;
	}
	must(free_place != NULL);
	*free_place = (struct fk_member){handle->conf.instance, handle->member_id, handle,
					 kafka->now_ms, true};
	start_rebalance(kafka);
	fk_joined(kafka, handle);
}

void fk_expire_members(struct fake_kafka *kafka)
{
	bool expired = false;

	for (int i = 0; i < FK_MEMBERS; i++) {
		struct fk_member *member = &kafka->members[i];

		if (!member->instance)
			continue;
		if (!member->handle->dead && !member->handle->frozen)
			member->heartbeat_ms = kafka->now_ms;
		if (kafka->now_ms - member->heartbeat_ms <= FK_SESSION_MS)
			continue;
		tally(TALLY_EXPIRED);
		if (!member->handle->dead) {
			member->handle->waiting = BROKER_LOST;
			member->handle->lost = true;
		}
		member->instance = NULL;
		expired = true;
	}
	if (expired) {
		start_rebalance(kafka);
		finish_rebalance(kafka);
	}
}
