/*
 * check_print: what `onced check` says of a configuration that is right: a line or two for each
 * pipeline; verbose: every setting with where it comes from, its default and its limits. No secret
 * is among them.
 *
 * Thread: main. Blocks: as the stream does.
 */
#ifndef ONCED_CLI_CHECK_PRINT_H
#define ONCED_CLI_CHECK_PRINT_H

#include <stdio.h>

#include "config/config.h"
#include "run/memory.h"

void check_print(FILE *out, const struct config *config, int64_t workers,
		 const struct memory_share *share, bool verbose);

#endif
