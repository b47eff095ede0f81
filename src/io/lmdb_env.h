/*
 * lmdb_env: what the files of the LMDB store share: one environment, opened once, its lock, its
 * partitions in memory, and the queue to its checkpointer. lmdb_env.c opens, checks and closes;
 * lmdb_store.c is a worker's handle; lmdb_checkpoint.c the thread that writes; lmdb_sweep.c
 * lets expired entries go. Nobody else includes this header.
 *
 * Rules of LMDB that hold here: the environment is opened once per process (the flock sees to
 * it); a write transaction stays in its thread; read transactions are MDB_NOTLS, each guarded by
 * its reader's lock, and never grow old: the checkpointer resets all of them after each of its
 * commits.
 *
 * Locks, in this order: LMDB's write transaction, env->mutex, reader->lock.
 */
#ifndef ONCED_IO_LMDB_ENV_H
#define ONCED_IO_LMDB_ENV_H

#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>

#include "io/lmdb_codec.h"
#include "io/lmdb_store.h"

#define LMDB_ENV_MAP_BYTES ((size_t)1 << (sizeof(size_t) > 4 ? 34 : 30)) /* 16 GiB; 32 bit: 1 */
#define LMDB_ENV_READERS_MAX 512 /* handles, and tools that look in */
#define LMDB_ENV_AHEAD_BYTES ((size_t)16 << 20)

/* A partition in memory. All that is known to the environment are here, those of other groups too:
 * what is not here is nobody's and is swept. */
struct lmdb_part {
	uint8_t key[LMDB_CODEC_PARTITION_KEY_MAX];
	size_t key_len;
	uint32_t id;    /* 0 = its row is being written */
	uint64_t owner; /* of this process; 0 = not acquired yet */
	int64_t t;      /* T of its K on disk; INT64_MIN = no K: nothing is expired */
	int64_t v;      /* the window of its K on disk */
};

/* A handle's read transaction. */
struct lmdb_reader {
	pthread_mutex_t lock;
	MDB_txn *txn; /* owned; made once, then reset and renewed */
	bool live;    /* renewed and not reset: it pins pages */
	struct lmdb_reader *next;
};

enum lmdb_job_state { LMDB_JOB_NONE, LMDB_JOB_QUEUED, LMDB_JOB_DONE };

/* A checkpoint. Its fields belong to the worker in NONE and DONE, to the checkpointer in QUEUED. */
struct lmdb_job {
	enum lmdb_job_state state; /* under env->mutex */
	const struct overlay *frozen;
	const struct store_partition *partitions;
	size_t count;
	int rc; /* 0 or -1 with err */
	struct err err;
	struct lmdb_job *next;
};

/* Where the cyclic look at the entries stopped. The checkpointer's alone. */
struct lmdb_sweep {
	bool begun;
	uint8_t next[LMDB_CODEC_ENTRY_KEY_BYTES];
};

struct lmdb_env {
	char *dir; /* owned, like group */
	char *group;
	int dir_fd;  /* -1 = not open, like lock_fd */
	int lock_fd; /* flock'ed as long as it is open */
	void (*report)(const char *pipeline_dir, const char *what);
	size_t map_bytes;
	MDB_env *mdb;
	MDB_dbi meta, partitions, dedup;
	uint8_t secret[HASH_KEY_BYTES];
	_Atomic bool corrupt; /* flagged: every call fails from here on */

	pthread_mutex_t mutex;
	struct lmdb_part *parts; /* mutex; owned array */
	size_t part_count, part_capacity;
	struct lmdb_reader *readers; /* mutex; borrowed from the handles */
	struct lmdb_job *queue;      /* mutex; first come, first served */
	bool stopping;               /* mutex */
	pthread_cond_t work, done;

	pthread_t thread;
	bool thread_runs;
	struct lmdb_sweep sweep;
};

/* Fails if the environment was found corrupt before. */
int lmdb_env_check(struct lmdb_env *env, const char *what, struct err *err) CHECKED;

/* Translates rc; a corrupt environment is flagged, so that the next open moves it aside. Returns
 * -1. Thread: any, no lock held but a write transaction. */
int lmdb_env_fail(struct lmdb_env *env, int rc, const char *what, struct err *err);

/* A write transaction. Blocks while another thread has one. Returns 0 or LMDB's code. */
int lmdb_env_write_begin(struct lmdb_env *env, MDB_txn **ret);

/* The partition's row. Returns 0, MDB_NOTFOUND, MDB_CORRUPTED (its checksum is wrong) or another
 * code of LMDB. */
int lmdb_env_partition_get(struct lmdb_env *env, MDB_txn *txn, struct bytes key,
			   struct lmdb_codec_partition *ret);
int lmdb_env_partition_put(struct lmdb_env *env, MDB_txn *txn, struct bytes key,
			   const struct lmdb_codec_partition *partition);

/* A number that was never used before. */
int lmdb_env_next_id(struct lmdb_env *env, MDB_txn *txn, uint32_t *ret);

/* Under env->mutex. NULL if there is none; borrowed until the mutex is let go. */
struct lmdb_part *lmdb_env_part_by_key(struct lmdb_env *env, struct bytes key);
struct lmdb_part *lmdb_env_part_by_id(struct lmdb_env *env, uint32_t id);
/* Finds or adds. */
struct lmdb_part *lmdb_env_part_add(struct lmdb_env *env, struct bytes key);

#endif
