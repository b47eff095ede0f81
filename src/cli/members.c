/* members: see members.h. */
#include "cli/members.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/must.h"
#include "run/wiring.h"

#define POLL_MS 50

/* Queues that hold nothing: every assignment is answered with an empty one. */
static const struct memory_share no_records = {(size_t)1 << 20, (size_t)1 << 20, (size_t)1 << 20,
					       (size_t)1 << 20};

struct member {
	struct wiring wiring;
	struct broker *broker; /* owned */
	struct tp *tps;        /* owned: what is assigned to it */
	size_t tp_count;
	bool is_assigned; /* since it has subscribed */
};

struct members {
	const struct ask *ask; /* borrowed */
	struct member *all;    /* owned */
	size_t count;
};

static int open_member(struct members *members, struct member *member, struct err *err)
{
	int rc;

	if (wiring_broker_open(&member->wiring, &member->broker, err) < 0)
		return -1;
	do
		rc = member->broker->ops->renew(member->broker, err);
	while (ask_again(members->ask, rc, err));
	if (rc < 0)
		return -1;
	do
		rc = member->broker->ops->subscribe(member->broker, err);
	while (ask_again(members->ask, rc, err));
	return rc;
}

int members_open(const struct config *config, const struct pipeline *pipeline,
		 const struct ask *ask, struct members **ret, struct err *err)
{
	struct members *members = calloc(1, sizeof(*members));

	must(members != NULL);
	members->ask = ask;
	members->all = calloc((size_t)pipeline->workers, sizeof(*members->all));
	must(members->all != NULL);
	for (int i = 0; i < pipeline->workers; i++) {
		struct member *member = &members->all[members->count++];

		wiring_init(&member->wiring, config, pipeline, i, &no_records, NULL);
		if (open_member(members, member, err) < 0) {
			members_close(members);
			return -1;
		}
	}
	*ret = members;
	return 0;
}

void members_close(struct members *members)
{
	if (!members)
		return;
	for (size_t i = 0; i < members->count; i++) {
		struct member *member = &members->all[i];

		if (member->broker)
			member->broker->ops->close(member->broker);
		wiring_fini(&member->wiring);
		free(member->tps);
	}
	free(members->all);
	free(members);
}

struct broker *members_broker(struct members *members)
{
	must(members->count > 0);
	return members->all[0].broker;
}

static int on_event(struct member *member, const struct broker_event *event, struct err *err)
{
	const struct broker_ops *ops = member->broker->ops;

	switch (event->kind) {
	case BROKER_ASSIGNED:
		member->tps =
			realloc(member->tps, (event->partition_count + 1) * sizeof(*member->tps));
		must(member->tps != NULL);
		member->tp_count = event->partition_count;
		member->is_assigned = true;
		for (size_t i = 0; i < event->partition_count; i++)
			member->tps[i] = event->partitions[i];
		return ops->assign(member->broker, NULL, 0, err);
	case BROKER_REVOKED:
	case BROKER_LOST:
		member->tp_count = 0;
		return ops->unassign(member->broker, err);
	case BROKER_NOTHING:
	case BROKER_RECORD:
	case BROKER_EOF:
	case BROKER_OFFSET_GONE:
		break;
	}
	return 0;
}

static int poll_all(struct members *members, struct err *err)
{
	for (size_t i = 0; i < members->count; i++) {
		struct member *member = &members->all[i];
		struct broker_event event = {0};

		if (member->broker->ops->poll(member->broker, POLL_MS, &event, err) < 0) {
			if (err->kind != ERR_RETRY)
				return -1;
			continue;
		}
		if (on_event(member, &event, err) < 0)
			return -1;
		member->broker->ops->release(member->broker);
	}
	return 0;
}

static struct member *owner_of(struct members *members, struct tp tp)
{
	for (size_t i = 0; i < members->count; i++)
		for (size_t j = 0; j < members->all[i].tp_count; j++)
			if (members->all[i].tps[j].topic == tp.topic &&
			    members->all[i].tps[j].partition == tp.partition)
				return &members->all[i];
	return NULL;
}

static bool all_assigned(const struct members *members)
{
	for (size_t i = 0; i < members->count; i++)
		if (!members->all[i].is_assigned)
			return false;
	return true;
}

/* A static member that comes back gets what it had, without a rebalance: partitions that were added
 * meanwhile are then nobody's. The group's leader, whichever member that is, makes a new assignment
 * when it joins once more. */
static int join_again(struct members *members, struct err *err)
{
	for (size_t i = 0; i < members->count; i++) {
		struct broker *broker = members->all[i].broker;
		int rc;

		members->all[i].is_assigned = false;
		do
			rc = broker->ops->subscribe(broker, err);
		while (ask_again(members->ask, rc, err));
		if (rc < 0)
			return -1;
	}
	return 0;
}

int members_join(struct members *members, const struct tp_offset *offsets, size_t count,
		 struct err *err)
{
	bool is_again = false;

	for (;;) {
		const struct tp_offset *missing = NULL;

		for (size_t i = 0; i < count && !missing; i++)
			if (!owner_of(members, offsets[i].tp))
				missing = &offsets[i];
		if (!missing)
			return 0;
		if (ask_is_over(members->ask))
			return err_set(
				err, ERR_STOP, EXIT_UNAVAILABLE,
				"%s/%" PRId32 " was not assigned within %" PRId64
				" s: stop this pipeline on every host, or give the group more "
				"time (--timeout 2m)",
				missing->tp.topic, missing->tp.partition,
				members->ask->timeout_ms / 1000);
		if (!is_again && all_assigned(members)) {
			is_again = true; /* once: it may be another host's, who would suffer */
			if (join_again(members, err) < 0)
				return -1;
		}
		if (poll_all(members, err) < 0)
			return -1;
	}
}

/* One transaction of a member. RETRY: it lost the partitions or the transaction; join and commit
 * again. */
static int commit_once(struct members *members, struct member *member,
		       const struct tp_offset *offsets, size_t count, struct err *err)
{
	struct broker *broker = member->broker;
	int rc;

	if (broker->ops->assignment_lost(broker) || !broker->ops->is_member(broker))
		return err_set(err, ERR_RETRY, 0, "the group is rebalancing");
	do
		rc = broker->ops->begin(broker, err);
	while (ask_again(members->ask, rc, err));
	if (rc < 0)
		return -1;
	do
		rc = broker->ops->send_offsets(broker, offsets, count, err);
	while (ask_again(members->ask, rc, err));
	if (rc < 0)
		return -1;
	do
		rc = broker->ops->commit(broker, err);
	while (ask_again(members->ask, rc, err));
	return rc;
}

/* The same offsets under the same generation: to commit them a second time changes nothing, so an
 * unknown outcome is settled by doing it again with a new producer. */
static int commit_member(struct members *members, struct member *member,
			 const struct tp_offset *offsets, size_t count, struct err *err)
{
	for (;;) {
		struct err ignored;
		int rc = commit_once(members, member, offsets, count, err);

		if (rc == 0 || err->kind == ERR_STOP)
			return rc;
		if (ask_is_over(members->ask)) {
			err->kind = ERR_STOP;
			err->code = EXIT_UNAVAILABLE;
			return -1;
		}
		do
			rc = member->broker->ops->renew(member->broker, &ignored);
		while (ask_again(members->ask, rc, &ignored));
		if (poll_all(members, err) < 0)
			return -1;
		if (members_join(members, offsets, count, err) < 0)
			return -1;
	}
}

int members_commit(struct members *members, const struct tp_offset *offsets, size_t count,
		   struct err *err)
{
	struct tp_offset *own = calloc(count + 1, sizeof(*own));
	int rc = 0;

	must(own != NULL);
	for (size_t i = 0; i < members->count && rc == 0; i++) {
		size_t own_count = 0;

		for (size_t j = 0; j < count; j++)
			if (owner_of(members, offsets[j].tp) == &members->all[i])
				own[own_count++] = offsets[j];
		if (own_count > 0)
			rc = commit_member(members, &members->all[i], own, own_count, err);
	}
	free(own);
	return rc;
}
