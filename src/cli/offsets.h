/*
 * offsets: the two halves of `onced offsets`. Both return the exit code and print.
 */
#ifndef ONCED_CLI_OFFSETS_H
#define ONCED_CLI_OFFSETS_H

#include "config/config.h"

/* Where each partition of the pipeline stands, and what the daemon would do. Changes nothing. */
int offsets_show(const struct config *config, const struct pipeline *pipeline, int64_t timeout_ms);

/* Takes C as it stands for the truth: new M, everything below C as seen. only: "TOPIC/PARTITION"
 * each; none = all partitions that have a committed offset, or a local state that remembers one. */
int offsets_accept(const struct config *config, const struct pipeline *pipeline,
	char *const *only, size_t only_count, int64_t timeout_ms);

#endif
