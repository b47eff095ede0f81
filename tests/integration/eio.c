/*
 * eio: a disk that fails or is slow, for a program that is started with LD_PRELOAD=eio.so. As long
 * as the file that $EIO_WHILE names exists, writing or syncing a data.mdb fails with EIO. As long
 * as the one that $EIO_SLOW names exists, syncing takes $EIO_SLOW_MS, or until it is gone; a file
 * of that name with ".held" behind it is made when a sync begins to wait.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define DATA "/data.mdb"

static bool is_there(const char *flag)
{
	return flag && access(flag, F_OK) == 0;
}

static bool is_data(int fd)
{
	char name[64], path[512];
	ssize_t len;

	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	len = readlink(name, path, sizeof(path) - 1);
	if (len < (ssize_t)strlen(DATA))
		return false;
	path[len] = '\0';
	return strcmp(path + len - strlen(DATA), DATA) == 0;
}

static bool fails(int fd)
{
	if (!is_there(getenv("EIO_WHILE")) || !is_data(fd))
		return false;
	errno = EIO;
	return true;
}

static void be_slow(int fd)
{
	const char *flag = getenv("EIO_SLOW");
	const char *ms = getenv("EIO_SLOW_MS");
	long left = ms ? strtol(ms, NULL, 10) : 0;
	char held[512];
	int mark;

	if (!is_there(flag) || !is_data(fd))
		return;
	(void)snprintf(held, sizeof(held), "%s.held", flag);
	mark = open(held, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	if (mark >= 0)
		(void)close(mark);
	for (; left > 0 && is_there(flag); left -= 10)
		(void)usleep(10000);
}

/* The library's own, by its name. */
#define NEXT(type, name) ((type)dlsym(RTLD_NEXT, name))

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
	return fails(fd) ? -1
			 : NEXT(ssize_t(*)(int, const void *, size_t, off_t), "pwrite")(fd, data,
											len, at);
}

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at)
{
	return pwrite(fd, data, len, at);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
	return fails(fd) ? -1
			 : NEXT(ssize_t(*)(int, const struct iovec *, int), "writev")(fd, parts,
										      count);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at)
{
	return fails(fd) ? -1
			 : NEXT(ssize_t(*)(int, const struct iovec *, int, off_t),
				"pwritev")(fd, parts, count, at);
}

int fdatasync(int fd)
{
	be_slow(fd);
	return fails(fd) ? -1 : NEXT(int (*)(int), "fdatasync")(fd);
}
