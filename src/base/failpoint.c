/* failpoint: see failpoint.h. The environment is read once, by the first thread that passes. */
#include "base/failpoint.h"

#ifdef ONCED_FAILPOINTS

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char name_set[64]; /* "" = none */
static char action[32];
static _Atomic long left;

static void read_environment(void)
{
	const char *text = getenv("ONCED_FAILPOINT");
	const char *next;
	long count = 1;

	(void)snprintf(action, sizeof(action), "kill");
	if (!text)
		return;
	(void)snprintf(name_set, sizeof(name_set), "%.*s", (int)strcspn(text, ":"), text);
	next = strchr(text, ':');
	if (next && next[1] >= '0' && next[1] <= '9') {
		count = strtol(next + 1, NULL, 10);
		next = strchr(next + 1, ':');
	}
	if (next)
		(void)snprintf(action, sizeof(action), "%s", next + 1);
	atomic_store(&left, count);
}

bool failpoint_is_set(const char *name)
{
	(void)pthread_once(&once, read_environment);
	return strcmp(name, name_set) == 0 && atomic_load(&left) > 0;
}

bool failpoint_pass(const char *name)
{
	if (!failpoint_is_set(name) || atomic_fetch_sub(&left, 1) != 1)
		return false;
	(void)fprintf(stderr, "onced: failpoint %s: %s\n", name, action);
	if (strcmp(action, "kill") == 0)
		(void)raise(SIGKILL);
	while (strcmp(action, "hang") == 0)
		(void)pause();
	if (strncmp(action, "sleep=", 6) == 0) {
		long ms = strtol(action + 6, NULL, 10);
		struct timespec time = {ms / 1000, ms % 1000 * 1000000};

		(void)nanosleep(&time, NULL);
	}
	return strcmp(action, "fail") == 0;
}

bool failpoint_pass_marked(const char *name, const void *data, size_t size)
{
	char mark[80];
	int length = snprintf(mark, sizeof(mark), "failpoint:%s", name);

	return data && failpoint_is_set(name) && memmem(data, size, mark, (size_t)length) &&
	       failpoint_pass(name);
}

bool failpoint_without(const char *defence)
{
	const char *list = getenv("ONCED_WITHOUT");
	size_t length = strlen(defence);

	while (list && *list) {
		size_t item = strcspn(list, ",");

		if (item == length && strncmp(list, defence, length) == 0)
			return true;
		list += item;
		list += *list == ',';
	}
	return false;
}

#else

/* ISO C wants something in every file. */
extern const int failpoints_are_not_built;
const int failpoints_are_not_built = 1;

#endif
