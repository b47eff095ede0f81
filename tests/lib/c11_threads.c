/* c11_threads: see c11_threads.h. The executable's definitions come before libc's. */
#include "lib/c11_threads.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

#ifdef __SANITIZE_THREAD__

struct start {
	thrd_start_t func;
	void *arg;
};

static void *run(void *arg)
{
	struct start start = *(struct start *)arg;

	free(arg);
	return (void *)(intptr_t)start.func(start.arg);
}

int thrd_create(thrd_t *thread, thrd_start_t func, void *arg)
{
	struct start *start = malloc(sizeof(*start));

	if (!start)
		return thrd_nomem;
	*start = (struct start){func, arg};
	if (pthread_create(thread, NULL, run, start) == 0)
		return thrd_success;
	free(start);
	return thrd_error;
}

int thrd_join(thrd_t thread, int *res)
{
	void *value = NULL;

	if (pthread_join(thread, &value) != 0)
		return thrd_error;
	if (res)
		*res = (int)(intptr_t)value;
	return thrd_success;
}

int thrd_detach(thrd_t thread)
{
	return pthread_detach(thread) == 0 ? thrd_success : thrd_error;
}

#endif

void c11_threads_use(void)
{
}
