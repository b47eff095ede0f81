/* verify_print: what `onced verify` says, for people and for programs. Prints coordinates, never a
 * record's content. */
#ifndef ONCED_CLI_VERIFY_PRINT_H
#define ONCED_CLI_VERIFY_PRINT_H

#include "cli/verify_compare.h"
#include "cli/verify_read.h"

/* Nothing found, and everything could be checked? */
bool verify_print_is_ok(const struct verify_report *report, const struct verify_notes *notes);

void verify_print_text(const struct pipeline *pipeline, const struct verify_counts *counts,
	const struct verify_report *report, const struct verify_notes *notes);

/* One object on one line; docs/commands.md has its keys. */
void verify_print_json(const struct pipeline *pipeline, const struct verify_counts *counts,
	const struct verify_report *report, const struct verify_notes *notes);

#endif
