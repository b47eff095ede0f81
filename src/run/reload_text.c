/* reload_text: see reload_text.h. */
#include "run/reload_text.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/must.h"

void reload_text_summary(const struct diff *diff, char text[RELOAD_TEXT_MAX])
{
	size_t same = 0, added = 0, changed = 0, removed = 0;

	for (size_t i = 0; i < diff->count; i++) {
		switch (diff->items[i].kind) {
		case DIFF_SAME:
			same++;
			break;
		case DIFF_ADDED:
			added++;
			break;
		case DIFF_REMOVED:
			removed++;
			break;
		case DIFF_CHANGED:
		case DIFF_REBUILT:
		case DIFF_GROUP:
			changed++;
			break;
		}
	}
	(void)snprintf(text, RELOAD_TEXT_MAX, "%zu unchanged, %zu added, %zu changed, %zu removed",
		       same, added, changed, removed);
}

/* (commit.every and 2 more) */
static void keys_text(const struct diff_item *item, char *text, size_t size)
{
	if (item->key_count > 1)
		(void)snprintf(text, size, "%s and %zu more", item->key, item->key_count - 1);
	else
		(void)snprintf(text, size, "%s", item->key ? item->key : "its prefix");
}

void reload_text_item(const struct diff_item *item, const char *anew, bool parked, int64_t records,
		      char text[RELOAD_TEXT_MAX])
{
	char keys[RELOAD_TEXT_MAX / 2];
	int length;

	keys_text(item, keys, sizeof(keys));
	switch (item->kind) {
	case DIFF_SAME:
		if (parked)
			(void)snprintf(text, RELOAD_TEXT_MAX,
				       "unchanged; it was stopped, and begins anew");
		else if (anew)
			(void)snprintf(text, RELOAD_TEXT_MAX,
				       "unchanged; begins anew with its state, because of `%s`",
				       anew);
		else
			(void)snprintf(text, RELOAD_TEXT_MAX, "unchanged");
		return;
	case DIFF_ADDED:
		(void)snprintf(text, RELOAD_TEXT_MAX, "added");
		return;
	case DIFF_REMOVED:
		(void)snprintf(text, RELOAD_TEXT_MAX, "removed");
		return;
	case DIFF_CHANGED:
		(void)snprintf(text, RELOAD_TEXT_MAX, "changed (%s): goes on %s", keys,
			       item->after->pipeline.dedup_index >= 0 ? "with its state"
								      : "where it stands");
		return;
	case DIFF_GROUP:
		(void)snprintf(text, RELOAD_TEXT_MAX,
			       "changed (%s): begins where the group %s stands", keys,
			       item->after->pipeline.group);
		return;
	case DIFF_REBUILT:
		length = snprintf(text, RELOAD_TEXT_MAX,
				  "changed (%s): its state is rebuilt by replay", keys);
		must(length > 0 && length < RELOAD_TEXT_MAX);
		if (records >= 0)
			(void)snprintf(text + length, RELOAD_TEXT_MAX - (size_t)length,
				       ", about %" PRId64 " records to read", records);
		return;
	}
	must(false && "a kind of difference");
}
