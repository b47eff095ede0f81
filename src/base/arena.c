/* arena: see arena.h. Blocks form a list; a reset keeps the first ones up to the limit. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/must.h"

#define BLOCK_BYTES ((size_t)256 * 1024)
#define ALIGNMENT ((size_t)16)

struct block {
	struct block *next;
	size_t size;
	_Alignas(16) unsigned char data[];
};

struct arena {
	struct block *first; /* owned list */
	struct block *current;
	size_t current_used;
	size_t used;
	size_t kept_bytes_max;
};

static struct block *block_new(size_t size)
{
	struct block *block = malloc(sizeof(*block) + size);

	must(block != NULL);
	block->next = NULL;
	block->size = size;
	return block;
}

struct arena *arena_new(size_t kept_bytes_max)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	must(arena != NULL);
	arena->kept_bytes_max = kept_bytes_max;
	arena->first = block_new(BLOCK_BYTES);
	arena->current = arena->first;
	return arena;
}

static void blocks_free(struct block *block)
{
	while (block) {
		struct block *next = block->next;

		free(block);
		block = next;
	}
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	blocks_free(arena->first);
	free(arena);
}

/* Makes room for size bytes: in the next kept block if it is large enough, else in a new one put
 * in before it. */
static void arena_grow(struct arena *arena, size_t size)
{
	struct block *next = arena->current->next;

	if (!next || next->size < size) {
		struct block *block = block_new(size > BLOCK_BYTES ? size : BLOCK_BYTES);

		block->next = next;
		arena->current->next = block;
		next = block;
	}
	arena->current = next;
	arena->current_used = 0;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	size_t rounded = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	void *result;

	must(rounded >= size);
	if (rounded == 0)
		rounded = ALIGNMENT; /* never NULL, never shared */
	if (arena->current->size - arena->current_used < rounded)
		arena_grow(arena, rounded);
	result = arena->current->data + arena->current_used;
	arena->current_used += rounded;
	arena->used += rounded;
	return result;
}

struct bytes arena_copy(struct arena *arena, struct bytes bytes)
{
	void *copy;

	if (!bytes.data)
		return BYTES_NULL;
	copy = arena_alloc(arena, bytes.len);
	if (bytes.len)
		memcpy(copy, bytes.data, bytes.len);
	return bytes_of(copy, bytes.len);
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	must(len >= 0);
	text = arena_alloc(arena, (size_t)len + 1);
	va_start(args, format);
	(void)vsnprintf(text, (size_t)len + 1, format, args);
	va_end(args);
	return text;
}

size_t arena_used(const struct arena *arena)
{
	return arena->used;
}

void arena_reset(struct arena *arena)
{
	struct block *last = arena->first;
	size_t kept = last->size;

	while (last->next && kept + last->next->size <= arena->kept_bytes_max) {
		last = last->next;
		kept += last->size;
	}
	blocks_free(last->next);
	last->next = NULL;
	arena->current = arena->first;
	arena->current_used = 0;
	arena->used = 0;
}
