/*
 * ask: patience with the broker, for commands that end: a question that is answered with RETRY is
 * asked again until the deadline, then it is EXIT_UNAVAILABLE.
 *
 *   do
 *           rc = broker->ops->topic(broker, ..., err);
 *   while (ask_again(&ask, rc, err));
 *
 * Thread: main.
 */
#ifndef ONCED_CLI_ASK_H
#define ONCED_CLI_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define ASK_TIMEOUT_MS 30000 /* default of --timeout */
#define ASK_PAUSE_MS 100

struct ask {
	int64_t timeout_ms;
	int64_t deadline_ms; /* monotonic */
};

void ask_begin(struct ask *ask, int64_t timeout_ms);

/* True: ask again (it has waited a little). False: it is over: rc is 0, or err says why; a RETRY
 * whose time is over has become a STOP with EXIT_UNAVAILABLE. Blocks: ASK_PAUSE_MS. */
bool ask_again(const struct ask *ask, int rc, struct err *err);

bool ask_is_over(const struct ask *ask);

/* The exit code of an error. */
int ask_exit_code(const struct err *err);

#endif
