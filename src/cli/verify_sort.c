/* verify_sort: see verify_sort.h. A run is a piece of the one file; each is read back through a
 * window of its own, and a heap says whose item is next. */
#include "cli/verify_sort.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/must.h"

#define ROOM_FIRST ((size_t)64)
#define WINDOW_ITEMS_MAX ((size_t)16384) /* a larger one makes no faster reads */

struct verify_sort_run {
	off_t next, end; /* in the file: what is not in the window yet */
	char *window;
	size_t at, count; /* of items in the window */
};

const char *verify_sort_dir(void)
{
	const char *dir = getenv("TMPDIR");

	return dir && dir[0] ? dir : "/var/tmp";
}

static int file_error(const struct verify_sort *sort, const char *what, int number, struct err *err)
{
	return err_set(err, ERR_STOP, EXIT_INTERNAL,
		       "temporary file in %s: %s: %s (TMPDIR names another directory)", sort->dir,
		       what, strerror(number));
}

static int open_file(struct verify_sort *sort, struct err *err)
{
	char path[PATH_MAX];
	int length;

	sort->fd = open(sort->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (sort->fd >= 0)
		return 0;
	if (errno != EOPNOTSUPP && errno != EISDIR)
		return file_error(sort, "open", errno, err);
	/* A file system that does not know files without a name. */
	length = snprintf(path, sizeof(path), "%s/onced-verify.XXXXXX", sort->dir);
	if (length < 0 || (size_t)length >= sizeof(path))
		return file_error(sort, "open", ENAMETOOLONG, err);
	sort->fd = mkostemp(path, O_CLOEXEC);
	if (sort->fd < 0)
		return file_error(sort, "open", errno, err);
	(void)unlink(path); /* a name that stays is untidy, and no more */
	return 0;
}

static int write_all(struct verify_sort *sort, const char *data, size_t size, struct err *err)
{
	while (size > 0) {
		ssize_t written = write(sort->fd, data, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return file_error(sort, "write", errno, err);
		data += written;
		size -= (size_t)written;
	}
	return 0;
}

/* The items in memory become a run. */
static int spill(struct verify_sort *sort, struct err *err)
{
	off_t start = sort->run_count ? sort->runs[sort->run_count - 1].end : 0;
	size_t size = sort->count * sort->item_bytes;

	if (sort->run_count == 0 && open_file(sort, err) < 0)
		return -1;
	qsort(sort->items, sort->count, sort->item_bytes, sort->compare);
	/* Listed before it is written: from the first run on the file is there to be closed. */
	sort->runs = realloc(sort->runs, (sort->run_count + 1) * sizeof(*sort->runs));
	must(sort->runs != NULL);
	sort->runs[sort->run_count++] =
		(struct verify_sort_run){.next = start, .end = start + (off_t)size};
	if (write_all(sort, sort->items, size, err) < 0)
		return -1;
	sort->count = 0;
	return 0;
}

int verify_sort_add(struct verify_sort *sort, const void *item, struct err *err)
{
	size_t room_max = sort->memory_bytes / 2 / sort->item_bytes;

	must(sort->item_bytes > 0 && !sort->heap);
	if (room_max == 0)
		room_max = 1;
	if (sort->count == room_max && spill(sort, err) < 0)
		return -1;
	if (sort->count == sort->room) {
		sort->room = sort->room ? sort->room * 2 : ROOM_FIRST;
		if (sort->room > room_max)
			sort->room = room_max;
		sort->items = realloc(sort->items, sort->room * sort->item_bytes);
		must(sort->items != NULL);
	}
	memcpy(sort->items + sort->count * sort->item_bytes, item, sort->item_bytes);
	sort->count++;
	sort->total++;
	return 0;
}

static size_t window_items(const struct verify_sort *sort)
{
	size_t items = sort->memory_bytes / sort->run_count / sort->item_bytes;

	if (items > WINDOW_ITEMS_MAX)
		return WINDOW_ITEMS_MAX;
	return items > 0 ? items : 1;
}

/* False in *ret_more: the run is at its end. */
static int refill(struct verify_sort *sort, struct verify_sort_run *run, bool *ret_more,
		  struct err *err)
{
	size_t wanted = window_items(sort) * sort->item_bytes, have = 0;

	if ((off_t)wanted > run->end - run->next)
		wanted = (size_t)(run->end - run->next);
	while (have < wanted) {
		ssize_t got =
			pread(sort->fd, run->window + have, wanted - have, run->next + (off_t)have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return file_error(sort, "read", got < 0 ? errno : EIO, err);
		have += (size_t)got;
	}
	run->next += (off_t)wanted;
	run->at = 0;
	run->count = wanted / sort->item_bytes;
	*ret_more = run->count > 0;
	return 0;
}

static const char *head(const struct verify_sort *sort, size_t run)
{
	return sort->runs[run].window + sort->runs[run].at * sort->item_bytes;
}

/* Equal items come in the order of their runs, so that the order is the same on each reading. */
static bool is_before(const struct verify_sort *sort, size_t left, size_t right)
{
	int order = sort->compare(head(sort, left), head(sort, right));

	return order < 0 || (order == 0 && left < right);
}

static void sift_down(struct verify_sort *sort, size_t at)
{
	for (;;) {
		size_t least = at;

		for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++)
			if (child < sort->heap_count &&
			    is_before(sort, sort->heap[child], sort->heap[least]))
				least = child;
		if (least == at)
			return;
		size_t moved = sort->heap[at];
		sort->heap[at] = sort->heap[least];
		sort->heap[least] = moved;
		at = least;
	}
}

int verify_sort_end(struct verify_sort *sort, struct err *err)
{
	must(!sort->heap);
	sort->at = 0;
	if (sort->run_count == 0) {
		if (sort->count > 1)
			qsort(sort->items, sort->count, sort->item_bytes, sort->compare);
		return 0;
	}
	if (sort->count > 0 && spill(sort, err) < 0)
		return -1;
	free(sort->items); /* the windows take its place in the budget */
	sort->items = NULL;
	sort->room = 0;
	sort->heap = calloc(sort->run_count, sizeof(*sort->heap));
	must(sort->heap != NULL);
	for (size_t i = 0; i < sort->run_count; i++) {
		struct verify_sort_run *run = &sort->runs[i];
		bool more;

		run->window = malloc(window_items(sort) * sort->item_bytes);
		must(run->window != NULL);
		if (refill(sort, run, &more, err) < 0)
			return -1;
		if (more)
			sort->heap[sort->heap_count++] = i;
	}
	for (size_t i = sort->heap_count; i > 0; i--)
		sift_down(sort, i - 1);
	sort->at = SIZE_MAX; /* no item is out */
	return 0;
}

/* The item that is out is done with: its run's next one takes its place. */
static int step(struct verify_sort *sort, struct err *err)
{
	struct verify_sort_run *run = &sort->runs[sort->at];
	bool more = true;

	must(sort->heap[0] == sort->at);
	if (++run->at == run->count && refill(sort, run, &more, err) < 0)
		return -1;
	if (!more)
		sort->heap[0] = sort->heap[--sort->heap_count];
	sift_down(sort, 0);
	return 0;
}

int verify_sort_next(struct verify_sort *sort, const void **ret, struct err *err)
{
	if (sort->run_count == 0) {
		*ret = sort->at < sort->count ? sort->items + sort->at++ * sort->item_bytes : NULL;
		return 0;
	}
	must(sort->heap != NULL);
	if (sort->at != SIZE_MAX && step(sort, err) < 0)
		return -1;
	sort->at = sort->heap_count > 0 ? sort->heap[0] : SIZE_MAX;
	*ret = sort->heap_count > 0 ? head(sort, sort->at) : NULL;
	return 0;
}

void verify_sort_clear(struct verify_sort *sort)
{
	for (size_t i = 0; i < sort->run_count; i++)
		free(sort->runs[i].window);
	if (sort->run_count > 0)
		(void)close(sort->fd); /* nameless: its space is free from here on */
	free(sort->runs);
	free(sort->heap);
	free(sort->items);
	*sort = (struct verify_sort){.item_bytes = sort->item_bytes,
				     .memory_bytes = sort->memory_bytes,
				     .compare = sort->compare,
				     .dir = sort->dir};
}
