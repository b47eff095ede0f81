/* notify: see notify.h. */
#include "run/notify.h"

#include <inttypes.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>

bool notify_is_on(void)
{
	return getenv("NOTIFY_SOCKET") != NULL;
}

int64_t notify_watchdog_ms(void)
{
	uint64_t us;

	if (sd_watchdog_enabled(0, &us) <= 0)
		return 0;
	return us < 2000 ? 1 : (int64_t)(us / 2000);
}

void notify_ready(void)
{
	(void)sd_notify(0, "READY=1");
}

void notify_status(const char *text)
{
	(void)sd_notifyf(0, "STATUS=%s", text);
}

void notify_stopping(void)
{
	(void)sd_notify(0, "STOPPING=1");
}

void notify_extend(int64_t ms)
{
	(void)sd_notifyf(0, "EXTEND_TIMEOUT_USEC=%" PRId64, ms * 1000);
}

void notify_watchdog(void)
{
	(void)sd_notify(0, "WATCHDOG=1");
}
