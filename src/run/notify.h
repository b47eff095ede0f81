/*
 * notify: the only caller of sd_notify. Everything is optional: without $NOTIFY_SOCKET all calls
 * do nothing. A message that cannot be sent is dropped; the next one says the same.
 *
 * Thread: main. Blocks: no longer than a datagram to systemd does.
 */
#ifndef ONCED_RUN_NOTIFY_H
#define ONCED_RUN_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

#define NOTIFY_STATUS_MAX 512

/* Is somebody listening ($NOTIFY_SOCKET)? */
bool notify_is_on(void);

/* How often the watchdog wants a ping at least: half of WatchdogSec; 0 = no watchdog. */
int64_t notify_watchdog_ms(void);

void notify_ready(void);
void notify_reloading(void);          /* RELOADING with MONOTONIC_USEC; notify_ready ends it */
void notify_status(const char *text); /* control characters become spaces, NOTIFY_STATUS_MAX */
void notify_stopping(void);
void notify_extend(int64_t ms); /* EXTEND_TIMEOUT_USEC: we are still getting on */
void notify_watchdog(void);

#endif
