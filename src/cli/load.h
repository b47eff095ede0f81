/*
 * load: the configuration for a subcommand: files in, config or printed errors out.
 *
 * Thread: main. Blocks: reads local files, compiles every expression once.
 */
#ifndef ONCED_CLI_LOAD_H
#define ONCED_CLI_LOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"

/* Arguments that end in .yaml or .yml are pipeline files, the others are names of pipelines. */
struct load_request {
	const char *file; /* -c; NULL = the default */
	char *const *args;
	size_t arg_count;
};

/* 0 and *ret (config_free), or the exit code (78; 70 if the expression engine does not start) with
 * everything that is wrong on stderr. Warnings go to stderr too. */
int load_config(const struct load_request *request, struct config **ret);

/* Of this host, in static memory; NULL = it has none. Thread: main. */
const char *load_machine_id(void);

bool load_is_file(const char *arg);

/* 0, or 64 when an argument of a command that takes files only is none; said on stderr. */
int load_only_files(const char *command, const struct load_request *request);

/* The pipeline that an argument means: by name, or by the file that it names. NULL: said on stderr.
 */
const struct pipeline *load_find(const struct config *config, const char *arg);

/* "30", "30s", "2m", "500ms"; -1 = not a duration from 1 ms to an hour. */
long load_timeout_ms(const char *text);

#endif
