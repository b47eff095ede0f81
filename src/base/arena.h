/*
 * arena: memory of one batch. A bump allocator: everything is given back at once by a reset,
 * after the commit or the abort. Blocks are kept over resets up to the limit, so that a steady
 * worker does not call malloc.
 *
 * Thread: its owner's only. Nothing blocks.
 */
#ifndef ONCED_BASE_ARENA_H
#define ONCED_BASE_ARENA_H

#include <stddef.h>

#include "base/bytes.h"

struct arena;

/* Limit: bytes kept over a reset. Aborts the process when malloc fails (as all start-up does). */
struct arena *arena_new(size_t kept_bytes_max);
void arena_free(struct arena *arena); /* NULL is fine */

/* Aligned to 16, never NULL (out of memory ends the process: the batch is replayed). Borrowed
 * until the next reset. */
void *arena_alloc(struct arena *arena, size_t size);

/* A copy in the arena; null stays null. */
struct bytes arena_copy(struct arena *arena, struct bytes bytes);

/* A NUL-terminated printf in the arena. */
char *arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Bytes handed out since the last reset: the batch counts this against its limit. */
size_t arena_used(const struct arena *arena);

/* Gives everything back; blocks beyond the kept limit return to malloc. */
void arena_reset(struct arena *arena);

#endif
