/* signals: see signals.h. sigtimedwait needs no descriptor and loses nothing: a blocked signal
 * stays pending until it is taken here. */
#include "run/signals.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "base/must.h"

static void fill(sigset_t *set)
{
	must(sigemptyset(set) == 0);
	must(sigaddset(set, SIGTERM) == 0);
	must(sigaddset(set, SIGINT) == 0);
	must(sigaddset(set, SIGHUP) == 0);
}

void signals_block(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t set;

	fill(&set);
	must(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
	must(sigaction(SIGPIPE, &ignore, NULL) == 0);
}

enum signal_event signals_wait(int timeout_ms)
{
	struct timespec timeout = {
		.tv_sec = timeout_ms / 1000, .tv_nsec = (long)(timeout_ms % 1000) * 1000000};
	sigset_t set;

	fill(&set);
	switch (sigtimedwait(&set, NULL, &timeout)) {
	case SIGTERM:
	case SIGINT:
		return SIGNAL_STOP;
	case SIGHUP:
		return SIGNAL_RELOAD;
	}
	return SIGNAL_NONE;
}
