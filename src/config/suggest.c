/* suggest: see suggest.h. Optimal string alignment over three rows. */
#include "config/suggest.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

/* Longer words have no typo: they are something else. */
#define WORD_MAX 80

static size_t least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

static int lower(char c)
{
	return tolower((unsigned char)c);
}

size_t suggest_distance(const char *a, const char *b)
{
	size_t rows[3][WORD_MAX + 1];
	size_t a_len = strlen(a), b_len = strlen(b);

	if (a_len > WORD_MAX || b_len > WORD_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *now = rows[i % 3], *before = rows[(i + 2) % 3];
		const size_t *earlier = rows[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t differs = lower(a[i - 1]) != lower(b[j - 1]);

			now[j] = least(before[j] + 1, now[j - 1] + 1, before[j - 1] + differs);
			if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
			    lower(a[i - 2]) == lower(b[j - 1]) && earlier[j - 2] + 1 < now[j])
				now[j] = earlier[j - 2] + 1;
		}
	}
	return rows[a_len % 3][b_len];
}

struct suggest suggest_begin(const char *word)
{
	return (struct suggest){.word = word, .best = NULL, .distance = SIZE_MAX};
}

void suggest_offer(struct suggest *suggest, const char *candidate)
{
	size_t distance = suggest_distance(suggest->word, candidate);
	/* A third of the word may be wrong, but never all of it. */
	size_t near = strlen(candidate) / 3 > 1 ? strlen(candidate) / 3 : 1;

	if (strlen(candidate) < 3 && distance > 0)
		return;
	/* "warn" for "warning" */
	if (strlen(suggest->word) >= 3 &&
	    strncmp(candidate, suggest->word, strlen(suggest->word)) == 0 && distance > near)
		distance = near;
	if (distance <= near && distance < suggest->distance) {
		suggest->distance = distance;
		suggest->best = candidate;
	}
}
