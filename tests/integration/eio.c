/*
 * eio: a disk that fails, for a program that is started with LD_PRELOAD=eio.so: as long as the file
 * that $EIO_WHILE names exists, writing or syncing a data.mdb fails with EIO.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define DATA "/data.mdb"

static bool fails(int fd)
{
	const char *flag = getenv("EIO_WHILE");
	char name[64], path[512];
	ssize_t len;

	if (!flag || access(flag, F_OK) != 0)
		return false;
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	len = readlink(name, path, sizeof(path) - 1);
	if (len < (ssize_t)strlen(DATA))
		return false;
	path[len] = '\0';
	if (strcmp(path + len - strlen(DATA), DATA) != 0)
		return false;
	errno = EIO;
	return true;
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
	return fails(fd) ? -1 : NEXT(int (*)(int), "fdatasync")(fd);
}
