/*
 * lmdb_sweep: expired entries leave. Ids are hashes, so old entries lie anywhere: each checkpoint
 * looks at a few times as many entries as it put, from where the last one stopped, round and
 * round. So with a steady stream the entries on disk stay within the window's and a fraction of
 * it.
 *
 * On its way the sweep looks for damage: every row's checksum, their order, and for each page
 * whether its rows can be found from the root.
 *
 * An entry goes when its partition has no row any more (a reset gave it a new number), or when it
 * is expired by T and window of the partition's own K on disk, whoever works on it: another
 * definition's window has no say, as that K may be wanted again.
 */
#ifndef ONCED_IO_LMDB_SWEEP_H
#define ONCED_IO_LMDB_SWEEP_H

#include "io/lmdb_env.h"

#define LMDB_SWEEP_PER_PUT 4
#define LMDB_SWEEP_MIN 1000

/* What decides over a partition's entries. */
struct lmdb_sweep_part {
	uint32_t id;
	int64_t t; /* INT64_MIN: keep all */
	int64_t v;
};

/* parts: sorted by id. Thread: checkpointer, in its write transaction. Returns 0 or LMDB's code
 * (MDB_CORRUPTED: damage). A transaction that is aborted afterwards has moved
 * the position all the same: those entries are looked at again next time round. */
int lmdb_sweep_run(struct lmdb_env *env, MDB_txn *txn, const struct lmdb_sweep_part *parts,
		   size_t part_count, size_t look_max);

#endif
