/*
 * clock: a clock that jumps, for a program that is started with LD_PRELOAD=clock.so: the file that
 * $CLOCK_AHEAD names holds by how many seconds the wall clock is ahead. The monotonic clock is
 * left alone.
 *
 * librdkafka waits with C11's cnd_timedwait until a time of the wall clock. As in the kernel a wait
 * that is under way when the clock is set back lasts that much longer, if nothing ends it before.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#define SLICE_NS 50000000 /* how soon a jump is noticed */

/* The library's own, by its name. */
#define NEXT(type, name) ((type)dlsym(RTLD_NEXT, name))

typedef int clock_gettime_fn(clockid_t, struct timespec *);
typedef int cnd_timedwait_fn(cnd_t *, mtx_t *, const struct timespec *);

static int64_t ahead_s(void)
{
	const char *name = getenv("CLOCK_AHEAD");
	char text[32] = "";
	int fd = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	(void)close(fd);
	return strtoll(text, NULL, 10);
}

static struct timespec true_now(void)
{
	struct timespec now;

	(void)NEXT(clock_gettime_fn *, "clock_gettime")(CLOCK_REALTIME, &now);
	return now;
}

int clock_gettime(clockid_t id, struct timespec *ret)
{
	int rc = NEXT(clock_gettime_fn *, "clock_gettime")(id, ret);

	if (rc == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
		ret->tv_sec += ahead_s();
	return rc;
}

int timespec_get(struct timespec *ret, int base)
{
	return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, ret) == 0 ? base : 0;
}

int gettimeofday(struct timeval *ret, void *zone)
{
	struct timespec now;

	(void)zone;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	*ret = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
	return 0;
}

time_t time(time_t *ret)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (ret)
		*ret = now.tv_sec;
	return now.tv_sec;
}

int cnd_timedwait(cnd_t *cond, mtx_t *mutex, const struct timespec *until)
{
	for (;;) {
		struct timespec now = true_now();
		int64_t left_ns = (until->tv_sec - ahead_s() - now.tv_sec) * 1000000000 +
				  until->tv_nsec - now.tv_nsec;
		int64_t slice_ns = left_ns < SLICE_NS ? left_ns : SLICE_NS;
		int rc;

		if (left_ns <= 0)
			return thrd_timedout;
		now.tv_nsec += (long)slice_ns;
		now.tv_sec += now.tv_nsec / 1000000000;
		now.tv_nsec %= 1000000000;
		rc = NEXT(cnd_timedwait_fn *, "cnd_timedwait")(cond, mutex, &now);
		if (rc != thrd_timedout)
			return rc;
	}
}
