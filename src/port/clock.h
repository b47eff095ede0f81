/*
 * clock: the only time there is for the worker. Tests plug in a clock that they move themselves.
 */
#ifndef ONCED_PORT_CLOCK_H
#define ONCED_PORT_CLOCK_H

#include <stdint.h>

struct clock;

struct clock_ops {
	/* Milliseconds that only go forward; for waits and budgets. Thread: any. */
	int64_t (*monotonic_ms)(struct clock *clock);
	/* Milliseconds since the epoch; only ever used to name a new generation and for the time of
	 * a dead letter that the broker refused with its own. Never part of a verdict. */
	int64_t (*wall_ms)(struct clock *clock);
	/* Waits up to ms, less when the process is asked to stop. Thread: worker. */
	void (*sleep_ms)(struct clock *clock, int64_t ms);
};

struct clock {
	const struct clock_ops *ops;
};

#endif
