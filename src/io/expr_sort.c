/* expr_sort: see expr_sort.h. */
#include "io/expr_sort.h"

#include <stdbool.h>
#include <string.h>

static void merge(char *to, const char *left, const char *middle, const char *right, size_t size,
		  int (*order)(const void *, const void *))
{
	const char *a = left, *b = middle;

	for (; a < middle || b < right; to += size) {
		bool take_a = b == right || (a < middle && order(a, b) <= 0);

		memcpy(to, take_a ? a : b, size);
		*(take_a ? &a : &b) += size;
	}
}

/* Merges runs of 1, 2, 4 ... elements to and fro between the array and the buffer. */
void expr_sort(void *base, size_t count, size_t size, int (*order)(const void *, const void *),
	       void *buffer)
{
	size_t bytes = count * size;
	char *from = base, *to = buffer;

	for (size_t run = size; run < bytes; run *= 2) {
		char *merged = to;

		for (size_t left = 0; left < bytes; left += 2 * run) {
			size_t middle = left + run < bytes ? left + run : bytes;
			size_t right = middle + run < bytes ? middle + run : bytes;

			merge(to + left, from + left, from + middle, from + right, size, order);
		}
		to = from;
		from = merged;
	}
	if (from != base)
		memcpy(base, from, bytes);
}
