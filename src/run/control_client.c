/* control_client: the commands' end of the control socket; see control.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/must.h"
#include "run/control.h"

static int cannot_reach(const char *dir, struct err *err)
{
	if (errno == EACCES || errno == EPERM)
		return err_set(err, ERR_STOP, EXIT_PERMISSION,
			       "%s/" CONTROL_NAME ": %s: be root, or the user that onced runs as",
			       dir, strerror(errno));
	return err_set(err, ERR_STOP, EXIT_UNAVAILABLE,
		       "no onced answers at %s/" CONTROL_NAME " (%s): is it running, and with this "
		       "`state_dir`?",
		       dir, strerror(errno));
}

/* A socket; -1 with errno. */
static int connect_to(const char *dir)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd, rc = -1, error;

	if (dir_fd < 0)
		return -1;
	control_path(dir_fd, address.sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		rc = connect(fd, (struct sockaddr *)&address, sizeof(address));
	error = errno;
	(void)close(dir_fd);
	if (fd >= 0 && rc != 0)
		(void)close(fd);
	errno = error;
	return rc == 0 ? fd : -1;
}

/* All that comes until the daemon closes; -1 with errno. It waits as long as the daemon lives: its
 * end closes the socket. */
static ssize_t read_all(int fd, char *buffer, size_t size)
{
	size_t length = 0;

	while (length < size) {
		ssize_t got = recv(fd, buffer + length, size - length, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		length += (size_t)got;
	}
	return (ssize_t)length;
}

static int talk(int fd, const char *request, char *buffer, size_t size)
{
	char line[CONTROL_REQUEST_MAX + 1];
	size_t length = strlen(request);
	ssize_t got;

	must(length < CONTROL_REQUEST_MAX);
	memcpy(line, request, length);
	line[length] = '\n';
	if (send(fd, line, length + 1, MSG_NOSIGNAL) != (ssize_t)length + 1)
		return -1;
	got = read_all(fd, buffer, size - 1);
	if (got < 0)
		return -1;
	buffer[got] = '\0';
	return 0;
}

int control_ask(const char *dir, const char *request, int *ret_code, char **ret_text,
		struct err *err)
{
	int fd = connect_to(dir);
	char *buffer, *text;
	long code;

	if (fd < 0)
		return cannot_reach(dir, err);
	buffer = malloc(CONTROL_ANSWER_MAX);
	must(buffer != NULL);
	if (talk(fd, request, buffer, CONTROL_ANSWER_MAX) < 0) {
		(void)cannot_reach(dir, err);
		(void)close(fd);
		free(buffer);
		return -1;
	}
	(void)close(fd);
	code = strtol(buffer, &text, 10);
	if (text == buffer || *text != '\n' || code < 0 || code > 255) {
		free(buffer);
		return err_set(err, ERR_STOP, EXIT_UNAVAILABLE,
			       "onced at %s/" CONTROL_NAME " went away without an answer: see its "
			       "log",
			       dir);
	}
	*ret_code = (int)code;
	*ret_text = strdup(text + 1);
	must(*ret_text != NULL);
	free(buffer);
	return 0;
}
