/*
 * fake_store: the store port in memory. A fake_disk outlives its process; it can be copied, put
 * back later, given to another host or thrown away.
 */
#ifndef ONCED_TESTS_FAKE_STORE_H
#define ONCED_TESTS_FAKE_STORE_H

#include "port/store.h"
#include "lib/rng.h"

struct fake_disk;
struct fake_disk *fake_disk_new(void);
struct fake_disk *fake_disk_copy(const struct fake_disk *disk);
void fake_disk_free(struct fake_disk *disk);
/* K of a partition; false: there is none. */
bool fake_disk_checkpoint(const struct fake_disk *disk, struct tp tp, struct checkpoint *ret);
/* The entry of an id as the worker stores it; false: there is none. */
bool fake_disk_entry(const struct fake_disk *disk, struct tp tp, struct bytes id,
		     struct entry *ret);

/* process: dies with it (fake_kafka.h); NULL = it cannot die. fail: checkpoints that fail, per
 * mille. */
struct store *fake_store_new(struct fake_disk *disk, struct broker *process, uint64_t seed,
			     uint32_t fail);
/* Has an X ever been lower than the one before it, of the same generation and prefix? */
bool fake_disk_went_back(const struct fake_disk *disk);
/* Somebody found out why the process died. */
void fake_disk_forget_crashes(struct fake_disk *disk);
/* Every K becomes that of another log. */
void fake_disk_spoil(struct fake_disk *disk);
/* The process is gone: a checkpoint under way is on disk or it is not. Frees the handle. */
void fake_store_crash(struct store *store);

/* Reads that fail, per mille. */
void fake_store_fail_reads(struct store *store, uint32_t per_mille);
/* From here on nothing fails. */
void fake_store_heal(struct store *store);

#endif
