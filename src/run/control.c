/* control: see control.h. */
#include "run/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/must.h"

enum client_state {
	CLIENT_FREE,
	CLIENT_READING, /* its request is not complete */
	CLIENT_ASKED,   /* complete, control_next has not given it out */
	CLIENT_WAITING, /* for control_answer */
	CLIENT_WRITING,
};

struct client {
	enum client_state state;
	uint64_t number;
	int fd;
	int64_t until_ms; /* READING, WRITING: then it is cut off */
	char request[CONTROL_REQUEST_MAX];
	size_t length; /* of request */
	char *answer;  /* owned */
	size_t size, written;
};

struct control {
	int dir_fd; /* flock'ed */
	int fd;
	uint64_t numbers;
	int64_t now_ms; /* as of the last tick */
	struct client clients[CONTROL_CLIENTS_MAX];
};

void control_path(int dir_fd, char path[CONTROL_PATH_MAX])
{
	int length = snprintf(path, CONTROL_PATH_MAX, "/proc/self/fd/%d/" CONTROL_NAME, dir_fd);

	must(length > 0 && length < CONTROL_PATH_MAX);
}

static int cannot(struct err *err, const char *what, const char *dir)
{
	return err_set(err, ERR_STOP, EXIT_STATE, "cannot %s %s/" CONTROL_NAME ": %s", what, dir,
		       strerror(errno));
}

/* What is found there is of a daemon that is dead: we have the lock. */
static int listen_at(struct control *control, const char *dir, struct err *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	_Static_assert(sizeof(address.sun_path) >= CONTROL_PATH_MAX, "the path fits");
	control_path(control->dir_fd, address.sun_path);
	if (unlinkat(control->dir_fd, CONTROL_NAME, 0) != 0 && errno != ENOENT)
		return cannot(err, "remove the old", dir);
	control->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (control->fd < 0)
		return cannot(err, "make", dir);
	if (bind(control->fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		return cannot(err, "make", dir);
	/* Nobody can connect before listen. */
	if (chmod(address.sun_path, 0600) != 0)
		return cannot(err, "set the mode of", dir);
	if (listen(control->fd, CONTROL_CLIENTS_MAX) != 0)
		return cannot(err, "listen at", dir);
	return 0;
}

int control_open(const char *dir, struct control **ret, struct err *err)
{
	struct control *control = calloc(1, sizeof(*control));

	must(control != NULL);
	control->fd = -1;
	control->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (control->dir_fd < 0) {
		(void)cannot(err, "open the directory of", dir);
		control_close(control);
		return -1;
	}
	if (flock(control->dir_fd, LOCK_EX | LOCK_NB) != 0) {
		(void)err_set(err, ERR_STOP, EXIT_STATE,
			      "another onced listens at %s/" CONTROL_NAME ": give each a state_dir "
			      "of its own",
			      dir);
		(void)close(control->dir_fd);
		control->dir_fd = -1; /* the socket there is not ours */
		control_close(control);
		return -1;
	}
	if (listen_at(control, dir, err) < 0) {
		control_close(control);
		return -1;
	}
	*ret = control;
	return 0;
}

static void drop(struct client *client)
{
	(void)close(client->fd);
	free(client->answer);
	*client = (struct client){.state = CLIENT_FREE, .fd = -1};
}

void control_close(struct control *control)
{
	if (!control)
		return;
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (control->clients[i].state != CLIENT_FREE)
			drop(&control->clients[i]);
	if (control->fd >= 0)
		(void)close(control->fd);
	if (control->dir_fd >= 0) {
		(void)unlinkat(control->dir_fd, CONTROL_NAME, 0); /* what stays is harmless */
		(void)close(control->dir_fd);
	}
	free(control);
}

/* This user or root; the mode of the socket says the same to the kernel. */
static bool may_ask(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
		return false;
	return peer.uid == geteuid() || peer.uid == 0;
}

/* As many as there is room for; the others wait in the kernel's queue. */
static void take_new(struct control *control)
{
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct client *client = &control->clients[i];
		int fd;

		if (client->state != CLIENT_FREE)
			continue;
		fd = accept4(control->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0)
			return; /* nobody, or no descriptor left: the next tick tries again */
		if (!may_ask(fd)) {
			(void)close(fd);
			continue;
		}
		*client = (struct client){.state = CLIENT_READING,
					  .number = ++control->numbers,
					  .fd = fd,
					  .until_ms = control->now_ms + CONTROL_PATIENCE_MS};
	}
}

static void read_request(struct client *client)
{
	size_t room = sizeof(client->request) - client->length;
	ssize_t got = recv(client->fd, client->request + client->length, room, 0);
	char *end;

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		drop(client);
		return;
	}
	client->length += (size_t)got;
	end = memchr(client->request, '\n', client->length);
	if (end) {
		*end = '\0';
		client->state = CLIENT_ASKED;
	} else if (client->length == sizeof(client->request)) {
		drop(client); /* nothing that we know is so long */
	}
}

/* Has it gone away? Its place may be wanted. */
static void look_at(struct client *client)
{
	char byte;
	ssize_t got = recv(client->fd, &byte, 1, MSG_PEEK);

	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
		drop(client);
}

static void write_answer(struct client *client)
{
	ssize_t sent = send(client->fd, client->answer + client->written,
			    client->size - client->written, MSG_NOSIGNAL);

	if (sent < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (sent > 0)
		client->written += (size_t)sent;
	if (sent < 0 || client->written == client->size)
		drop(client);
}

void control_tick(struct control *control, int64_t now_ms)
{
	control->now_ms = now_ms;
	take_new(control);
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct client *client = &control->clients[i];

		switch (client->state) {
		case CLIENT_FREE:
		case CLIENT_ASKED:
			continue;
		case CLIENT_WAITING:
			look_at(client);
			continue;
		case CLIENT_READING:
			read_request(client);
			break;
		case CLIENT_WRITING:
			write_answer(client);
			break;
		}
		if ((client->state == CLIENT_READING || client->state == CLIENT_WRITING) &&
		    now_ms >= client->until_ms)
			drop(client);
	}
}

bool control_next(struct control *control, uint64_t *ret_client, char request[CONTROL_REQUEST_MAX])
{
	struct client *first = NULL;

	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct client *client = &control->clients[i];

		if (client->state == CLIENT_ASKED && (!first || client->number < first->number))
			first = client;
	}
	if (!first)
		return false;
	first->state = CLIENT_WAITING;
	*ret_client = first->number;
	memcpy(request, first->request, CONTROL_REQUEST_MAX);
	return true;
}

void control_answer(struct control *control, uint64_t number, int code, const char *text)
{
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		struct client *client = &control->clients[i];
		int length;

		if (client->state != CLIENT_WAITING || client->number != number)
			continue;
		client->answer = malloc(CONTROL_ANSWER_MAX);
		must(client->answer != NULL);
		length = snprintf(client->answer, CONTROL_ANSWER_MAX, "%d\n%s", code, text);
		must(length > 0);
		client->size = length < CONTROL_ANSWER_MAX ? (size_t)length
							   : (size_t)CONTROL_ANSWER_MAX - 1;
		client->state = CLIENT_WRITING;
		client->until_ms = control->now_ms + CONTROL_PATIENCE_MS;
		/* At once: nearly always it is all taken, also when the daemon ends next. */
		write_answer(client);
		return;
	}
}
