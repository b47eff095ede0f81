/*
 * verify_compare: expected against found, both in order and read once. A record that says where it
 * is from (lineage, dead letters) is matched by that, its content then compared; the others as a
 * multiset of contents per topic.
 *
 *   missing     expected, not there
 *   repeated    there more often than expected
 *   altered     there, from the right source, with another content
 *   unexpected  there, and nothing asks for it
 *   disordered  there, behind a later one of the same source partition (by_source only; found
 *               while reading, by verify_order)
 *
 * What cannot be judged is counted by itself and is never a finding: see struct verify_report.
 *
 * Thread: main. Blocks and fails as verify_sort does.
 */
#ifndef ONCED_CLI_VERIFY_COMPARE_H
#define ONCED_CLI_VERIFY_COMPARE_H

#include "cli/verify_order.h"
#include "cli/verify_sort.h"

#define VERIFY_EXAMPLES_MAX 20 /* of each kind */

enum verify_kind {
	VERIFY_MISSING,
	VERIFY_REPEATED,
	VERIFY_ALTERED,
	VERIFY_UNEXPECTED,
	VERIFY_DISORDERED,
	VERIFY_KINDS,
};

struct verify_report {
	uint64_t counts[VERIFY_KINDS];
	/* The first ones: MISSING: the expected item, else the found one. */
	struct verify_item examples[VERIFY_KINDS][VERIFY_EXAMPLES_MAX];
	uint64_t maybe_missing; /* not there, but may be deleted, or the repeat of deleted input */
	uint64_t maybe_ours;    /* there; what it comes from is deleted or cannot be judged */
	uint64_t foreign;       /* there, with lineage on, but without a source of ours: fine */
	uint64_t refused;       /* dead letters that no model can know: the broker refused what
				   their sources gave; fine */
};

/* Sources whose results the broker may have refused: what is missing of them is not. Beyond some
 * million of them the rest is forgotten: then it is found missing. */
struct verify_refused {
	struct verify_refused_source {
		int64_t offset;
		uint32_t part;
	} * all; /* owned */
	size_t count, room;
};

void verify_refused_fini(struct verify_refused *refused);

/* For each found item, as they are read: one output partition's in the order of their offsets. What
 * its place says, and what it tells of its source. Finds DISORDERED. */
void verify_report_place(struct verify_report *report, const struct verify_parts *parts,
			 struct verify_order *order, struct verify_refused *refused,
			 const struct verify_item *item);

struct verify_compare_in {
	struct verify_sort *expected, *found; /* of verify_items, ended; in verify_compare_items' */
	const struct verify_parts *parts;
	const struct verify_loss *loss;
	struct verify_refused *refused; /* gets sorted */
	bool lineage;
};

/* Adds to *report. */
int verify_compare(const struct verify_compare_in *in, struct verify_report *report,
		   struct err *err) CHECKED;

/* The order of both: what is to be matched lies together. */
int verify_compare_items(const void *left, const void *right);

void verify_report_find(struct verify_report *report, enum verify_kind kind,
			const struct verify_item *item);
const char *verify_kind_name(enum verify_kind kind);

#endif
