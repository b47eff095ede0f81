/* clock_real: see clock_real.h. */
#include "run/clock_real.h"

#include <time.h>

#include "base/must.h"
#include "io/clock_ms.h"

static int64_t monotonic_ms(struct clock *clock)
{
	(void)clock;
	return clock_ms(CLOCK_MONOTONIC);
}

static int64_t wall_ms(struct clock *clock)
{
	(void)clock;
	return clock_ms(CLOCK_REALTIME);
}

static void sleep_ms(struct clock *clock, int64_t ms)
{
	struct clock_real *real = (struct clock_real *)clock;
	int64_t until_ms = clock_ms(CLOCK_MONOTONIC) + ms;
	struct timespec until = {.tv_sec = (time_t)(until_ms / 1000),
				 .tv_nsec = (long)(until_ms % 1000) * 1000000};

	must(pthread_mutex_lock(&real->lock) == 0);
	while (!real->stop)
		if (pthread_cond_timedwait(&real->woken, &real->lock, &until) != 0)
			break; /* the time is over */
	must(pthread_mutex_unlock(&real->lock) == 0);
}

static const struct clock_ops ops = {monotonic_ms, wall_ms, sleep_ms};

void clock_real_init(struct clock_real *clock)
{
	pthread_condattr_t attr;

	clock->clock.ops = &ops;
	clock->stop = false;
	must(pthread_mutex_init(&clock->lock, NULL) == 0);
	must(pthread_condattr_init(&attr) == 0);
	must(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
	must(pthread_cond_init(&clock->woken, &attr) == 0);
	(void)pthread_condattr_destroy(&attr);
}

void clock_real_fini(struct clock_real *clock)
{
	(void)pthread_cond_destroy(&clock->woken);
	(void)pthread_mutex_destroy(&clock->lock);
}

void clock_real_wake(struct clock_real *clock)
{
	must(pthread_mutex_lock(&clock->lock) == 0);
	clock->stop = true;
	(void)pthread_cond_broadcast(&clock->woken);
	must(pthread_mutex_unlock(&clock->lock) == 0);
}
