/* trust: see trust.h. */
#include "config/trust.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define FILE_OPEN "everyone may write it, so that it cannot be trusted: chmod o-w"
#define FOLDER_OPEN                                                                                \
	"everyone may write its folder and so replace it, so that it cannot be trusted: chmod "    \
	"o-w of the folder"

static bool is_open_folder(const struct stat *status)
{
	return (status->st_mode & S_IWOTH) && !(status->st_mode & S_ISVTX);
}

static bool is_in_open_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;
	char folder[PATH_MAX] = ".";
	struct stat status;

	if (len >= sizeof(folder))
		return false; /* no such file can be opened either */
	if (slash)
		(void)snprintf(folder, sizeof(folder), "%.*s", len > 0 ? (int)len : 1, path);
	return stat(folder, &status) == 0 && is_open_folder(&status);
}

const char *trust_problem(const char *path, const struct stat *status)
{
	/* What ssl.ca.location names may be a folder. */
	if (S_ISDIR(status->st_mode) ? is_open_folder(status) : status->st_mode & S_IWOTH)
		return FILE_OPEN;
	return is_in_open_folder(path) ? FOLDER_OPEN : NULL;
}
