/*
 * offsets: the parts of `onced offsets`. Each returns the exit code and prints.
 */
#ifndef ONCED_CLI_OFFSETS_H
#define ONCED_CLI_OFFSETS_H

#include "cli/reset_plan.h"
#include "config/config.h"

/* Where each partition of the pipeline stands, and what the daemon would do. Changes nothing. */
int offsets_show(const struct config *config, const struct pipeline *pipeline, int64_t timeout_ms);

/* Takes C as it stands for the truth: new M, everything below C as seen. only: "TOPIC/PARTITION"
 * each; none = all partitions that have a committed offset, or a local state that remembers one. */
int offsets_accept(const struct config *config, const struct pipeline *pipeline, char *const *only,
		   size_t only_count, int64_t timeout_ms);

struct offsets_reset_request {
	struct reset_to to;
	enum reset_state state;
	bool yes;
	char *const *only;
	size_t only_count;
};

/* Moves C; see reset_plan.h. Says first what it will do, and does it after a yes: request->yes, or
 * on a terminal; 64 without one. */
int offsets_reset(const struct config *config, const struct pipeline *pipeline,
		  const struct offsets_reset_request *request, int64_t timeout_ms);

#endif
