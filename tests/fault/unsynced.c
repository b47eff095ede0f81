/*
 * unsynced: a loss of power, for a program that is started with LD_PRELOAD=unsynced.so: before
 * something is written to a data.mdb, what stood there goes into the file that $UNSYNCED names;
 * a sync that succeeded empties it. After a SIGKILL unsynced.py takes back what was not synced.
 * $UNSYNCED_KILL: SIGKILL instead of this write, counted from one.
 *
 * An entry: offset and length in native 8 bytes each, then the bytes. Beyond the end of the file
 * stood zeros.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define DATA "/data.mdb"

/* The library's own, by its name. */
#define NEXT(type, name) ((type)dlsym(RTLD_NEXT, name))

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int undo = -1;
static long writes;

static bool is_data(int fd)
{
	char name[64], path[512];
	ssize_t len;

	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	len = readlink(name, path, sizeof(path) - 1);
	if (len < (ssize_t)strlen(DATA) || !getenv("UNSYNCED"))
		return false;
	path[len] = '\0';
	return strcmp(path + len - strlen(DATA), DATA) == 0;
}

static void broken(const char *what)
{
	perror(what);
	abort();
}

static void keep(int fd, size_t len, off_t at)
{
	int64_t head[2] = {at, (int64_t)len};
	char *old = calloc(1, len);
	ssize_t got;

	/* The program's descriptor may be one that cannot read. */
	char name[64];
	int in;

	if (!old)
		broken("unsynced: memory");
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	in = open(name, O_RDONLY | O_CLOEXEC);
	if (in < 0 || (got = pread(in, old, len, at)) < 0)
		broken("unsynced: read");
	close(in);
	(void)pthread_mutex_lock(&mutex);
	writes++;
	if (getenv("UNSYNCED_KILL") && writes == strtol(getenv("UNSYNCED_KILL"), NULL, 10))
		(void)raise(SIGKILL);
	if (undo < 0)
		undo = open(getenv("UNSYNCED"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (undo < 0 || write(undo, head, sizeof(head)) != sizeof(head) ||
	    write(undo, old, len) != (ssize_t)len)
		broken("unsynced: keep");
	(void)pthread_mutex_unlock(&mutex);
	free(old);
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
	if (is_data(fd))
		keep(fd, len, at);
	return NEXT(ssize_t(*)(int, const void *, size_t, off_t), "pwrite")(fd, data, len, at);
}

ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at)
{
	return pwrite(fd, data, len, at);
}

static size_t sum(const struct iovec *parts, int count)
{
	size_t len = 0;

	for (int i = 0; i < count; i++)
		len += parts[i].iov_len;
	return len;
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
	if (is_data(fd))
		keep(fd, sum(parts, count), lseek(fd, 0, SEEK_CUR));
	return NEXT(ssize_t(*)(int, const struct iovec *, int), "writev")(fd, parts, count);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at)
{
	if (is_data(fd))
		keep(fd, sum(parts, count), at);
	return NEXT(ssize_t(*)(int, const struct iovec *, int, off_t), "pwritev")(fd, parts, count,
										  at);
}

int fdatasync(int fd)
{
	int rc = NEXT(int (*)(int), "fdatasync")(fd);

	if (rc == 0 && undo >= 0 && is_data(fd) && ftruncate(undo, 0))
		broken("unsynced: emptied");
	return rc;
}
