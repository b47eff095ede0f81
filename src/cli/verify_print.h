/* verify_print: what `onced verify` says, for people and for programs. Prints coordinates, never a
 * record's content. */
#ifndef ONCED_CLI_VERIFY_PRINT_H
#define ONCED_CLI_VERIFY_PRINT_H

#include "cli/verify_compare.h"
#include "cli/verify_model.h"

struct verify_result {
	const struct pipeline *pipeline;
	struct verify_counts counts;
	struct verify_report report;
	struct verify_notes notes;
};

enum verify_verdict { VERIFY_OK, VERIFY_FOUND, VERIFY_NOT_CHECKABLE };

/* FOUND outranks NOT_CHECKABLE: something is wrong, whatever else there may be. */
enum verify_verdict verify_verdict(const struct verify_result *result);

void verify_print_text(const struct verify_result *result);

/* One object on one line; docs/commands.md has its keys. */
void verify_print_json(const struct verify_result *result);

#endif
