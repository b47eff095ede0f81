/* lock: see lock.h. */
#include "run/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int cannot(struct err *err, const char *what, const char *path)
{
	return err_set(err, ERR_STOP, EXIT_STATE,
		"%s %s: %s: check the owner and mode of `state_dir`", what, path, strerror(errno));
}

/* Each missing part of the path: the default lies below a user's home that may be new. */
static int make_dirs(const char *dir, struct err *err)
{
	char path[PATH_MAX];
	struct stat st;

	if (strlen(dir) >= sizeof(path) || !*dir)
		return err_set(err, ERR_STOP, EXIT_STATE, "state_dir: the path is empty or too long");
	(void)snprintf(path, sizeof(path), "%s", dir);
	for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
		if (slash)
			*slash = '\0';
		if (mkdir(path, 0700) != 0 && errno != EEXIST)
			return cannot(err, "cannot make", path);
		if (!slash)
			break;
		*slash = '/';
	}
	if (stat(dir, &st) != 0)
		return cannot(err, "cannot look at", dir);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, ERR_STOP, EXIT_STATE, "state_dir: %s is not a directory", dir);
	return 0;
}

int lock_state_dir(const char *state_dir, struct err *err)
{
	if (make_dirs(state_dir, err) < 0)
		return -1;
	if (access(state_dir, R_OK | W_OK | X_OK) != 0)
		return cannot(err, "cannot use", state_dir);
	return 0;
}

int lock_take(const char *state_dir, const char *pipeline, int *ret_fd, struct err *err)
{
	char path[PATH_MAX];
	int fd, length;

	length = snprintf(path, sizeof(path), "%s/%s", state_dir, pipeline);
	if (length < 0 || (size_t)length + sizeof("/run.lock") > sizeof(path))
		return err_set(err, ERR_STOP, EXIT_STATE, "state_dir: the path is too long");
	if (make_dirs(path, err) < 0)
		return -1;
	memcpy(path + length, "/run.lock", sizeof("/run.lock"));
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return cannot(err, "cannot open", path);
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		int why = errno;

		(void)close(fd);
		errno = why;
		if (why != EWOULDBLOCK)
			return cannot(err, "cannot lock", path);
		return err_set(err, ERR_STOP, EXIT_STATE,
			"%s is locked: another onced runs this pipeline with this state "
			"directory; stop it, or give this one its own `state_dir` and `instance`",
			path);
	}
	*ret_fd = fd;
	return 0;
}

void lock_drop(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}
