/*
 * expr_heap: the memory that libjq takes, by owner. A run that is thrown away leaves behind what
 * libjq held at that moment, and more references than there are to what it was given; and libjq 1.6
 * forgets to free something here and there. So each block is on the list of the heap that the
 * thread used when it was taken, and the owner of a heap can give back all of it without libjq.
 *
 * A block that is on a list stands 24 bytes into what malloc gave: at 8 modulo 16, where malloc
 * gives none (libjq needs no more than an alignment of 8). That tells it from memory that libjq got
 * from strdup, or while no heap was in use, and gives back in the same way. What libjq gives back
 * by free() itself must not be on a list: there are two such, see take_foreign and resize_stack in
 * expr_hooks.c.
 *
 * Thread: a heap belongs to one thread at a time.
 */
#ifndef ONCED_IO_EXPR_HEAP_H
#define ONCED_IO_EXPR_HEAP_H

#include <stdbool.h>
#include <stddef.h>

struct expr_block {
	struct expr_block *next;
	struct expr_block *prev;
	struct expr_heap *heap;
};

/* Must not move. */
struct expr_heap {
	struct expr_block ring; /* the newest first */
	size_t count;
};

void expr_heap_init(struct expr_heap *heap);

/* Blocks are taken from this heap from now on; NULL: from none. Returns what was in use before. */
struct expr_heap *expr_heap_use(struct expr_heap *heap);

/* As malloc, calloc, realloc, free. A block stays in the heap it was taken from. */
void *expr_heap_alloc(size_t size);
void *expr_heap_zeroed(size_t size);
void *expr_heap_realloc(void *pointer, size_t size);
void expr_heap_free(void *pointer); /* NULL is fine */

/* The bytes that can be used at pointer; 0 = of no heap. NULL is fine. */
size_t expr_heap_size(void *pointer);

/* Gives back every block. */
void expr_heap_clear(struct expr_heap *heap);

/* Between the two: gives back, or keeps, the blocks that were taken since. The mark is the caller's
 * and must not move. */
void expr_heap_mark(struct expr_heap *heap, struct expr_block *mark);
void expr_heap_unmark(struct expr_heap *heap, struct expr_block *mark, bool keep);

#endif
