/*
 * diff: what a reload from one configuration to another does to each pipeline. Goes by the settings
 * in force (those that `check -v` prints), so that no option can be forgotten, and neither comments
 * nor the order of keys nor the tests' records count. In `kafka:` the secrets count too.
 *
 * Pure but for memory. Thread: any.
 */
#ifndef ONCED_CONFIG_DIFF_H
#define ONCED_CONFIG_DIFF_H

#include "base/err.h"
#include "config/config.h"

enum diff_kind {
	DIFF_SAME,    /* nothing differs */
	DIFF_ADDED,   /* there was none of that name */
	DIFF_REMOVED, /* there is none any more */
	DIFF_CHANGED, /* goes on with its state, or has none */
	DIFF_REBUILT, /* its prefix is another, so its state is rebuilt by replay */
	DIFF_GROUP,   /* its group is another: it begins where that one stands */
};

struct diff_item {
	enum diff_kind kind;
	const struct pipeline_config *before; /* borrowed; NULL = ADDED */
	const struct pipeline_config *after;  /* borrowed; NULL = REMOVED */
	const char *key;  /* borrowed: the first setting that differs, or NULL */
	size_t key_count; /* how many differ */
};

struct diff {
	struct diff_item *items; /* owned: those of after in their order, then the removed ones */
	size_t count;
	const char
		*all; /* why all pipelines begin anew: `memory`, or a property of Kafka; or NULL */
};

/* -1: STOP (78), a key of the main file differs that a reload cannot change; the message names it.
 * Both configurations outlive *ret; free with diff_free. */
int diff_make(const struct config *before, const struct config *after, struct diff *ret,
	      struct err *err) CHECKED;
void diff_free(struct diff *diff); /* of zeroes is fine */

/* The item of a pipeline, by name; NULL if there is none. */
const struct diff_item *diff_find(const struct diff *diff, const char *pipeline);

/* Where a pipeline of this kind has state to rebuild: can the rebuild begin at the marker that is
 * committed with the offset, or must it begin further back, as the window is longer now? */
bool diff_needs_more_than_window(const struct diff_item *item);

#endif
