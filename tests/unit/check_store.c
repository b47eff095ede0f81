/*
 * store: goal: the LMDB store keeps the port's contract; its directory is private and one
 * process's; space stays bounded; what is full or refused by the disk is an error that heals,
 * never half a checkpoint. Method: the contract suite, then a directory of its own per test; a
 * second process by fork; a tiny map and a limit on file sizes for a full disk. Loss of files:
 * check_store_loss.c.
 */
#include <check.h>
#include <fcntl.h>
#include <lmdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/contract_store.h"
#include "lib/lmdb_world.h"

static struct lmdb_world world;

static void begin(void)
{
	lmdb_world_begin(&world);
}

static void end(void)
{
	lmdb_world_end(&world);
}

/* ---- the contract ---- */

static void *contract_begin(void)
{
	begin();
	ck_assert_msg(!lmdb_world_try(&world), "%s", world.err.msg);
	return &world;
}

static struct store *contract_open(void *unused)
{
	struct store *store;

	(void)unused;
	ck_assert_msg(!lmdb_store_open(world.env, &store, &world.err), "%s", world.err.msg);
	return store;
}

static void contract_restart(void *unused)
{
	(void)unused;
	lmdb_world_close(&world);
	ck_assert_msg(!lmdb_world_try(&world), "%s", world.err.msg);
	ck_assert_int_eq(lmdb_world_reports(), 0);
}

static void contract_end(void *unused)
{
	(void)unused;
	end();
}

static const struct contract_store contract = {contract_begin, contract_open, contract_restart,
					       contract_end};

/* ---- the directory ---- */

static mode_t mode_of(const char *name)
{
	char path[160];
	struct stat file;

	lmdb_world_path(&world, name, path);
	ck_assert_int_eq(stat(path, &file), 0);
	return file.st_mode & 07777;
}

START_TEST(directory_and_files_are_private)
{
	(void)umask(0);
	lmdb_world_open(&world);
	ck_assert_int_eq(mode_of("."), 0700);
	ck_assert_int_eq(mode_of(".."), 0700);
	ck_assert_int_eq(mode_of("data.mdb"), 0600);
	ck_assert_int_eq(mode_of("lock.mdb"), 0600);
	ck_assert_int_eq(mode_of("lock"), 0600);
	ck_assert(!lmdb_world_has(&world, "opening"));
}
END_TEST

/* Runs check in a child and fails unless it returns 0. */
static void in_child(int (*check)(void))
{
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(check());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "child: status %#x",
		      (unsigned)status);
}

static int is_refused(void)
{
	struct lmdb_world second = world;

	if (!lmdb_world_try(&second))
		return 1;
	if (second.err.kind != ERR_STOP || second.err.code != EXIT_STATE)
		return 2;
	return strstr(second.err.msg, "another onced (pid ") ? 0 : 3;
}

START_TEST(second_process_is_refused_while_the_first_holds_it)
{
	lmdb_world_open(&world);
	in_child(is_refused);
	lmdb_world_close(&world);
	lmdb_world_open(&world);
}
END_TEST

START_TEST(same_process_cannot_open_it_twice)
{
	struct lmdb_world second;

	lmdb_world_open(&world);
	second = world;
	ck_assert_int_eq(lmdb_world_try(&second), -1);
	ck_assert_int_eq(second.err.kind, ERR_STOP);
	ck_assert_int_eq(second.err.code, EXIT_STATE);
	ck_assert_ptr_nonnull(strstr(second.err.msg, "has it open already"));
	(void)lmdb_world_acquire(&world, NULL, NULL); /* the first is none the worse */
}
END_TEST

START_TEST(file_in_place_of_the_directory_is_a_stop)
{
	int fd = open(world.root, O_RDONLY);

	ck_assert_int_eq(mkdirat(fd, "state", 0700), 0);
	close(fd);
	fd = open(world.dir, O_WRONLY | O_CREAT, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(lmdb_world_try(&world), -1);
	ck_assert_int_eq(world.err.kind, ERR_STOP);
	ck_assert_int_eq(world.err.code, EXIT_STATE);
	ck_assert_ptr_nonnull(strstr(world.err.msg, world.dir));
	ck_assert_ptr_nonnull(strstr(world.err.msg, "Not a directory"));
}
END_TEST

static int is_forbidden(void)
{
	if (geteuid() == 0 && (setgid(65534) || setuid(65534)))
		return 1;
	if (!lmdb_world_try(&world))
		return 2;
	return world.err.kind == ERR_STOP && world.err.code == EXIT_STATE ? 0 : 3;
}

START_TEST(directory_of_another_user_is_a_stop)
{
	/* Nobody may enter the root: neither its owner nor, as root, `nobody`. */
	ck_assert_int_eq(chmod(world.root, 0), 0);
	in_child(is_forbidden);
	ck_assert_int_eq(chmod(world.root, 0700), 0);
}
END_TEST

/* ---- space ---- */

START_TEST(space_stays_bounded_in_a_steady_state)
{
	enum { IDS = 200000, WINDOW = 20000, BATCH = 4000 };
	struct store_part part;
	size_t half = 0;

	lmdb_world_open(&world);
	part = lmdb_world_acquire(&world, NULL, NULL);
	for (int64_t t = 0; t < IDS; t++) {
		lmdb_world_put(&world, part, (uint64_t)t, t);
		if ((t + 1) % BATCH == 0)
			ck_assert(!lmdb_world_checkpoint(&world, part, t + 1, t, WINDOW));
		if (t == IDS / 2)
			half = lmdb_world_bytes(&world);
	}
	for (int64_t t = IDS - WINDOW; t < IDS; t += 997)
		ck_assert_int_eq(lmdb_world_get(&world, part, (uint64_t)t, NULL), 1);
	lmdb_world_close(&world);
	ck_assert_uint_ge(lmdb_world_rows(&world), WINDOW);
	/* A round takes a quarter of what a window puts: see lmdb_sweep.h. */
	ck_assert_uint_le(lmdb_world_rows(&world), WINDOW * 3 / 2);
	ck_assert_uint_le(lmdb_world_bytes(&world), half + half / 4);
}
END_TEST

START_TEST(entries_of_a_reset_partition_are_swept)
{
	struct store_part part;

	lmdb_world_open(&world);
	part = lmdb_world_acquire(&world, NULL, NULL);
	for (uint64_t i = 0; i < 3000; i++)
		lmdb_world_put(&world, part, i, 1);
	ck_assert(!lmdb_world_checkpoint(&world, part, 1, 1, 1000));
	ck_assert(!world.store->ops->reset(world.store, lmdb_world_tp, &part, &world.err));
	lmdb_world_put(&world, part, 7, 1);
	for (int i = 0; i < 5; i++)
		ck_assert(!lmdb_world_checkpoint(&world, part, 2, 1, 1000));
	ck_assert_int_eq(lmdb_world_get(&world, part, 7, NULL), 1);
	lmdb_world_close(&world);
	ck_assert_uint_eq(lmdb_world_rows(&world), 1);
}
END_TEST

/* Rewrites the same ids again and again; returns the space at the end. */
static size_t rewrite(struct store_part part)
{
	for (int64_t x = 1; x <= 60; x++) {
		for (uint64_t i = 0; i < 500; i++)
			lmdb_world_put(&world, part, i, x);
		ck_assert(!lmdb_world_checkpoint(&world, part, x, x, 1000));
	}
	return lmdb_world_bytes(&world);
}

START_TEST(idle_handle_pins_no_pages)
{
	struct hash128 id = lmdb_world_id(1);
	struct store *idle;
	struct store_part part;
	struct entry entry;
	bool found;

	lmdb_world_open(&world);
	part = lmdb_world_acquire(&world, NULL, NULL);
	ck_assert(!lmdb_store_open(world.env, &idle, &world.err));
	ck_assert(!idle->ops->get(idle, part.id, &id, &found, &entry, &world.err));
	/* 500 rows are a dozen pages; 60 pinned generations would be 3 MB. */
	ck_assert_uint_lt(rewrite(part), 512 * 1024);
	idle->ops->close(idle);
}
END_TEST

static int read_and_die(void)
{
	MDB_env *env;
	MDB_txn *txn;

	if (mdb_env_create(&env) || mdb_env_open(env, world.dir, MDB_RDONLY, 0600) ||
	    mdb_txn_begin(env, NULL, MDB_RDONLY, &txn))
		return 1;
	return 0; /* by _exit: the reader's slot stays taken */
}

START_TEST(reader_that_was_killed_pins_no_pages)
{
	int go[2], status;
	struct store_part part;
	char byte;
	pid_t pid;

	/* Forked before the environment is open, so that the child has none of ours in its
	 * memory; it opens while we have it open, or its slot would be cleared with the lock
	 * file. */
	ck_assert_int_eq(pipe(go), 0);
	pid = fork();
	if (pid == 0) {
		close(go[1]);
		_exit(read(go[0], &byte, 1) == 1 ? read_and_die() : 1);
	}
	close(go[0]);
	lmdb_world_open(&world);
	part = lmdb_world_acquire(&world, NULL, NULL);
	ck_assert(!lmdb_world_checkpoint(&world, part, 1, 1, 1000));
	ck_assert_int_eq(write(go[1], "", 1), 1);
	close(go[1]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_uint_lt(rewrite(part), 512 * 1024);
}
END_TEST

/* ---- errors that heal ---- */

START_TEST(full_map_is_retry_and_leaves_the_last_checkpoint)
{
	struct checkpoint k;
	struct store_part part;
	int64_t x;
	bool has;

	world.map_bytes = 1024 * 1024;
	lmdb_world_open(&world);
	part = lmdb_world_acquire(&world, NULL, NULL);
	for (x = 1; x < 100; x++) {
		for (uint64_t i = 0; i < 1000; i++)
			lmdb_world_put(&world, part, (uint64_t)x * 1000 + i, x);
		if (lmdb_world_checkpoint(&world, part, x, x, 1000000))
			break;
	}
	ck_assert_int_gt(x, 2);
	ck_assert_int_lt(x, 100);
	for (int tries = 0; tries < 3; tries++) {
		ck_assert_int_eq(world.err.kind, ERR_RETRY);
		ck_assert_ptr_nonnull(strstr(world.err.msg, "the state is full"));
		(void)lmdb_world_acquire(&world, &has, &k);
		ck_assert_int_eq(k.x, x - 1);
		ck_assert_int_eq(lmdb_world_get(&world, part, (uint64_t)(x - 1) * 1000, NULL), 1);
		ck_assert_int_eq(lmdb_world_get(&world, part, (uint64_t)x * 1000, NULL), 0);
		part = lmdb_world_acquire(&world, NULL, NULL);
		ck_assert_int_eq(lmdb_world_checkpoint(&world, part, x, x, 1000000), -1);
	}
	overlay_clear(&world.overlay);
	lmdb_world_close(&world);
	lmdb_world_open(&world);
	ck_assert_int_eq(lmdb_world_reports(), 0);
	(void)lmdb_world_acquire(&world, &has, &k);
	ck_assert_int_eq(k.x, x - 1);
}
END_TEST

START_TEST(disk_that_refuses_is_retry_and_heals)
{
	struct rlimit all, small = {64 * 1024, RLIM_INFINITY};
	struct store_part part;
	struct checkpoint k;
	bool has;

	(void)signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &all), 0);
	small.rlim_max = all.rlim_max;
	lmdb_world_open(&world);
	part = lmdb_world_acquire(&world, NULL, NULL);
	for (uint64_t i = 0; i < 5000; i++)
		lmdb_world_put(&world, part, i, 1);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (int tries = 0; tries < 3; tries++) {
		ck_assert_int_eq(lmdb_world_checkpoint(&world, part, 1, 1, 1000), -1);
		ck_assert_int_eq(world.err.kind, ERR_RETRY);
		ck_assert_ptr_nonnull(strstr(world.err.msg, world.dir));
		ck_assert_int_eq(lmdb_world_get(&world, part, 1, NULL), 0);
	}
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &all), 0);
	ck_assert_msg(!lmdb_world_checkpoint(&world, part, 1, 1, 1000), "%s", world.err.msg);
	ck_assert_int_eq(lmdb_world_get(&world, part, 1, NULL), 1);
	(void)lmdb_world_acquire(&world, &has, &k);
	ck_assert(has);
	ck_assert_int_eq(k.x, 1);
}
END_TEST

/* ---- threads ---- */

#define TURNS 40

struct racer {
	pthread_t thread;
	int32_t partition;
	int failed;
};

/* A worker: its own handle and partition, gets while its checkpoint runs. */
static void *race(void *argument)
{
	struct racer *racer = argument;
	struct tp tp = {"race", racer->partition};
	struct overlay overlay;
	struct store_partition k;
	struct crash_count crashes;
	struct store *store;
	struct err err;
	bool has, found, done;

	memset(&k, 0, sizeof(k));
	overlay_init(&overlay);
	racer->failed = 1;
	if (lmdb_store_open(world.env, &store, &err))
		return NULL;
	if (store->ops->acquire(store, tp, &k.part, &has, &k.checkpoint, &crashes, &err))
		return NULL;
	racer->failed = 0;
	for (uint64_t turn = 0; turn < TURNS; turn++) {
		struct hash128 id;
		struct entry entry;

		for (uint64_t i = 0; i < 20; i++) {
			id = lmdb_world_id(turn * 20 + i);
			(void)overlay_put(&overlay, k.part.id, &id, (struct entry){7, 7}, NULL);
		}
		k.checkpoint.x = (int64_t)turn + 1;
		store->ops->checkpoint_start(store, &overlay, &k, 1);
		do {
			racer->failed |= store->ops->checkpoint_poll(store, false, &done, &err);
			id = lmdb_world_id(turn * 20);
			racer->failed |=
				store->ops->get(store, k.part.id, &id, &found, &entry, &err);
		} while (!done);
		racer->failed |= store->ops->get(store, k.part.id, &id, &found, &entry, &err);
		racer->failed |= !found || entry.t != 7;
		overlay_clear(&overlay);
	}
	store->ops->close(store);
	overlay_fini(&overlay);
	return NULL;
}

START_TEST(workers_checkpoint_and_read_at_the_same_time)
{
	struct racer racers[3];

	lmdb_world_open(&world);
	for (int i = 0; i < 3; i++) {
		racers[i].partition = i;
		ck_assert_int_eq(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
	}
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(pthread_join(racers[i].thread, NULL), 0);
		ck_assert_int_eq(racers[i].failed, 0);
	}
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("lmdb");
	Suite *suite = suite_create("store");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_set_timeout(tcase, 20);
	tcase_add_test(tcase, directory_and_files_are_private);
	tcase_add_test(tcase, second_process_is_refused_while_the_first_holds_it);
	tcase_add_test(tcase, same_process_cannot_open_it_twice);
	tcase_add_test(tcase, file_in_place_of_the_directory_is_a_stop);
	tcase_add_test(tcase, directory_of_another_user_is_a_stop);
	tcase_add_test(tcase, space_stays_bounded_in_a_steady_state);
	tcase_add_test(tcase, entries_of_a_reset_partition_are_swept);
	tcase_add_test(tcase, idle_handle_pins_no_pages);
	tcase_add_test(tcase, reader_that_was_killed_pins_no_pages);
	tcase_add_test(tcase, full_map_is_retry_and_leaves_the_last_checkpoint);
	tcase_add_test(tcase, disk_that_refuses_is_retry_and_heals);
	tcase_add_test(tcase, workers_checkpoint_and_read_at_the_same_time);
	suite_add_tcase(suite, contract_store_tcase(&contract));
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
