/*
 * store: what a worker asks of the state on disk. A cache of what the input says, complete below
 * each partition's X, written only after Kafka committed: it may be behind, never ahead. Losing it
 * costs a replay, nothing else.
 *
 * A store handle belongs to one worker thread (LMDB's read transaction does); handles of one
 * pipeline share the environment and the checkpointer thread. Only checkpoint_start hands work to
 * another thread. Calls block for local disk reads; reset and crash_write wait for a local write.
 *
 * Errors by kind: RETRY, disk full or EIO: the worker goes on until its overlay is full, then
 * stops intake and tries again; STOP (73), the directory cannot be used at all. A corrupt or
 * foreign environment is no error at the opening: the adapter moves it aside and begins an empty
 * one. Found corrupt while in use it is STOP (70): the next opening moves it aside.
 */
#ifndef ONCED_PORT_STORE_H
#define ONCED_PORT_STORE_H

#include "base/err.h"
#include "core/overlay.h"
#include "core/recover.h"
#include "port/broker.h"
#include "port/hash.h"

/* Starts in which live records at `offset` entered the steps and no commit followed. Void unless
 * offset is the present C. */
struct crash_count {
	int64_t offset; /* -1 = none */
	int32_t count;
	int32_t limit; /* batch limit in force */
};

/* A partition as acquired. */
struct store_part {
	uint32_t id;    /* its number in this environment, >= 1; key of overlay and entries */
	uint64_t owner; /* raised by each acquire; a checkpoint with an older one is refused */
};

struct store_partition {
	struct store_part part;
	struct checkpoint checkpoint; /* X and the window as of the overlay it goes with */
};

struct store;

struct store_ops {
	/* The secret that keys this environment's ids: HASH_KEY_BYTES, borrowed for ever. */
	const uint8_t *(*secret)(struct store *store);
	/* Takes the partition over from whichever worker of this process held it. */
	int (*acquire)(struct store *store, struct tp tp, struct store_part *ret_part,
		       bool *ret_has, struct checkpoint *ret_checkpoint,
		       struct crash_count *ret_crashes, struct err *err);
	/* Has nobody else acquired it since? If somebody has, an id that get did not find may have
	 * been there, and a checkpoint that ended may have been refused: what rests on either must
	 * not be committed. Asks no disk. */
	bool (*owns)(struct store *store, const struct store_part *part);
	/* Forgets all entries and K of the partition at once (a new number; the old entries are
	 * swept later). Crash count stays. An older owner gets a number too, but nobody's: nothing
	 * of the newer one's is touched. */
	int (*reset)(struct store *store, struct tp tp, struct store_part *part, struct err *err);
	/* As of the last checkpoint this handle has seen (see checkpoint_poll). */
	int (*get)(struct store *store, uint32_t part, const struct hash128 *id, bool *ret_found,
		   struct entry *ret, struct err *err);
	/* The one write before a commit. */
	int (*crash_write)(struct store *store, struct tp tp, const struct crash_count *crashes,
			   struct err *err);
	/* Hands the frozen overlay and the partitions' new K to the checkpointer: all of it in one
	 * LMDB transaction. Both are borrowed until checkpoint_poll says done. One at a time.
	 * Entries with window_is_expired(v, entry, T), both as of their partition's own K, may go:
	 * never by another definition's window, as K may be wanted again. */
	void (*checkpoint_start)(struct store *store, const struct overlay *frozen,
				 const struct store_partition *partitions, size_t count);
	/* *ret_done: it ended. Returns 0: it is on disk and this handle sees it, or was refused for
	 * a partition with a newer owner, which `owns` tells before the next commit. -1 (RETRY,
	 * STOP): it ended too (*ret_done is true), it failed and nothing of it is on disk; start it
	 * again. wait: blocks until it ends. With none under way: done, 0. */
	int (*checkpoint_poll)(struct store *store, bool wait, bool *ret_done, struct err *err);
	void (*close)(struct store *store); /* waits for a checkpoint under way; NULL is fine */
};

struct store {
	const struct store_ops *ops;
};

#endif
