/* policy: see policy.h. */
#include "run/policy.h"

#include "base/must.h"

enum policy_action policy_decide(const struct err *err, bool was_ready)
{
	must(err->kind != ERR_NONE);
	if (err->kind != ERR_STOP)
		return POLICY_RESTART;
	switch (err->code) {
	case EXIT_INTERNAL:
	case EXIT_UNAVAILABLE:
		return POLICY_RESTART;
	case EXIT_PERMISSION:
	case EXIT_STATE:
		return was_ready ? POLICY_RESTART : POLICY_PARK;
	}
	return POLICY_PARK;
}

int64_t policy_backoff_ms(int64_t last_ms, int64_t ran_ms)
{
	must(last_ms >= 0);
	if (last_ms == 0 || ran_ms >= RESTART_QUIET_MS)
		return RESTART_FIRST_MS;
	return last_ms >= RESTART_MAX_MS / 2 ? RESTART_MAX_MS : last_ms * 2;
}

int policy_exit_code(const struct err *err)
{
	if (err->kind == ERR_STOP && err->code >= 1 && err->code <= 255)
		return err->code;
	return EXIT_INTERNAL;
}
