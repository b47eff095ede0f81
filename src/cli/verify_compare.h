/*
 * verify_compare: expected against found, as a pure function of two lists. A record that says where
 * it is from (lineage, dead letters) is matched by that, its content then compared; the others as a
 * multiset of contents per topic.
 *
 *   missing     expected, not there
 *   repeated    there more often than expected
 *   altered     there, from the right source, with another content
 *   unexpected  there, and nothing asks for it
 *   disordered  there, behind a later one of the same source partition (by_source only)
 */
#ifndef ONCED_CLI_VERIFY_COMPARE_H
#define ONCED_CLI_VERIFY_COMPARE_H

#include "cli/verify_list.h"

#define VERIFY_FINDINGS_MAX 100

enum verify_kind {
	VERIFY_MISSING,
	VERIFY_REPEATED,
	VERIFY_ALTERED,
	VERIFY_UNEXPECTED,
	VERIFY_DISORDERED,
	VERIFY_KINDS,
};

/* What was read of one input partition: offsets start <= offset < end. Found outputs from outside
 * are not judged. */
struct verify_range {
	uint16_t topic;
	int32_t partition;
	int64_t start, end;
};

struct verify_finding {
	enum verify_kind kind;
	struct verify_item item; /* MISSING: the expected one, else the found one */
};

struct verify_report {
	uint64_t counts[VERIFY_KINDS];
	uint64_t before;  /* found, from below the ranges: not checkable */
	uint64_t after;   /* found, from above the ranges: committed while we read */
	uint64_t foreign; /* found, with lineage on, but without a source of ours */
	struct verify_finding findings[VERIFY_FINDINGS_MAX]; /* the first ones */
	size_t finding_count;
};

/* Sorts both lists. lineage: the pipeline's. */
void verify_compare(struct verify_list *expected, struct verify_list *found,
	const struct verify_range *ranges, size_t range_count, bool lineage,
	struct verify_report *ret);

const char *verify_kind_name(enum verify_kind kind);

#endif
