/*
 * members: joins a pipeline's group under all of its workers' own instance ids, so that no daemon
 * with the same names can commit beside it, and commits offsets in transactions of the workers' own
 * transactional ids. Nothing is read.
 *
 * Thread: main; one thread polls all members in turn, as a rebalance needs all of them. Blocks:
 * until the ask's deadline.
 */
#ifndef ONCED_CLI_MEMBERS_H
#define ONCED_CLI_MEMBERS_H

#include "cli/ask.h"
#include "config/config.h"
#include "port/broker.h"

struct members;

/* Opens, initialises and subscribes one member per worker. STOP 69 at the deadline. */
int members_open(const struct config *config, const struct pipeline *pipeline,
	const struct ask *ask, struct members **ret, struct err *err) CHECKED;
void members_close(struct members *members); /* NULL is fine */

/* A broker to ask for facts. Borrowed. */
struct broker *members_broker(struct members *members);

/* Waits until each of the offsets' partitions is assigned to one of the members. STOP 69 at the
 * deadline: another host is in the group. */
int members_join(struct members *members, const struct tp_offset *offsets, size_t count,
	struct err *err) CHECKED;

/* Commits them, each by the member that has the partition. Not atomic over members; again is
 * harmless. */
int members_commit(struct members *members, const struct tp_offset *offsets, size_t count,
	struct err *err) CHECKED;

#endif
