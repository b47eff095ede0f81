/*
 * lmdb_world: a state directory of its own for a test of the LMDB store, with the few calls that
 * every such test makes. All of them fail the test instead of returning an error, unless they say
 * so.
 */
#ifndef ONCED_TESTS_LMDB_WORLD_H
#define ONCED_TESTS_LMDB_WORLD_H

#include "io/lmdb_store.h"

struct lmdb_world {
	char root[64];    /* a fresh temporary directory */
	char dir[80];     /* the pipeline's, inside; made by the first open */
	size_t map_bytes; /* 0 = default */
	struct lmdb_env *env;
	struct store *store; /* one handle */
	struct overlay overlay;
	struct err err;
};

extern const struct tp lmdb_world_tp; /* payments/0 */

void lmdb_world_begin(struct lmdb_world *world);
void lmdb_world_end(struct lmdb_world *world); /* closes and deletes all */

/* Returns what lmdb_env_open returns, with world->err. */
int lmdb_world_try(struct lmdb_world *world);
void lmdb_world_open(struct lmdb_world *world); /* environment and handle */
void lmdb_world_close(struct lmdb_world *world);

/* Empties the directory; closed, it must have been opened before. */
void lmdb_world_wipe(struct lmdb_world *world);

/* What the environment reported since the last open: how often, and the last text. */
int lmdb_world_reports(void);
const char *lmdb_world_report(void);

void lmdb_world_path(const struct lmdb_world *world, const char *name, char path[160]);
bool lmdb_world_has(const struct lmdb_world *world, const char *name);
/* Directory entries that begin with aside-. */
int lmdb_world_asides(const struct lmdb_world *world);
/* Rows of the database `dedup`; the environment must be closed. */
size_t lmdb_world_rows(const struct lmdb_world *world);
/* What the file takes on disk, holes excluded. */
size_t lmdb_world_bytes(const struct lmdb_world *world);

/* The id that stands for a number. */
struct hash128 lmdb_world_id(uint64_t number);

struct store_part lmdb_world_acquire(struct lmdb_world *world, bool *ret_has,
				     struct checkpoint *ret_checkpoint);
void lmdb_world_put(struct lmdb_world *world, struct store_part part, uint64_t number, int64_t t);
/* The overlay with a K of x and T, as one checkpoint to its end; empties the overlay if it is on
 * disk. Returns what the poll returned, with world->err. */
int lmdb_world_checkpoint(struct lmdb_world *world, struct store_part part, int64_t x, int64_t t,
			  int64_t within_ms);
/* Is the number there? Its T in *ret_t (may be NULL). -1: the get failed, with world->err. */
int lmdb_world_get(struct lmdb_world *world, struct store_part part, uint64_t number,
		   int64_t *ret_t);

#endif
