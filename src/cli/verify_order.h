/*
 * verify_order: what the place of an output says, while the output partitions are read from their
 * beginnings: is it behind a later one of the same source partition, and from which offset on is a
 * source's output partition complete, although older outputs are deleted? One small entry for each
 * pair of output and source partition, however many records there are.
 *
 * Thread: main. Pure.
 */
#ifndef ONCED_CLI_VERIFY_ORDER_H
#define ONCED_CLI_VERIFY_ORDER_H

#include "cli/verify_item.h"
#include "cli/verify_parts.h"

struct verify_order_slot {
	bool used;
	uint8_t topic;
	int32_t partition;
	uint32_t part;        /* the source's, an index into the parts */
	int32_t latest_index; /* the latest source seen so far: offset, output */
	int64_t latest;
	int64_t first; /* source offset of the first output that is there */
};

struct verify_order {
	struct verify_order_slot *slots; /* owned; capacity is a power of two, 0 = none yet */
	size_t capacity, count;
};

void verify_order_fini(struct verify_order *order);

/* The next output of its partition, one that says its source, which is `part`. True: it lies
 * behind a later one. */
bool verify_order_see(struct verify_order *order, const struct verify_item *item, uint32_t part);

/* What may have been there and be deleted by now. */
struct verify_loss {
	/* Topics of which something is deleted. An output that does not say its source may have
	 * been among it. */
	bool cut[TARGETS_MAX + 1];
	/* Of outputs that say it: by topic * parts + part: from that source offset on all must be
	 * there, because something at or below it is. Owned. */
	int64_t *sure_from;
	size_t part_count;
};

void verify_loss_init(struct verify_loss *loss, const struct verify_order *order,
		      const struct verify_parts *parts);
void verify_loss_fini(struct verify_loss *loss);

/* An expected output that is not there: may it have been deleted? */
bool verify_loss_explains(const struct verify_loss *loss, const struct verify_item *item,
			  uint32_t part);

#endif
