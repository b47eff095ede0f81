/* lmdb_guard: see lmdb_guard.h. */
#include "io/lmdb_guard.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/must.h"
#include "io/lmdb_aside.h"

static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGABRT};
#define SIGNALS (sizeof(signals) / sizeof(*signals))

static struct sigaction before[SIGNALS];

/* The directory of the environment that this thread is in; -1 = none. */
static _Thread_local volatile sig_atomic_t inside = -1;

/* Its own fault or abort(), not a signal that somebody sent? */
static bool is_own(int number, const siginfo_t *info)
{
	if (number == SIGABRT)
		return info->si_code == SI_TKILL && info->si_pid == getpid();
	return info->si_code > 0;
}

/* Async-signal-safe throughout. On the return the fault happens again, or abort() goes on: what
 * handled it before ends the process. */
static void on_crash(int number, siginfo_t *info, void *context)
{
	static const char text[] =
		"onced: LMDB crashed on the state: the next start moves it aside and rebuilds it "
		"from the input\n";
	int saved = errno;

	(void)context;
	if (inside >= 0 && is_own(number, info)) {
		(void)lmdb_aside_flag((int)inside);
		(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
		inside = -1;
	}
	for (size_t i = 0; i < SIGNALS; i++)
		if (signals[i] == number)
			(void)sigaction(number, &before[i], NULL);
	if (!is_own(number, info))
		(void)raise(number); /* nothing would bring a sent one back */
	errno = saved;
}

static void install(void)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_sigaction = on_crash;
	action.sa_flags = SA_SIGINFO | SA_ONSTACK;
	must(!sigemptyset(&action.sa_mask));
	for (size_t i = 0; i < SIGNALS; i++)
		must(!sigaction(signals[i], &action, &before[i]));
}

void lmdb_guard_install(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	must(!pthread_once(&once, install));
}

void lmdb_guard_enter(int dir_fd)
{
	must(inside < 0 && dir_fd >= 0);
	inside = dir_fd;
}

void lmdb_guard_leave(void)
{
	inside = -1;
}
