/* lmdb_damage: see lmdb_damage.h. */
#include "lib/lmdb_damage.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/must.h"

#define WITHIN 1000
#define NEW_IDS 200
#define CHANGED_IDS (DAMAGE_IDS / 10)
#define FIRST_X 5
#define LAST_X 8
#define PAGE_BYTES 4096
#define EXIT_FIRST 100 /* a child's exit status: this and an enum lmdb_damage */
#define EXIT_SANITIZER 1
#define EXIT_FUZZER 71 /* libFuzzer: more memory than it allows */
#define REPORT_SECONDS 60

const char *const lmdb_damage_names[DAMAGE_KINDS] = {
	"nothing changed",
	"found at the open, moved aside",
	"K gone, so rebuilt",
	"found in use, stopped",
	"fails again and again",
	"LMDB crashed",
	"LMDB hung",
	"forgot ids until the sweep found it",
	"silently forgot ids",
	"silently served what was never stored",
};

static int open_data(const struct lmdb_world *world, int flags)
{
	char path[160];
	int fd;

	lmdb_world_path(world, "data.mdb", path);
	fd = open(path, flags | O_CLOEXEC, 0600);
	must(fd >= 0);
	return fd;
}

static void populate(struct lmdb_world *world)
{
	struct store_part part;

	lmdb_world_open(world);
	part = lmdb_world_acquire(world, NULL, NULL);
	for (uint64_t i = 0; i < DAMAGE_IDS; i++)
		lmdb_world_put(world, part, i, FIRST_X);
	must(!lmdb_world_checkpoint(world, part, FIRST_X, FIRST_X, WITHIN));
	lmdb_world_close(world);
}

static int ended(pid_t pid)
{
	int status;

	must(pid > 0);
	while (waitpid(pid, &status, 0) != pid)
		must(errno == EINTR);
	return status;
}

/* In a child too: the first open installs handlers for crashes, which shall be the start's own. */
void lmdb_damage_image(struct lmdb_world *world, struct lmdb_image *ret)
{
	struct stat file;
	pid_t pid;
	int fd;

	(void)fflush(NULL);
	pid = fork();
	if (pid == 0) {
		populate(world);
		_exit(0);
	}
	must(ended(pid) == 0);
	fd = open_data(world, O_RDONLY);
	must(fstat(fd, &file) == 0);
	ret->len = ret->size = (size_t)file.st_size;
	ret->data = malloc(ret->len);
	must(ret->data && pread(fd, ret->data, ret->len, 0) == (ssize_t)ret->len);
	while (ret->len > 0 && !ret->data[ret->len - 1])
		ret->len--;
	ret->len = (ret->len + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
	(void)close(fd);
}

void lmdb_damage_image_free(struct lmdb_image *image)
{
	free(image->data);
	image->data = NULL;
}

void lmdb_damage_plant(struct lmdb_world *world, const struct lmdb_image *image)
{
	int fd;

	lmdb_world_wipe(world);
	fd = open_data(world, O_WRONLY | O_CREAT);
	must(write(fd, image->data, image->len) == (ssize_t)image->len);
	must(ftruncate(fd, (off_t)image->size) == 0);
	(void)close(fd);
}

void lmdb_damage_xor(struct lmdb_world *world, const struct lmdb_image *image, size_t at,
		     uint8_t bits)
{
	uint8_t byte;
	int fd = open_data(world, O_RDWR);

	must(at < image->len && pread(fd, &byte, 1, (off_t)at) == 1);
	byte ^= bits;
	must(pwrite(fd, &byte, 1, (off_t)at) == 1);
	(void)close(fd);
}

/* ---- the child ---- */

unsigned *lmdb_damage_forgotten; /* shared with the child */

static enum lmdb_damage failed(const struct lmdb_world *world)
{
	if (world->err.kind == ERR_RETRY)
		return DAMAGE_RETRY;
	if (world->err.kind != ERR_STOP || world->err.code != EXIT_INTERNAL)
		(void)fprintf(stderr, "%s\n", world->err.msg);
	must(world->err.kind == ERR_STOP && world->err.code == EXIT_INTERNAL);
	return DAMAGE_STOP;
}

/* x: that of the last checkpoint; each one after the first marked all ids below CHANGED_IDS. */
static enum lmdb_damage look(struct lmdb_world *world, struct store_part part, int64_t x)
{
	enum lmdb_damage found = DAMAGE_NONE;
	unsigned forgotten = 0;

	for (uint64_t i = 0; i < DAMAGE_IDS + NEW_IDS && found != DAMAGE_WRONG; i++) {
		int64_t expected = i < CHANGED_IDS ? x : FIRST_X, t = expected;
		int got = lmdb_world_get(world, part, i, &t);

		if (got < 0)
			return failed(world);
		if ((t != expected && (t < FIRST_X || t > x)) || (got && i >= DAMAGE_IDS))
			found = DAMAGE_WRONG;
		else if (t != expected || (!got && i < DAMAGE_IDS))
			forgotten++; /* it, or its latest mark */
	}
	if (forgotten > *lmdb_damage_forgotten)
		*lmdb_damage_forgotten = forgotten;
	if (forgotten && found == DAMAGE_NONE)
		found = DAMAGE_FORGOT;
	return found;
}

static enum lmdb_damage use(struct lmdb_world *world)
{
	struct checkpoint k;
	struct crash_count crashes;
	struct store_part part;
	enum lmdb_damage found;
	bool has;

	if (lmdb_world_try(world) || lmdb_store_open(world->env, &world->store, &world->err))
		return failed(world);
	if (lmdb_world_reports() > 0)
		return DAMAGE_ASIDE;
	if (world->store->ops->acquire(world->store, lmdb_world_tp, &part, &has, &k, &crashes,
				       &world->err))
		return failed(world);
	if (!has)
		return DAMAGE_NO_K;
	if (k.x < FIRST_X || k.x > LAST_X || k.window.t != k.x)
		return DAMAGE_WRONG;
	found = look(world, part, k.x);
	/* A sweep over all there is, and somewhat more. */
	for (int64_t x = k.x + 1; x <= LAST_X && (found == DAMAGE_NONE || found == DAMAGE_FORGOT);
	     x++) {
		enum lmdb_damage next;

		for (uint64_t i = 0; i < CHANGED_IDS; i++)
			lmdb_world_put(world, part, i, x);
		next = lmdb_world_checkpoint(world, part, x, x, WITHIN) ? failed(world)
									: look(world, part, x);
		if (next != DAMAGE_NONE)
			found = found == DAMAGE_FORGOT && next == DAMAGE_STOP ? DAMAGE_LATE : next;
	}
	return found;
}

/* A hang; or a crash whose report is still being written: a sanitizer's takes seconds on a busy
 * machine, and without its end is_ours cannot say whose crash it was. */
static void out_of_time(int signal_number)
{
	struct stat report;

	(void)signal(signal_number, SIG_DFL);
	if (fstat(STDERR_FILENO, &report) == 0 && report.st_size > 0)
		(void)alarm(REPORT_SECONDS);
	else
		(void)raise(signal_number);
}

static void child(struct lmdb_world *world, int complaints, unsigned seconds_max)
{
	static const int signals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};
	enum lmdb_damage found;

	/* A sanitizer would take them for its own. */
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		must(signal(signals[i], SIG_DFL) != SIG_ERR);
	must(signal(SIGALRM, out_of_time) != SIG_ERR);
	must(dup2(complaints, STDERR_FILENO) == STDERR_FILENO);
	(void)alarm(seconds_max);
	found = use(world);
	lmdb_world_close(world);
	_exit(EXIT_FIRST + (int)found);
}

/* LMDB never calls onced: where it stands nearer to the crash than any of onced's frames, LMDB
 * wrote beyond a page, or wanted the memory that a damaged page asks for. Between the two and the
 * report are the sanitizer's own frames, which gcc's names by a path in a src/ too. */
static bool is_in_lmdb(const char *text)
{
	for (const char *line = text; line; line = strchr(line + 1, '\n')) {
		size_t len = strcspn(line + 1, "\n");

		if (memmem(line, len, "libsanitizer/", 13))
			continue;
		if (memmem(line, len, "liblmdb", 7))
			return true;
		if (memmem(line, len, "src/", 4))
			return false;
	}
	return false;
}

/* Says whose crash it was: onced's assertions and the sanitizers name it on stderr. */
static bool is_ours(int complaints)
{
	char text[16384] = "";
	ssize_t len = pread(complaints, text, sizeof(text) - 1, 0);

	must(len >= 0);
	if (is_in_lmdb(text))
		return false;
	if (!strstr(text, "broken invariant") && !strstr(text, "ERROR: ") &&
	    !strstr(text, "runtime error"))
		return false;
	(void)fprintf(stderr, "%s\n", text);
	return true;
}

enum lmdb_damage lmdb_damage_start(struct lmdb_world *world, unsigned seconds_max)
{
	int complaints = memfd_create("complaints", MFD_CLOEXEC);
	int status;
	pid_t pid;

	must(complaints >= 0);
	if (!lmdb_damage_forgotten)
		lmdb_damage_forgotten = mmap(NULL, sizeof(unsigned), PROT_READ | PROT_WRITE,
					     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(lmdb_damage_forgotten != MAP_FAILED);
	*lmdb_damage_forgotten = 0;
	(void)fflush(NULL); /* or the child says it too */
	pid = fork();
	if (pid == 0)
		child(world, complaints, seconds_max);
	status = ended(pid);
	must(!is_ours(complaints));
	(void)close(complaints);
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGALRM ? DAMAGE_HANG : DAMAGE_CRASH;
	must(WIFEXITED(status));
	if (WEXITSTATUS(status) == EXIT_SANITIZER || WEXITSTATUS(status) == EXIT_FUZZER)
		return DAMAGE_CRASH; /* see is_ours */
	must(WEXITSTATUS(status) >= EXIT_FIRST && WEXITSTATUS(status) < EXIT_FIRST + DAMAGE_KINDS);
	return (enum lmdb_damage)(WEXITSTATUS(status) - EXIT_FIRST);
}
