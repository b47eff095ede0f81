/*
 * store_loss: goal: whatever happens to the files, what the store serves is what was stored, or
 * nothing: a damaged or foreign environment is moved aside and an empty one begins. Method: files
 * cut, flipped, swapped and planted between two opens; a row flipped under a running environment.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/lmdb_err.h"
#include "io/lmdb_guard.h"
#include "lib/lmdb_damage.h"
#include "lib/suite.h"

#define WITHIN 1000
#define IDS 2000

static struct lmdb_world world;

static void begin(void)
{
	lmdb_world_begin(&world);
}

static void end(void)
{
	lmdb_world_end(&world);
}

/* An environment with one partition at x = 5 and IDS entries of T = 5, closed. */
static void populate(void)
{
	struct store_part part;

	lmdb_world_open(&world);
	part = lmdb_world_acquire(&world, NULL, NULL);
	for (uint64_t i = 0; i < IDS; i++)
		lmdb_world_put(&world, part, i, 5);
	ck_assert(!lmdb_world_checkpoint(&world, part, 5, 5, WITHIN));
	lmdb_world_close(&world);
}

/* Opens; the state must have been moved aside once, for this reason, and be usable again. */
static void expect_rebuilt(const char *reason)
{
	struct store_part part;
	bool has;

	lmdb_world_open(&world);
	ck_assert_int_eq(lmdb_world_reports(), 1);
	ck_assert_msg(strstr(lmdb_world_report(), reason) != NULL, "%s", lmdb_world_report());
	ck_assert_int_eq(lmdb_world_asides(&world), 1);
	part = lmdb_world_acquire(&world, &has, NULL);
	ck_assert(!has);
	ck_assert_int_eq(lmdb_world_get(&world, part, 1, NULL), 0);
	lmdb_world_put(&world, part, 1, 9);
	ck_assert(!lmdb_world_checkpoint(&world, part, 9, 9, WITHIN));
	lmdb_world_close(&world);
	lmdb_world_open(&world);
	ck_assert_int_eq(lmdb_world_reports(), 0);
	part = lmdb_world_acquire(&world, &has, NULL);
	ck_assert(has);
	ck_assert_int_eq(lmdb_world_get(&world, part, 1, NULL), 1);
}

/* The state of populate is there, untouched. */
static void expect_kept(void)
{
	struct checkpoint k;
	struct store_part part;
	bool has;

	lmdb_world_open(&world);
	ck_assert_int_eq(lmdb_world_reports(), 0);
	part = lmdb_world_acquire(&world, &has, &k);
	ck_assert(has);
	ck_assert_int_eq(k.x, 5);
	for (uint64_t i = 0; i < IDS; i++)
		ck_assert_int_eq(lmdb_world_get(&world, part, i, NULL), 1);
	lmdb_world_close(&world);
}

/* ---- the file ---- */

static int open_data(int flags)
{
	char path[160];
	int fd;

	lmdb_world_path(&world, "data.mdb", path);
	fd = open(path, flags, 0600);
	ck_assert_int_ge(fd, 0);
	return fd;
}

/* Flips a bit `skip` bytes behind each place where the needle stands. */
static void flip_behind(const void *needle, size_t len, size_t skip)
{
	int fd = open_data(O_RDWR);
	size_t size = lmdb_world_bytes(&world);
	uint8_t *data = malloc(size);
	ssize_t got = pread(fd, data, size, 0);
	int flips = 0;

	ck_assert_int_gt(got, 0);
	for (size_t i = 0; i + len + skip < (size_t)got; i++) {
		uint8_t byte;

		if (memcmp(data + i, needle, len) != 0)
			continue;
		byte = data[i + len + skip] ^ 0x10;
		ck_assert_int_eq(pwrite(fd, &byte, 1, (off_t)(i + len + skip)), 1);
		flips++;
	}
	ck_assert_int_gt(flips, 0);
	free(data);
	close(fd);
}

START_TEST(truncated_file_is_moved_aside)
{
	static const off_t sizes[] = {100, 4096, 2 * 4096, 3 * 4096, 20 * 4096};
	int fd;

	populate();
	fd = open_data(O_WRONLY);
	ck_assert_int_eq(ftruncate(fd, sizes[_i]), 0);
	close(fd);
	expect_rebuilt("moved aside to aside-");
}
END_TEST

START_TEST(empty_file_is_a_new_environment)
{
	struct store_part part;
	bool has;
	int fd;

	populate();
	fd = open_data(O_WRONLY | O_TRUNC);
	close(fd);
	lmdb_world_open(&world);
	part = lmdb_world_acquire(&world, &has, NULL);
	ck_assert(!has);
	ck_assert_int_eq(lmdb_world_get(&world, part, 1, NULL), 0);
}
END_TEST

START_TEST(text_file_in_its_place_is_moved_aside)
{
	char text[3 * 4096];
	int fd;

	populate();
	memset(text, 'x', sizeof(text));
	fd = open_data(O_WRONLY | O_TRUNC);
	ck_assert_int_eq(write(fd, text, sizeof(text)), (ssize_t)sizeof(text));
	close(fd);
	expect_rebuilt("not an LMDB file");
}
END_TEST

START_TEST(zeroed_file_is_moved_aside)
{
	static const char zero[64 * 4096];
	int fd;

	populate();
	fd = open_data(O_WRONLY);
	ck_assert_int_eq(write(fd, zero, sizeof(zero)), (ssize_t)sizeof(zero));
	close(fd);
	expect_rebuilt("not an LMDB file");
}
END_TEST

START_TEST(flipped_partition_row_is_moved_aside)
{
	populate();
	flip_behind("payments\0\0\0\0", 13, 100);
	expect_rebuilt("moved aside");
}
END_TEST

START_TEST(flipped_header_is_moved_aside)
{
	populate();
	flip_behind("onced\0lm", 8, 30);
	expect_rebuilt("moved aside");
}
END_TEST

START_TEST(environment_of_another_program_is_moved_aside)
{
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
	MDB_val key = {3, (void *)(uintptr_t) "key"}, value = {5, (void *)(uintptr_t) "value"};

	lmdb_world_open(&world);
	lmdb_world_close(&world);
	close(open_data(O_WRONLY | O_TRUNC));
	ck_assert_int_eq(mdb_env_create(&env), 0);
	ck_assert_int_eq(mdb_env_set_maxdbs(env, 1), 0);
	ck_assert_int_eq(mdb_env_open(env, world.dir, 0, 0600), 0);
	ck_assert_int_eq(mdb_txn_begin(env, NULL, 0, &txn), 0);
	ck_assert_int_eq(mdb_dbi_open(txn, _i ? "meta" : NULL, MDB_CREATE, &dbi), 0);
	ck_assert_int_eq(mdb_put(txn, dbi, &key, &value, 0), 0);
	ck_assert_int_eq(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
	expect_rebuilt("not an LMDB file");
}
END_TEST

/* ---- found while running ---- */

static void expect_stop(int rc)
{
	ck_assert_int_eq(rc, -1);
	ck_assert_int_eq(world.err.kind, ERR_STOP);
	ck_assert_int_eq(world.err.code, EXIT_INTERNAL);
	ck_assert_ptr_nonnull(strstr(world.err.msg, "corrupt"));
}

START_TEST(flipped_entry_stops_the_get_and_the_next_open_rebuilds)
{
	struct hash128 id = lmdb_world_id(1);
	struct crash_count none = {-1, 0, 0};
	struct store_part part;

	populate();
	flip_behind(&id, sizeof(id), 3);
	lmdb_world_open(&world);
	part = lmdb_world_acquire(&world, NULL, NULL);
	ck_assert_int_eq(lmdb_world_get(&world, part, 2, NULL), 1);
	expect_stop(lmdb_world_get(&world, part, 1, NULL));
	/* From here on nothing is served or written. */
	expect_stop(lmdb_world_get(&world, part, 2, NULL));
	expect_stop(lmdb_world_checkpoint(&world, part, 6, 6, WITHIN));
	expect_stop(world.store->ops->reset(world.store, lmdb_world_tp, &part, &world.err));
	expect_stop(world.store->ops->crash_write(world.store, lmdb_world_tp, &none, &world.err));
	lmdb_world_close(&world);
	ck_assert(lmdb_world_has(&world, "corrupt"));
	expect_rebuilt("a corrupt row was found");
	ck_assert(!lmdb_world_has(&world, "corrupt"));
}
END_TEST

START_TEST(flipped_entry_stops_the_sweep)
{
	struct hash128 id = lmdb_world_id(IDS - 1);
	struct store_part part;
	int rc = 0;

	populate();
	flip_behind(&id, sizeof(id), 3);
	lmdb_world_open(&world);
	part = lmdb_world_acquire(&world, NULL, NULL);
	for (int i = 0; i < 4 && !rc; i++)
		rc = lmdb_world_checkpoint(&world, part, 6, 6, WITHIN);
	expect_stop(rc);
	lmdb_world_close(&world);
	expect_rebuilt("a corrupt row was found");
}
END_TEST

/* ---- crashes while opening ---- */

static void plant(const char *name)
{
	char path[160];
	int fd;

	lmdb_world_path(&world, name, path);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

START_TEST(one_start_that_died_opening_is_forgiven)
{
	populate();
	plant("opening");
	expect_kept();
	ck_assert(!lmdb_world_has(&world, "opening"));
	ck_assert(!lmdb_world_has(&world, "opening-again"));
	plant("opening"); /* and the count begins anew */
	expect_kept();
}
END_TEST

START_TEST(two_starts_that_died_opening_move_it_aside)
{
	populate();
	plant("opening-again");
	expect_rebuilt("two starts in a row");
	ck_assert(!lmdb_world_has(&world, "opening-again"));
}
END_TEST

START_TEST(only_the_latest_asides_are_kept)
{
	lmdb_world_open(&world);
	lmdb_world_close(&world);
	for (int i = 0; i < 6; i++) {
		plant("corrupt");
		lmdb_world_open(&world);
		ck_assert_int_eq(lmdb_world_reports(), 1);
		lmdb_world_close(&world);
		ck_assert_int_eq(lmdb_world_asides(&world), i < 3 ? i + 1 : 3);
	}
}
END_TEST

/* ---- any bit ---- */

/* A page as LMDB lays it out: 16 bytes of head, flags at 10, from there the places of its nodes;
 * a node has 8 bytes of head, then its key. A branch's first node has no key. */
START_TEST(branch_page_that_misleads_is_found_by_the_sweep)
{
	struct lmdb_image image;
	int branches = 0;

	lmdb_damage_image(&world, &image);
	lmdb_damage_plant(&world, &image);
	for (size_t page = 2 * 4096; page < image.len; page += 4096) {
		const uint8_t *at = image.data + page;
		size_t node = at[18] | (size_t)at[19] << 8; /* the second */

		if (!(at[10] & 1) || node + 8 + 5 > 4096)
			continue;
		/* The id's first byte, behind the partition's number: other ids now seem to lie
		 * beyond it, or before. */
		lmdb_damage_xor(&world, &image, page + node + 8 + 4, 0x02);
		branches++;
	}
	ck_assert_int_gt(branches, 0);
	ck_assert_int_eq(lmdb_damage_start(&world, 5), DAMAGE_LATE);
	ck_assert_int_gt((int)*lmdb_damage_forgotten, 0);
	ck_assert(lmdb_world_has(&world, "corrupt"));
	ck_assert_int_eq(lmdb_damage_start(&world, 5), DAMAGE_ASIDE);
	lmdb_damage_image_free(&image);
}
END_TEST

START_TEST(what_blames_the_file_is_told_from_what_heals)
{
	static const int blame[] = {MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_INVALID, EFAULT};
	static const int heal[] = {EIO, ENOSPC, ENOMEM, MDB_MAP_FULL};
	struct err err;

	for (size_t i = 0; i < sizeof(blame) / sizeof(*blame); i++) {
		ck_assert_int_eq(lmdb_err_set(&err, blame[i], "dir", "checkpoint"), -1);
		ck_assert(lmdb_err_is_corrupt(blame[i]) && err.kind == ERR_STOP);
		ck_assert_int_eq(err.code, EXIT_INTERNAL);
	}
	for (size_t i = 0; i < sizeof(heal) / sizeof(*heal); i++) {
		ck_assert_int_eq(lmdb_err_set(&err, heal[i], "dir", "checkpoint"), -1);
		ck_assert(!lmdb_err_is_corrupt(heal[i]) && err.kind == ERR_RETRY);
	}
}
END_TEST

/* ---- crashes in LMDB ---- */

enum { BY_FAULT, BY_ABORT, BY_FAULT_OUTSIDE, CRASHES };

static void crash(int how)
{
	volatile char *page = mmap(NULL, 1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int dir = open(world.dir, O_RDONLY | O_DIRECTORY);

	/* A sanitizer would take them for its own. */
	(void)signal(SIGSEGV, SIG_DFL);
	(void)signal(SIGABRT, SIG_DFL);
	lmdb_guard_install();
	lmdb_guard_enter(dir);
	if (how == BY_FAULT_OUTSIDE)
		lmdb_guard_leave();
	if (how == BY_ABORT)
		abort();
	*page = 1;
}

START_TEST(crash_inside_lmdb_is_flagged_and_kills)
{
	char parent[sizeof(world.dir)];
	int status;
	pid_t pid;

	(void)snprintf(parent, sizeof(parent), "%s/state", world.root);
	ck_assert_int_eq(mkdir(parent, 0700) | mkdir(world.dir, 0700), 0);
	pid = fork(); /* nothing was opened in this process, so that no handler is there yet */
	if (pid == 0) {
		crash(_i);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), _i == BY_ABORT ? SIGABRT : SIGSEGV);
	ck_assert_int_eq(lmdb_world_has(&world, "corrupt"), _i != BY_FAULT_OUTSIDE);
	if (_i != BY_FAULT_OUTSIDE) {
		lmdb_world_open(&world);
		ck_assert_int_eq(lmdb_world_reports(), 1);
		ck_assert_ptr_nonnull(strstr(lmdb_world_report(), "LMDB crashed on it"));
	}
}
END_TEST

START_TEST(flipped_bits_never_change_what_is_served)
{
	struct lmdb_image image;
	unsigned seed = 7;

	lmdb_damage_image(&world, &image);
	lmdb_damage_plant(&world, &image);
	ck_assert_int_eq(lmdb_damage_start(&world, 5), DAMAGE_NONE);
	for (int round = 0; round < 30; round++) {
		enum lmdb_damage found;

		lmdb_damage_plant(&world, &image);
		for (int i = 0; i < 20; i++) {
			size_t at = 2 * 4096 + (size_t)rand_r(&seed) % (image.len - 2 * 4096);

			lmdb_damage_xor(&world, &image, at, (uint8_t)(1 << rand_r(&seed) % 8));
		}
		found = lmdb_damage_start(&world, 5);
		ck_assert_msg(found != DAMAGE_WRONG, "round %d", round);
	}
	lmdb_damage_image_free(&image);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("loss");

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_set_timeout(tcase, 20);
	tcase_add_loop_test(tcase, truncated_file_is_moved_aside, 0, 5);
	tcase_add_test(tcase, empty_file_is_a_new_environment);
	tcase_add_test(tcase, text_file_in_its_place_is_moved_aside);
	tcase_add_test(tcase, zeroed_file_is_moved_aside);
	tcase_add_test(tcase, flipped_partition_row_is_moved_aside);
	tcase_add_test(tcase, flipped_header_is_moved_aside);
	tcase_add_loop_test(tcase, environment_of_another_program_is_moved_aside, 0, 2);
	tcase_add_test(tcase, flipped_entry_stops_the_get_and_the_next_open_rebuilds);
	tcase_add_test(tcase, flipped_entry_stops_the_sweep);
	tcase_add_test(tcase, one_start_that_died_opening_is_forgiven);
	tcase_add_test(tcase, two_starts_that_died_opening_move_it_aside);
	tcase_add_test(tcase, only_the_latest_asides_are_kept);
	tcase_add_test(tcase, what_blames_the_file_is_told_from_what_heals);
	tcase_add_test(tcase, branch_page_that_misleads_is_found_by_the_sweep);
	tcase_add_loop_test(tcase, crash_inside_lmdb_is_flagged_and_kills, 0, CRASHES);
	tcase_add_test(tcase, flipped_bits_never_change_what_is_served);
	return suite_run("store_loss", tcase);
}
