/* state_dir: see state_dir.h. */
#include "run/state_dir.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int cannot(struct err *err, const char *what, const char *path)
{
	return err_set(err, ERR_STOP, EXIT_STATE,
		"cannot %s %s: %s: check owner and mode of `state_dir`", what, path,
		strerror(errno));
}

/* Each missing part of the path: the default lies below a user's home that may be new. */
static int make_parts(const char *dir, struct err *err)
{
	char path[PATH_MAX];

	if (!*dir || strlen(dir) >= sizeof(path))
		return err_set(
			err, ERR_STOP, EXIT_STATE, "state_dir: the path is empty or too long");
	(void)snprintf(path, sizeof(path), "%s", dir);
	for (char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
		if (slash)
			*slash = '\0';
		if (mkdir(path, 0700) != 0 && errno != EEXIST)
			return cannot(err, "make", path);
		if (!slash)
			return 0;
		*slash = '/';
	}
}

int state_dir_make(const char *dir, struct err *err)
{
	struct stat st;

	if (make_parts(dir, err) < 0)
		return -1;
	if (stat(dir, &st) != 0)
		return cannot(err, "look at", dir);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, ERR_STOP, EXIT_STATE,
			"state_dir: %s is not a directory: name one", dir);
	if (access(dir, R_OK | W_OK | X_OK) != 0)
		return cannot(err, "use", dir);
	return 0;
}
