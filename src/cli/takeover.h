/*
 * takeover: what `offsets accept` and `offsets reset` have in common: the operator's word takes the
 * place of the daemon's. The state's lock keeps the daemon of this host out, and the group, joined
 * under the daemon's own names, those with the same names elsewhere. Facts are read after joining:
 * nobody can move C then. A crash on the way leaves some partitions done and others not: do it
 * again.
 *
 * Thread: main. Blocks: until the ask's deadline.
 */
#ifndef ONCED_CLI_TAKEOVER_H
#define ONCED_CLI_TAKEOVER_H

#include "cli/facts.h"
#include "cli/members.h"
#include "config/config.h"
#include "io/lmdb_store.h"

struct takeover {
	const struct pipeline *pipeline; /* borrowed */
	struct ask ask;
	struct lmdb_env *env;
	struct store *store;
	struct members *members;
	struct facts facts;
	bool *wanted; /* owned; one per part of the facts */
};

/* only: "TOPIC/PARTITION" each; none = all. Everything is locked, joined, read. STOP: 64, an
 * argument is no partition of the pipeline; 69; 73, a daemon holds the state. takeover_close also
 * after an error. */
int takeover_open(struct takeover *takeover, const struct config *config,
		  const struct pipeline *pipeline, char *const *only, size_t only_count,
		  int64_t timeout_ms, struct err *err) CHECKED;
void takeover_close(struct takeover *takeover);

struct broker *takeover_broker(struct takeover *takeover);

/* What is to be committed of one partition. */
struct takeover_commit {
	struct tp tp;
	int64_t offset;
	struct meta meta;
};

/* Commits, and forgets the starts that crashed on these partitions. RETRY and STOP (73): the latter
 * could not be written. */
int takeover_commit(struct takeover *takeover, const struct takeover_commit *commits, size_t count,
		    struct err *err) CHECKED;

/* Marks the parts that the arguments mean; *ret is owned by the caller. STOP 64. */
int takeover_choose(const struct facts *facts, char *const *only, size_t only_count, bool **ret,
		    struct err *err) CHECKED;

/* A new generation: the clock's, but later than every one that the partition is known to have had,
 * so that no older state or commit can be taken for it. */
int64_t takeover_generation(const struct recover_in *in);

#endif
