/*
 * reload_text: what a reload does, in words, for the log, STATUS and those who asked. Pure.
 */
#ifndef ONCED_RUN_RELOAD_TEXT_H
#define ONCED_RUN_RELOAD_TEXT_H

#include "config/diff.h"

#define RELOAD_TEXT_MAX 512

/* "1 unchanged, 0 added, 2 changed, 0 removed" */
void reload_text_summary(const struct diff *diff, char text[RELOAD_TEXT_MAX]);

/* What becomes of one pipeline, without its name. anew: why unchanged ones begin anew, or NULL.
 * parked: it stands. records: what a rebuild would read, -1 = not known. */
void reload_text_item(const struct diff_item *item, const char *anew, bool parked, int64_t records,
		      char text[RELOAD_TEXT_MAX]);

#endif
