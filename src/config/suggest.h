/* suggest: "did you mean": the nearest of some words by edit distance. Pure. */
#ifndef ONCED_CONFIG_SUGGEST_H
#define ONCED_CONFIG_SUGGEST_H

#include <stddef.h>

struct suggest {
	const char *word; /* what was written; borrowed */
	const char *best; /* nearest so far, near enough to be meant; NULL = none; borrowed */
	size_t distance;
};

struct suggest suggest_begin(const char *word);
void suggest_offer(struct suggest *suggest, const char *candidate);

/* Insertions, deletions, replacements and swaps of neighbours, case ignored. */
size_t suggest_distance(const char *a, const char *b);

#endif
