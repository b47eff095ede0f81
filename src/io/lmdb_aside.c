/* lmdb_aside: see lmdb_aside.h. */
#include "io/lmdb_aside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FLAG_CORRUPT "corrupt"
#define FLAG_OPENING "opening"
#define FLAG_AGAIN "opening-again"
#define ASIDE_PREFIX "aside-"
#define ASIDE_TRIES 1000 /* in one second */

/* data.mdb first: without it what is left is no environment. `corrupt` leaves last, so that a
 * crash in between goes on with the move. */
static const char *const files[] = {"data.mdb", "lock.mdb", FLAG_OPENING, FLAG_AGAIN, FLAG_CORRUPT};

static bool exists(int dir_fd, const char *name)
{
	return faccessat(dir_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

const char *lmdb_aside_reason(int dir_fd)
{
	if (exists(dir_fd, FLAG_CORRUPT))
		return "a corrupt row was found in it, or LMDB crashed on it, while it was in use";
	if (exists(dir_fd, FLAG_AGAIN))
		return "two starts in a row ended while they opened it";
	return NULL;
}

static int touch(int dir_fd, const char *name, bool durable)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	int rc = 0;

	if (fd < 0)
		return errno;
	if (durable && (fsync(fd) || fsync(dir_fd)))
		rc = errno;
	(void)close(fd); /* nothing was written through it */
	return rc;
}

static int drop(int dir_fd, const char *name)
{
	if (unlinkat(dir_fd, name, 0) && errno != ENOENT)
		return errno;
	return 0;
}

int lmdb_aside_opening(int dir_fd)
{
	if (exists(dir_fd, FLAG_OPENING))
		return renameat(dir_fd, FLAG_OPENING, dir_fd, FLAG_AGAIN) ? errno : 0;
	/* Not fsynced: what it guards against is a crash of the process, which the page cache
	 * outlives. */
	return touch(dir_fd, FLAG_OPENING, false);
}

int lmdb_aside_opened(int dir_fd)
{
	int rc = drop(dir_fd, FLAG_AGAIN);

	return rc ? rc : drop(dir_fd, FLAG_OPENING);
}

int lmdb_aside_flag(int dir_fd)
{
	return touch(dir_fd, FLAG_CORRUPT, true);
}

static int make(int dir_fd, char name[64])
{
	time_t now = time(NULL);
	struct tm utc;
	char stamp[32];

	if (!gmtime_r(&now, &utc) || !strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &utc))
		return EOVERFLOW;
	for (int n = 1; n <= ASIDE_TRIES; n++) {
		/* %04d: names in the order of time, for the pruning below. */
		(void)snprintf(name, 64, ASIDE_PREFIX "%s-%04d", stamp, n);
		if (!mkdirat(dir_fd, name, 0700))
			return 0;
		if (errno != EEXIST)
			return errno;
	}
	return EEXIST;
}

static int is_aside(const struct dirent *item)
{
	return !strncmp(item->d_name, ASIDE_PREFIX, strlen(ASIDE_PREFIX));
}

/* Deletes only what lmdb_aside_move puts there: anything else in it keeps the directory. */
static void prune(int dir_fd)
{
	struct dirent **items = NULL;
	int count = scandirat(dir_fd, ".", &items, is_aside, alphasort);

	for (int i = 0; i < count; i++) {
		if (i < count - LMDB_ASIDE_MAX) {
			int fd = openat(dir_fd, items[i]->d_name,
					O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

			for (size_t f = 0; fd >= 0 && f < sizeof(files) / sizeof(*files); f++)
				(void)unlinkat(fd, files[f], 0);
			if (fd >= 0)
				(void)close(fd);
			(void)unlinkat(dir_fd, items[i]->d_name, AT_REMOVEDIR);
		}
		free(items[i]);
	}
	free(items);
}

int lmdb_aside_move(int dir_fd, char name[64])
{
	int rc = make(dir_fd, name);
	int fd;

	if (rc)
		return rc;
	fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files) && !rc; i++)
		if (renameat(dir_fd, files[i], fd, files[i]) && errno != ENOENT)
			rc = errno;
	if (!rc && (fsync(fd) || fsync(dir_fd)))
		rc = errno;
	(void)close(fd); /* a directory: nothing to lose */
	if (!rc)
		prune(dir_fd);
	return rc;
}
