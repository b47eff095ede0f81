/*
 * overlay: a table (partition, id) -> entry in memory. Three of them stand between a record and the
 * store: the batch's write set, the active overlay (committed, not yet handed over) and the frozen
 * one (being checkpointed). Fixed-size keys and values, open addressing; its limit is the worker's.
 *
 * part is the store's number of the partition; ids are 128-bit hashes keyed with the store's
 * secret. Thread: its worker's; a frozen overlay is read by the checkpointer and by nobody changed.
 */
#ifndef ONCED_CORE_OVERLAY_H
#define ONCED_CORE_OVERLAY_H

#include <stdbool.h>
#include <stddef.h>

#include "core/window.h"
#include "port/hash.h"

struct overlay_item {
	struct hash128 id;
	uint32_t part; /* 0 = free slot; the store's numbers begin at 1 */
	uint32_t unused;
	struct entry entry;
};

struct overlay {
	struct overlay_item *slots; /* owned; capacity is a power of two, 0 = none yet */
	size_t capacity;
	size_t count;
};

void overlay_init(struct overlay *overlay);
void overlay_fini(struct overlay *overlay);

/* NULL if it is not there. Borrowed until the next put. */
const struct entry *overlay_get(const struct overlay *overlay, uint32_t part,
				const struct hash128 *id);

/* Sets the entry; returns true and the previous one in *ret_old (may be NULL) if there was one. */
bool overlay_put(struct overlay *overlay, uint32_t part, const struct hash128 *id,
		 struct entry entry, struct entry *ret_old);

/* All of `from` into `to`; `from` is empty afterwards and keeps its memory. */
void overlay_merge(struct overlay *to, struct overlay *from);

/* Only those of one partition. */
void overlay_move(struct overlay *to, struct overlay *from, uint32_t part);

/* Forgets one partition / everything, and then keeps the memory. */
void overlay_drop(struct overlay *overlay, uint32_t part);
void overlay_clear(struct overlay *overlay);

/* Memory it holds. */
size_t overlay_bytes(const struct overlay *overlay);

/* for (item = overlay_next(o, NULL); item; item = overlay_next(o, item)) */
const struct overlay_item *overlay_next(const struct overlay *overlay,
					const struct overlay_item *item);

#endif
