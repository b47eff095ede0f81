/* expr_heap: see expr_heap.h. */
#include "io/expr_heap.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/must.h"

#define MALLOC_ALIGN 16
#define HEAD_BYTES sizeof(struct expr_block)

_Static_assert(HEAD_BYTES % MALLOC_ALIGN == 8, "the place tells the block from malloc's own");

static __thread struct expr_heap *in_use;

void expr_heap_init(struct expr_heap *heap)
{
	heap->ring = (struct expr_block){&heap->ring, &heap->ring, heap};
	heap->count = 0;
}

struct expr_heap *expr_heap_use(struct expr_heap *heap)
{
	struct expr_heap *before = in_use;

	in_use = heap;
	return before;
}

static inline bool is_listed(const void *pointer)
{
	return (uintptr_t)pointer % MALLOC_ALIGN == HEAD_BYTES % MALLOC_ALIGN;
}

static inline struct expr_block *block_of(void *pointer)
{
	return (struct expr_block *)((char *)pointer - HEAD_BYTES);
}

static inline void link_first(struct expr_heap *heap, struct expr_block *block)
{
	*block = (struct expr_block){heap->ring.next, &heap->ring, heap};
	block->next->prev = block;
	heap->ring.next = block;
}

static inline void unlink_block(struct expr_block *block)
{
	block->next->prev = block->prev;
	block->prev->next = block->next;
}

static void *list(struct expr_block *block)
{
	if (!block)
		return NULL;
	must((uintptr_t)block % MALLOC_ALIGN == 0);
	link_first(in_use, block);
	in_use->count++;
	return (char *)block + HEAD_BYTES;
}

void *expr_heap_alloc(size_t size)
{
	if (!in_use)
		return malloc(size);
	return size > SIZE_MAX - HEAD_BYTES ? NULL : list(malloc(size + HEAD_BYTES));
}

void *expr_heap_zeroed(size_t size)
{
	if (!in_use)
		return calloc(1, size);
	return size > SIZE_MAX - HEAD_BYTES ? NULL : list(calloc(1, size + HEAD_BYTES));
}

void *expr_heap_realloc(void *pointer, size_t size)
{
	struct expr_block *block;

	if (!pointer)
		return expr_heap_alloc(size);
	if (!is_listed(pointer))
		return realloc(pointer, size);
	if (size > SIZE_MAX - HEAD_BYTES)
		return NULL;
	block = realloc(block_of(pointer), size + HEAD_BYTES);
	if (!block)
		return NULL;
	block->next->prev = block;
	block->prev->next = block;
	return (char *)block + HEAD_BYTES;
}

void expr_heap_free(void *pointer)
{
	struct expr_block *block;

	if (!is_listed(pointer)) {
		free(pointer);
		return;
	}
	block = block_of(pointer);
	unlink_block(block);
	block->heap->count--;
	free(block);
}

size_t expr_heap_size(void *pointer)
{
	return is_listed(pointer) ? malloc_usable_size(block_of(pointer)) - HEAD_BYTES : 0;
}

static void clear_until(struct expr_heap *heap, const struct expr_block *end)
{
	struct expr_block *block = heap->ring.next;

	while (block != end) {
		struct expr_block *next = block->next;

		unlink_block(block);
		heap->count--;
		free(block);
		block = next;
	}
}

void expr_heap_clear(struct expr_heap *heap)
{
	clear_until(heap, &heap->ring);
	must(heap->count == 0);
}

void expr_heap_mark(struct expr_heap *heap, struct expr_block *mark)
{
	link_first(heap, mark);
}

void expr_heap_unmark(struct expr_heap *heap, struct expr_block *mark, bool keep)
{
	if (!keep)
		clear_until(heap, mark);
	unlink_block(mark);
}
