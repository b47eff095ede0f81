/* journal_known: see journal_known.h. */
#include "io/journal_known.h"

#include <string.h>

void journal_known_add(struct journal_known *known, int64_t offset,
		       const struct journal_place *place)
{
	known->recent[known->recent_at] = (struct journal_position){true, true, offset, *place};
	known->recent_at = (known->recent_at + 1) % JOURNAL_RECENT_MAX;
}

void journal_known_forget(struct journal_known *known)
{
	memset(known->recent, 0, sizeof(known->recent));
	known->recent_at = 0;
}

static bool is_it(const struct journal_position *position, int64_t offset)
{
	return position->is && position->placed && position->offset == offset;
}

const struct journal_place *journal_known_place(const struct journal_known *known, int64_t offset)
{
	for (size_t i = 1; i <= JOURNAL_RECENT_MAX; i++) {
		size_t at = (known->recent_at + JOURNAL_RECENT_MAX - i) % JOURNAL_RECENT_MAX;

		if (is_it(&known->recent[at], offset))
			return &known->recent[at].place;
	}
	if (is_it(&known->home, offset))
		return &known->home.place;
	if (is_it(&known->gap, offset))
		return &known->gap.place;
	return is_it(&known->first, offset) && !known->home.is ? &known->first.place : NULL;
}
