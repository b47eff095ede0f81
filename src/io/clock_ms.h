/*
 * clock_ms: one of the system's clocks in milliseconds. For all but the worker, whose only time is
 * port/clock.h.
 *
 * Thread: any. Does not block, cannot fail.
 */
#ifndef ONCED_IO_CLOCK_MS_H
#define ONCED_IO_CLOCK_MS_H

#include <stdint.h>
#include <time.h>

#include "base/must.h"

static inline int64_t clock_ms(clockid_t id)
{
	struct timespec ts;

	must(clock_gettime(id, &ts) == 0);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

#endif
