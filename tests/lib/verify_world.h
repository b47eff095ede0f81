/*
 * verify_world: what must come out and what did, made by hand, for the tests of verify_compare. Two
 * input partitions from 5 to 5000, two output topics of three partitions.
 */
#ifndef ONCED_TESTS_LIB_VERIFY_WORLD_H
#define ONCED_TESTS_LIB_VERIFY_WORLD_H

#include "cli/verify_compare.h"

#define VERIFY_WORLD_RECORDS 20
#define VERIFY_WORLD_ITEMS_MAX 4096

/* What the tests look at and change; verify_world_sound makes all of it anew. */
struct verify_world {
	struct verify_item expected[VERIFY_WORLD_ITEMS_MAX], found[VERIFY_WORLD_ITEMS_MAX];
	size_t expected_count, found_count;
	struct verify_parts parts;
	bool lineage;
};

extern struct verify_world verify_world;
extern struct verify_report verify_world_report;

/* The i-th record's output, as found: from partition i % 2, offset 10 + i, at 100 + i. */
struct verify_item verify_world_item(bool by_source, int i);

/* That many records, all there. by_source: with lineage. */
void verify_world_sound(bool by_source, int records);
void verify_world_clear(void);

/* Judges it twice, with much memory and with hardly any; the reports must be the same. */
void verify_world_compare(void);

#endif
