/* reference: see reference.h. */
#include "config/reference.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/must.h"
#include "config/trust.h"

static char *complain(struct build *build, const struct node *node, const char *what,
		      const char *why)
{
	problems_error(build->problems, node, NULL, "%s: %s", what, why);
	return NULL;
}

/* Less one line break; an editor puts it there. NULL: not usable as a value. */
static char *as_value(struct build *build, const struct node *node, const char *path, char *buffer,
		      size_t len)
{
	if (len > 0 && buffer[len - 1] == '\n')
		len--;
	if (len > 0 && buffer[len - 1] == '\r')
		len--;
	buffer[len] = '\0';
	if (len == 0)
		return complain(build, node, path, "the file is empty");
	if (strlen(buffer) != len)
		return complain(build, node, path, "the file holds a NUL character");
	return arena_printf(build->arena, "%s", buffer);
}

static ssize_t read_all(int fd, char *buffer, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t got = read(fd, buffer + len, size - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		len += (size_t)got;
	}
	return (ssize_t)len;
}

static char *from_open_file(struct build *build, const struct node *node, const char *path, int fd,
			    bool secret)
{
	CLEANUP(free) char *buffer = NULL;
	struct stat status;
	const char *why;
	ssize_t len;
	char *value;

	if (fstat(fd, &status) < 0)
		return complain(build, node, path, strerror(errno));
	if (!S_ISREG(status.st_mode))
		return complain(build, node, path, "it is not a regular file");
	why = trust_problem(path, &status);
	if (why)
		return complain(build, node, path, why);
	if (secret && (status.st_mode & S_IROTH))
		problems_hint(build->problems, node, NULL,
			      "%s may be read by everyone: take that right away (chmod o-r)", path);
	buffer = malloc(REFERENCE_BYTES_MAX + 1);
	must(buffer != NULL);
	len = read_all(fd, buffer, REFERENCE_BYTES_MAX + 1);
	if (len < 0)
		return complain(build, node, path, strerror(errno));
	if ((size_t)len > REFERENCE_BYTES_MAX)
		value = complain(build, node, path, "the file is larger than 64k, the limit");
	else
		value = as_value(build, node, path, buffer, (size_t)len);
	explicit_bzero(buffer, (size_t)len);
	return value;
}

static char *from_file(struct build *build, const struct node *node, const char *path, bool secret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char *value;

	if (fd < 0)
		return complain(build, node, path, strerror(errno));
	value = from_open_file(build, node, path, fd, secret);
	(void)close(fd); /* nothing was written */
	return value;
}

static char *from_credential(struct build *build, const struct node *node, const char *name,
			     bool secret)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");

	if (!*name || strchr(name, '/') || name[0] == '.')
		return complain(build, node, "credential",
				"expected ${credential:NAME}, a name without `/` as in "
				"LoadCredential=NAME");
	if (!directory || !*directory)
		return complain(
			build, node, name,
			"there are no credentials ($CREDENTIALS_DIRECTORY is not set): run under "
			"systemd with LoadCredential=, or use ${file:/path}");
	return from_file(build, node, arena_printf(build->arena, "%s/%s", directory, name), secret);
}

static char *from_environment(struct build *build, const struct node *node, const char *name,
			      bool secret)
{
	const char *value = getenv(name);

	if (secret)
		return complain(
			build, node, "env",
			"a secret must not come from the environment, which other programs can "
			"read: use ${credential:NAME} or ${file:/path}");
	if (!value || !*value)
		return complain(build, node, name, "the environment variable is not set");
	return arena_printf(build->arena, "%s", value);
}

char *reference_resolve(struct build *build, const struct node *node, bool secret)
{
	const char *text = node->text;
	const char *rest;
	char *inner;
	size_t len;

	must(node->kind == NODE_SCALAR);
	if (!strstr(text, "${"))
		return arena_printf(build->arena, "%s", text);
	len = strlen(text);
	if (strncmp(text, "${", 2) != 0 || strchr(text, '}') != text + len - 1)
		return complain(build, node, "reference",
				"it must be the whole value: ${credential:NAME}, "
				"${file:/path} or ${env:NAME}");
	inner = arena_printf(build->arena, "%.*s", (int)(len - 3), text + 2);
	rest = strchr(inner, ':');
	if (rest && strncmp(inner, "credential:", 11) == 0)
		return from_credential(build, node, rest + 1, secret);
	if (rest && strncmp(inner, "env:", 4) == 0)
		return from_environment(build, node, rest + 1, secret);
	if (rest && strncmp(inner, "file:", 5) == 0) {
		if (rest[1] == '/')
			return from_file(build, node, rest + 1, secret);
		return complain(build, node, "file", "expected ${file:/path}, an absolute path");
	}
	return complain(build, node, "reference",
			"unknown kind; known are ${credential:NAME}, ${file:/path}, ${env:NAME}");
}
