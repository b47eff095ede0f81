/* verify_order: see verify_order.h. */
#include "cli/verify_order.h"

#include <stdlib.h>

#include "base/must.h"

#define CAPACITY_MIN ((size_t)64)
#define NOT_THERE INT64_MAX

void verify_order_fini(struct verify_order *order)
{
	free(order->slots);
	*order = (struct verify_order){0};
}

static struct verify_order_slot *probe(const struct verify_order *order, uint8_t topic,
				       int32_t partition, uint32_t part)
{
	uint64_t hash = ((uint64_t)part << 32 | (uint32_t)partition) ^ (uint64_t)topic << 24;
	size_t i = (size_t)((hash * 0x9E3779B97F4A7C15ull) >> 20) & (order->capacity - 1);

	for (;; i = (i + 1) & (order->capacity - 1)) {
		struct verify_order_slot *slot = &order->slots[i];

		if (!slot->used ||
		    (slot->topic == topic && slot->partition == partition && slot->part == part))
			return slot;
	}
}

static void grow(struct verify_order *order)
{
	struct verify_order larger = {0};

	larger.capacity = order->capacity ? order->capacity * 2 : CAPACITY_MIN;
	larger.count = order->count;
	larger.slots = calloc(larger.capacity, sizeof(*larger.slots));
	must(larger.slots != NULL);
	for (size_t i = 0; i < order->capacity; i++) {
		const struct verify_order_slot *slot = &order->slots[i];

		if (slot->used)
			*probe(&larger, slot->topic, slot->partition, slot->part) = *slot;
	}
	free(order->slots);
	*order = larger;
}

bool verify_order_see(struct verify_order *order, const struct verify_item *item, uint32_t part)
{
	struct verify_order_slot *slot;

	must(item->by_source);
	if ((order->count + 1) * 2 > order->capacity)
		grow(order);
	slot = probe(order, item->topic, item->partition, part);
	if (!slot->used) {
		*slot = (struct verify_order_slot){.used = true,
						   .topic = item->topic,
						   .partition = item->partition,
						   .part = part,
						   .latest = item->source_offset,
						   .latest_index = item->source_index,
						   .first = item->source_offset};
		order->count++;
		return false;
	}
	if (item->source_offset < slot->latest ||
	    (item->source_offset == slot->latest && item->source_index < slot->latest_index))
		return true;
	slot->latest = item->source_offset;
	slot->latest_index = item->source_index;
	return false;
}

static int64_t first_of(const struct verify_order *order, const struct verify_output *output,
			uint32_t part)
{
	const struct verify_order_slot *slot;

	if (order->capacity == 0)
		return NOT_THERE;
	slot = probe(order, output->topic, output->span.tp.partition, part);
	return slot->used ? slot->first : NOT_THERE;
}

/* A log loses its beginning only, and in a partition the outputs of one source lie in its order: so
 * behind the first one that is there nothing is deleted. Where an output would have gone is not
 * known here, so it must be true of every partition of the topic that has lost something. A
 * compacted topic loses what it likes. */
void verify_loss_init(struct verify_loss *loss, const struct verify_order *order,
		      const struct verify_parts *parts)
{
	*loss = (struct verify_loss){.part_count = parts->count};
	loss->sure_from = calloc((TARGETS_MAX + 1) * parts->count + 1, sizeof(*loss->sure_from));
	must(loss->sure_from != NULL);
	for (size_t i = 0; i < parts->output_count; i++) {
		const struct verify_output *output = &parts->outputs[i];

		if (output->span.start == 0 && !output->compacted)
			continue;
		loss->cut[output->topic] = true;
		for (size_t part = 0; part < parts->count; part++) {
			int64_t *from = &loss->sure_from[output->topic * parts->count + part];
			int64_t first = output->compacted ? NOT_THERE
							  : first_of(order, output, (uint32_t)part);

			if (first == NOT_THERE)
				*from = NOT_THERE;
			else if (first + 1 > *from)
				*from = first + 1;
		}
	}
}

void verify_loss_fini(struct verify_loss *loss)
{
	free(loss->sure_from);
	loss->sure_from = NULL;
}

bool verify_loss_explains(const struct verify_loss *loss, const struct verify_item *item,
			  uint32_t part)
{
	if (!loss->cut[item->topic])
		return false;
	return !item->by_source ||
	       item->source_offset < loss->sure_from[item->topic * loss->part_count + part];
}
