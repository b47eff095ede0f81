/*
 * notify: goal: what the service manager is told, word by word. Method: a datagram socket in its
 * place, named by $NOTIFY_SOCKET.
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "lib/suite.h"
#include "run/notify.h"

static int manager = -1;

static void open_manager(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char name[80];
	int length;

	/* An abstract name, so that nothing is left behind. */
	length = snprintf(name, sizeof(name), "@onced-check-notify-%ld", (long)getpid());
	memcpy(address.sun_path, name, (size_t)length);
	address.sun_path[0] = '\0';
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ck_assert_int_ge(manager, 0);
	ck_assert_int_eq(bind(manager, (struct sockaddr *)&address,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)length)),
			 0);
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", name, 1), 0);
}

static void close_manager(void)
{
	(void)close(manager);
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv("WATCHDOG_PID");
}

static void expect(const char *text)
{
	char got[1024];
	ssize_t length = recv(manager, got, sizeof(got) - 1, 0);

	ck_assert_int_ge(length, 0);
	got[length] = '\0';
	ck_assert_str_eq(got, text);
}

START_TEST(every_message_arrives)
{
	ck_assert(notify_is_on());
	notify_status("2 pipelines, lag 100 %");
	expect("STATUS=2 pipelines, lag 100 %");
	notify_status("broker: no\nMAINPID=1\tx"); /* no second assignment */
	expect("STATUS=broker: no MAINPID=1 x");
	notify_ready();
	expect("READY=1");
	notify_watchdog();
	expect("WATCHDOG=1");
	notify_extend(30000);
	expect("EXTEND_TIMEOUT_USEC=30000000");
	notify_stopping();
	expect("STOPPING=1");
}
END_TEST

/* systemd takes RELOADING only with the moment it was sent, so that an old READY is not its end. */
START_TEST(a_reload_says_when_it_began)
{
	struct timespec before, after;
	int64_t us = 0;
	char got[128];
	ssize_t length;

	(void)clock_gettime(CLOCK_MONOTONIC, &before);
	notify_reloading();
	(void)clock_gettime(CLOCK_MONOTONIC, &after);
	length = recv(manager, got, sizeof(got) - 1, 0);
	ck_assert_int_ge(length, 0);
	got[length] = '\0';
	ck_assert_int_eq(sscanf(got, "RELOADING=1\nMONOTONIC_USEC=%" SCNd64, &us), 1);
	ck_assert_int_ge(us, (int64_t)before.tv_sec * 1000000 + before.tv_nsec / 1000);
	ck_assert_int_le(us, (int64_t)after.tv_sec * 1000000 + after.tv_nsec / 1000);
}
END_TEST

START_TEST(the_ping_is_due_after_half_the_watchdog_time)
{
	char pid[32];

	ck_assert_int_eq(notify_watchdog_ms(), 0);
	(void)snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	ck_assert_int_eq(setenv("WATCHDOG_USEC", "30000000", 1), 0);
	ck_assert_int_eq(setenv("WATCHDOG_PID", pid, 1), 0);
	ck_assert_int_eq(notify_watchdog_ms(), 15000);
	ck_assert_int_eq(setenv("WATCHDOG_PID", "1", 1), 0);
	ck_assert_int_eq(notify_watchdog_ms(), 0); /* meant for another process */
}
END_TEST

START_TEST(without_a_manager_nothing_happens)
{
	ck_assert_int_eq(unsetenv("NOTIFY_SOCKET"), 0);
	ck_assert(!notify_is_on());
	notify_ready();
	notify_status("nobody hears this");
	ck_assert_int_lt(recv(manager, (char[1]){0}, 1, 0), 0);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("notify");

	tcase_add_checked_fixture(tcase, open_manager, close_manager);
	tcase_add_test(tcase, every_message_arrives);
	tcase_add_test(tcase, a_reload_says_when_it_began);
	tcase_add_test(tcase, the_ping_is_due_after_half_the_watchdog_time);
	tcase_add_test(tcase, without_a_manager_nothing_happens);
	return suite_run("notify", tcase);
}
