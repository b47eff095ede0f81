/* overlay: see overlay.h. Linear probing; ids are keyed hashes already, so eight of their bytes
 * are the hash of the slot. */
#include "core/overlay.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"

#define CAPACITY_MIN ((size_t)256)

void overlay_init(struct overlay *overlay)
{
	memset(overlay, 0, sizeof(*overlay));
}

void overlay_fini(struct overlay *overlay)
{
	free(overlay->slots);
	overlay_init(overlay);
}

static size_t slot_of(size_t capacity, uint32_t part, const struct hash128 *id)
{
	uint64_t bits;

	memcpy(&bits, id->bytes, sizeof(bits));
	return (size_t)(bits ^ ((uint64_t)part * 0x9E3779B97F4A7C15ull)) & (capacity - 1);
}

/* The slot that holds (part, id), or the free one where it belongs. */
static struct overlay_item *probe(const struct overlay *overlay, uint32_t part,
				  const struct hash128 *id)
{
	size_t i = slot_of(overlay->capacity, part, id);

	for (;;) {
		struct overlay_item *item = &overlay->slots[i];

		if (item->part == 0 ||
		    (item->part == part && memcmp(&item->id, id, sizeof(*id)) == 0))
			return item;
		i = (i + 1) & (overlay->capacity - 1);
	}
}

const struct entry *overlay_get(const struct overlay *overlay, uint32_t part,
				const struct hash128 *id)
{
	const struct overlay_item *item;

	must(part > 0);
	if (overlay->count == 0)
		return NULL;
	item = probe(overlay, part, id);
	return item->part ? &item->entry : NULL;
}

static void grow(struct overlay *overlay)
{
	struct overlay larger = {0};

	larger.capacity = overlay->capacity ? overlay->capacity * 2 : CAPACITY_MIN;
	larger.slots = calloc(larger.capacity, sizeof(*larger.slots));
	must(larger.slots != NULL);
	for (size_t i = 0; i < overlay->capacity; i++) {
		const struct overlay_item *item = &overlay->slots[i];

		if (item->part)
			*probe(&larger, item->part, &item->id) = *item;
	}
	larger.count = overlay->count;
	free(overlay->slots);
	*overlay = larger;
}

bool overlay_put(struct overlay *overlay, uint32_t part, const struct hash128 *id,
		 struct entry entry, struct entry *ret_old)
{
	struct overlay_item *item;

	must(part > 0);
	if ((overlay->count + 1) * 2 > overlay->capacity)
		grow(overlay);
	item = probe(overlay, part, id);
	if (item->part) {
		if (ret_old)
			*ret_old = item->entry;
		item->entry = entry;
		return true;
	}
	item->part = part;
	item->id = *id;
	item->entry = entry;
	overlay->count++;
	must(overlay->count < overlay->capacity);
	return false;
}

void overlay_merge(struct overlay *to, struct overlay *from)
{
	const struct overlay_item *item;

	must(to != from);
	if (to->count == 0) {
		struct overlay empty = *to;

		*to = *from;
		*from = empty;
		return;
	}
	for (item = overlay_next(from, NULL); item; item = overlay_next(from, item))
		(void)overlay_put(to, item->part, &item->id, item->entry, NULL);
	overlay_clear(from);
}

void overlay_move(struct overlay *to, struct overlay *from, uint32_t part)
{
	const struct overlay_item *item;

	must(to != from);
	for (item = overlay_next(from, NULL); item; item = overlay_next(from, item))
		if (item->part == part)
			(void)overlay_put(to, part, &item->id, item->entry, NULL);
	overlay_drop(from, part);
}

void overlay_drop(struct overlay *overlay, uint32_t part)
{
	struct overlay kept = {0};
	const struct overlay_item *item;

	for (item = overlay_next(overlay, NULL); item; item = overlay_next(overlay, item))
		if (item->part != part)
			(void)overlay_put(&kept, item->part, &item->id, item->entry, NULL);
	free(overlay->slots);
	*overlay = kept;
}

void overlay_clear(struct overlay *overlay)
{
	if (overlay->count)
		memset(overlay->slots, 0, overlay->capacity * sizeof(*overlay->slots));
	overlay->count = 0;
}

size_t overlay_bytes(const struct overlay *overlay)
{
	return overlay->capacity * sizeof(*overlay->slots);
}

const struct overlay_item *overlay_next(const struct overlay *overlay,
					const struct overlay_item *item)
{
	size_t i = item ? (size_t)(item - overlay->slots) + 1 : 0;

	for (; i < overlay->capacity; i++)
		if (overlay->slots[i].part)
			return &overlay->slots[i];
	return NULL;
}
