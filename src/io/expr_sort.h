/*
 * expr_sort: a merge sort in memory that the caller gives. In the place of qsort while libjq sorts:
 * glibc's takes memory of its own, which a jump out of the comparison would leave behind.
 */
#ifndef ONCED_IO_EXPR_SORT_H
#define ONCED_IO_EXPR_SORT_H

#include <stddef.h>

/* As qsort, but stable. buffer: as large as the array; not touched if there are fewer than two
 * elements. */
void expr_sort(void *base, size_t count, size_t size, int (*order)(const void *, const void *),
	       void *buffer);

#endif
