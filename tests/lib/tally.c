/* tally: see tally.h. */
#include "lib/tally.h"

#include <inttypes.h>
#include <stddef.h>

static int64_t counts[TALLY_KINDS];

static const char *const texts[TALLY_KINDS] = {
#define X(name, text) [TALLY_##name] = text,
	TALLIES(X)
#undef X
};

void tally(enum tally kind)
{
	counts[kind]++;
}

int64_t tally_of(enum tally kind)
{
	return counts[kind];
}

void tally_print(FILE *file)
{
	for (int i = 0; i < TALLY_KINDS; i++)
		(void)fprintf(file, "%10" PRId64 "  %s\n", counts[i], texts[i]);
}

const char *tally_missing(void)
{
	for (int i = 0; i < TALLY_KINDS; i++)
		if (counts[i] == 0)
			return texts[i];
	return NULL;
}
