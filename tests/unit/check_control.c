/*
 * control: goal: a request reaches the daemon and its answer the client; nothing that a client does
 * blocks it or takes more than its share; only one daemon listens. Method: both ends in one
 * process, the daemon's turned by hand with a clock of its own; control_ask in a second thread.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/must.h"
#include "lib/suite.h"
#include "run/control.h"

/* Longer than a socket address can hold. */
#define DEEP "/0123456789012345678901234567890123456789/0123456789012345678901234567890123456789"

static char root[] = "/tmp/onced-control-XXXXXX";
static char dir[sizeof(root) + sizeof(DEEP)];
static struct control *control;
static int64_t now_ms;
static struct err err;

static void setup(void)
{
	char *slash;

	memcpy(root + strlen(root) - 6, "XXXXXX", 6);
	must(mkdtemp(root) != NULL);
	(void)snprintf(dir, sizeof(dir), "%s%s", root, DEEP);
	slash = dir + strlen(root) + 1;
	while ((slash = strchr(slash, '/'))) {
		*slash = '\0';
		must(mkdir(dir, 0700) == 0);
		*slash++ = '/';
	}
	must(mkdir(dir, 0700) == 0);
	ck_assert_int_eq(control_open(dir, &control, &err), 0);
	now_ms = 1000;
}

static void teardown(void)
{
	control_close(control);
	control = NULL;
	for (char *end = dir + strlen(dir); end > dir + strlen(root); end = strrchr(dir, '/')) {
		*end = '\0';
		must(rmdir(dir) == 0); /* so nothing was left in it */
	}
	must(rmdir(root) == 0);
}

static int dial(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	must(dir_fd >= 0 && fd >= 0);
	control_path(dir_fd, address.sun_path);
	must(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	must(close(dir_fd) == 0);
	return fd;
}

static void say(int fd, const char *text)
{
	must(send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text));
}

/* What has come; NULL: the connection is closed. */
static const char *heard(int fd)
{
	static char text[256];
	ssize_t got = recv(fd, text, sizeof(text) - 1, 0);

	if (got == 0 || (got < 0 && errno == ECONNRESET))
		return NULL;
	text[got > 0 ? got : 0] = '\0';
	return text;
}

static uint64_t asked(const char *expected)
{
	char request[CONTROL_REQUEST_MAX];
	uint64_t client;

	control_tick(control, now_ms);
	control_tick(control, now_ms);
	ck_assert(control_next(control, &client, request));
	ck_assert_str_eq(request, expected);
	return client;
}

static bool nobody_asks(void)
{
	char request[CONTROL_REQUEST_MAX];
	uint64_t client;

	control_tick(control, now_ms);
	control_tick(control, now_ms);
	return !control_next(control, &client, request);
}

START_TEST(the_socket_is_for_its_owner_alone)
{
	struct stat status;
	int dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_eq(fstatat(dir_fd, CONTROL_NAME, &status, 0), 0);
	ck_assert(S_ISSOCK(status.st_mode));
	ck_assert_uint_eq(status.st_mode & 0777, 0600);
	(void)close(dir_fd);
}
END_TEST

START_TEST(a_request_is_answered_when_the_daemon_pleases)
{
	int fd = dial();
	uint64_t client;

	ck_assert(nobody_asks());
	say(fd, "relo");
	ck_assert(nobody_asks());
	say(fd, "ad\n");
	client = asked("reload");
	ck_assert(nobody_asks()); /* once */
	now_ms += 100 * CONTROL_PATIENCE_MS;
	ck_assert(nobody_asks());
	ck_assert_str_eq(heard(fd), "");
	control_answer(control, client, 78, "p.yaml:1:1: wrong\n");
	ck_assert_str_eq(heard(fd), "78\np.yaml:1:1: wrong\n");
	ck_assert_ptr_null(heard(fd));
	(void)close(fd);
}
END_TEST

START_TEST(the_first_to_ask_is_the_first_to_be_heard)
{
	int first = dial(), second = dial();
	uint64_t a, b;

	control_tick(control, now_ms);
	say(second, "check\n");
	say(first, "reload\n");
	a = asked("reload");
	b = asked("check");
	control_answer(control, b, 0, "b");
	control_answer(control, a, 0, "a");
	ck_assert_str_eq(heard(first), "0\na");
	ck_assert_str_eq(heard(second), "0\nb");
	(void)close(first);
	(void)close(second);
}
END_TEST

START_TEST(who_says_nothing_or_too_much_is_cut_off)
{
	char line[CONTROL_REQUEST_MAX + 1];
	int silent = dial(), noisy = dial();

	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	say(noisy, line);
	ck_assert(nobody_asks());
	ck_assert_ptr_null(heard(noisy));
	ck_assert_str_eq(heard(silent), "");
	now_ms += CONTROL_PATIENCE_MS;
	ck_assert(nobody_asks());
	ck_assert_ptr_null(heard(silent));
	(void)close(silent);
	(void)close(noisy);
}
END_TEST

START_TEST(who_goes_away_leaves_the_place_to_others)
{
	int fds[CONTROL_CLIENTS_MAX], late;
	uint64_t client = 0;

	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		fds[i] = dial();
		say(fds[i], "reload\n");
	}
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++)
		client = asked("reload");
	late = dial(); /* the kernel keeps it */
	say(late, "check\n");
	ck_assert(nobody_asks());
	(void)close(fds[CONTROL_CLIENTS_MAX - 1]);
	control_tick(control, now_ms);
	control_answer(control, client, 0, "to nobody");
	client = asked("check");
	control_answer(control, client, 0, "at last");
	ck_assert_str_eq(heard(late), "0\nat last");
	for (int i = 0; i < CONTROL_CLIENTS_MAX - 1; i++)
		(void)close(fds[i]);
	(void)close(late);
}
END_TEST

START_TEST(a_long_answer_is_cut_and_one_that_is_not_taken_is_dropped)
{
	char *text = malloc(2 * CONTROL_ANSWER_MAX);
	int fd = dial(), small = 1;
	size_t total = 0;
	uint64_t client;

	memset(text, 'x', 2 * CONTROL_ANSWER_MAX - 1);
	text[2 * CONTROL_ANSWER_MAX - 1] = '\0';
	must(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)) == 0);
	say(fd, "check\n");
	client = asked("check");
	control_answer(control, client, 0, text);
	for (const char *part; (part = heard(fd)); control_tick(control, now_ms))
		total += strlen(part);
	ck_assert_uint_eq(total, CONTROL_ANSWER_MAX - 1);
	(void)close(fd);
	free(text);
}
END_TEST

START_TEST(a_second_daemon_does_not_take_the_socket)
{
	struct control *second = NULL;
	int fd;

	ck_assert_int_eq(control_open(dir, &second, &err), -1);
	ck_assert_int_eq(err.kind, ERR_STOP);
	ck_assert_int_eq(err.code, EXIT_STATE);
	ck_assert_ptr_nonnull(strstr(err.msg, "another onced listens"));
	ck_assert_ptr_null(second);
	fd = dial(); /* the first is still there */
	say(fd, "check\n");
	(void)asked("check");
	(void)close(fd);
}
END_TEST

START_TEST(the_socket_of_a_dead_daemon_is_replaced)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int dir_fd, dead, fd;

	control_close(control);
	dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	control_path(dir_fd, address.sun_path);
	dead = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	must(bind(dead, (struct sockaddr *)&address, sizeof(address)) == 0);
	must(close(dead) == 0);
	must(close(dir_fd) == 0);
	ck_assert_int_eq(control_open(dir, &control, &err), 0);
	fd = dial();
	say(fd, "check\n");
	(void)asked("check");
	(void)close(fd);
}
END_TEST

struct asker {
	pthread_t thread;
	_Atomic bool ended;
	int rc, code;
	char *text;
	struct err err;
};

static void *ask(void *arg)
{
	struct asker *asker = arg;

	asker->rc = control_ask(dir, "reload", &asker->code, &asker->text, &asker->err);
	asker->ended = true;
	return NULL;
}

START_TEST(the_client_has_the_code_and_the_text)
{
	struct asker asker = {0};
	char request[CONTROL_REQUEST_MAX];
	uint64_t client;

	must(pthread_create(&asker.thread, NULL, ask, &asker) == 0);
	while (control_tick(control, now_ms), !control_next(control, &client, request))
		sched_yield();
	control_answer(control, client, 65, "p: stopped\n");
	must(pthread_join(asker.thread, NULL) == 0);
	ck_assert_int_eq(asker.rc, 0);
	ck_assert_int_eq(asker.code, 65);
	ck_assert_str_eq(asker.text, "p: stopped\n");
	free(asker.text);
}
END_TEST

START_TEST(the_client_knows_when_nobody_answers)
{
	struct asker asker = {0};
	char request[CONTROL_REQUEST_MAX];
	uint64_t client;

	must(pthread_create(&asker.thread, NULL, ask, &asker) == 0);
	while (control_tick(control, now_ms), !control_next(control, &client, request))
		sched_yield();
	control_close(control); /* the daemon dies */
	control = NULL;
	must(pthread_join(asker.thread, NULL) == 0);
	ck_assert_int_eq(asker.rc, -1);
	ck_assert_int_eq(asker.err.code, EXIT_UNAVAILABLE);
	ck_assert_ptr_nonnull(strstr(asker.err.msg, "went away without an answer"));
	ck_assert_int_eq(control_ask(dir, "reload", &asker.code, &asker.text, &asker.err), -1);
	ck_assert_int_eq(asker.err.code, EXIT_UNAVAILABLE);
	ck_assert_ptr_nonnull(strstr(asker.err.msg, "is it running"));
}
END_TEST

START_TEST(a_directory_that_takes_no_socket_is_an_error)
{
	struct control *other = NULL;

	ck_assert_int_eq(control_open("/nonexistent", &other, &err), -1);
	ck_assert_int_eq(err.code, EXIT_STATE);
	ck_assert_int_eq(control_open("/proc", &other, &err), -1);
	ck_assert_int_eq(err.code, EXIT_STATE);
	ck_assert_ptr_null(other);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("control");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, the_socket_is_for_its_owner_alone);
	tcase_add_test(tcase, a_request_is_answered_when_the_daemon_pleases);
	tcase_add_test(tcase, the_first_to_ask_is_the_first_to_be_heard);
	tcase_add_test(tcase, who_says_nothing_or_too_much_is_cut_off);
	tcase_add_test(tcase, who_goes_away_leaves_the_place_to_others);
	tcase_add_test(tcase, a_long_answer_is_cut_and_one_that_is_not_taken_is_dropped);
	tcase_add_test(tcase, a_second_daemon_does_not_take_the_socket);
	tcase_add_test(tcase, the_socket_of_a_dead_daemon_is_replaced);
	tcase_add_test(tcase, the_client_has_the_code_and_the_text);
	tcase_add_test(tcase, the_client_knows_when_nobody_answers);
	tcase_add_test(tcase, a_directory_that_takes_no_socket_is_an_error);
	return suite_run("control", tcase);
}
