/*
 * verify_sort: puts any number of small items of one size in order, within a budget of memory:
 * what does not fit goes to a temporary file in sorted runs, which are merged when they are read
 * back. The file has no name, so that nothing is left of it, however the process ends. It holds
 * what the items hold: hashes and coordinates, never a record.
 *
 * Thread: its owner's. Blocks: local disk. Errors: STOP (70), the temporary file: disk full, no
 * such directory.
 */
#ifndef ONCED_CLI_VERIFY_SORT_H
#define ONCED_CLI_VERIFY_SORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

typedef int verify_sort_compare(const void *left, const void *right);

struct verify_sort_run;

struct verify_sort {
	/* given by its owner */
	size_t item_bytes;
	size_t memory_bytes; /* half for the items, as qsort needs the other half */
	verify_sort_compare *compare;
	const char *dir; /* for the temporary file; borrowed */
	/* its own; all zero at first */
	char *items;
	size_t count, room; /* of items; room grows up to what the budget allows */
	uint64_t total;     /* added since the beginning */
	int fd;             /* valid while there are runs */
	struct verify_sort_run *runs;
	size_t run_count;
	size_t *heap; /* runs by their next item, the least first */
	size_t heap_count;
	size_t at; /* without runs: the next of items */
};

int verify_sort_add(struct verify_sort *sort, const void *item, struct err *err) CHECKED;

/* No more is added; the first item is next. */
int verify_sort_end(struct verify_sort *sort, struct err *err) CHECKED;

/* The next item in order, borrowed until the next call; NULL at the end. */
int verify_sort_next(struct verify_sort *sort, const void **ret, struct err *err) CHECKED;

/* Forgets all items; the owner's fields stay. */
void verify_sort_clear(struct verify_sort *sort);

/* Where temporary files go: $TMPDIR, or /var/tmp. */
const char *verify_sort_dir(void);

#endif
