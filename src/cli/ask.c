/* ask: see ask.h. */
#include "cli/ask.h"

#include <inttypes.h>
#include <time.h>

#include "io/clock_ms.h"

void ask_begin(struct ask *ask, int64_t timeout_ms)
{
	ask->timeout_ms = timeout_ms;
	ask->deadline_ms = clock_ms(CLOCK_MONOTONIC) + timeout_ms;
}

bool ask_is_over(const struct ask *ask)
{
	return clock_ms(CLOCK_MONOTONIC) >= ask->deadline_ms;
}

bool ask_again(const struct ask *ask, int rc, struct err *err)
{
	const struct timespec pause = {.tv_nsec = ASK_PAUSE_MS * 1000000L};

	if (rc >= 0 || err->kind != ERR_RETRY)
		return false;
	if (!ask_is_over(ask)) {
		(void)nanosleep(&pause, NULL); /* a signal only shortens it */
		return true;
	}
	(void)err_wrap(err, "gave up after %" PRId64 " s (--timeout)", ask->timeout_ms / 1000);
	err->kind = ERR_STOP;
	err->code = EXIT_UNAVAILABLE;
	return false;
}

int ask_exit_code(const struct err *err)
{
	switch (err->kind) {
	case ERR_STOP:
		return err->code >= 1 && err->code <= 255 ? err->code : EXIT_INTERNAL;
	case ERR_RETRY:
	case ERR_ABORT:
	case ERR_UNKNOWN:
		return EXIT_UNAVAILABLE;
	case ERR_DATA:
	case ERR_NONE:
		break;
	}
	return EXIT_INTERNAL;
}
