/*
 * clock_real: the clock port on the kernel's clocks. One for the whole process; wake ends all
 * sleeps, now and later, so that a stop is not slept through.
 */
#ifndef ONCED_RUN_CLOCK_REAL_H
#define ONCED_RUN_CLOCK_REAL_H

#include <pthread.h>
#include <stdbool.h>

#include "port/clock.h"

struct clock_real {
	struct clock clock; /* first: what the workers get */
	pthread_mutex_t lock;
	pthread_cond_t woken;
	bool stop;
};

/* Cannot fail but by a broken libc, which ends the process. Thread: main. */
void clock_real_init(struct clock_real *clock);
void clock_real_fini(struct clock_real *clock); /* after the last sleeper is gone */

/* Ends all sleeps from now on. Thread: any; not from a signal handler. */
void clock_real_wake(struct clock_real *clock);

#endif
