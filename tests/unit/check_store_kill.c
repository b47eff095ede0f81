/*
 * store_kill: goal: a SIGKILL at any moment leaves one checkpoint, whole: its K, its entries, and
 * nothing of a later one. Method: a child that checkpoints without end tells of each start; it is
 * killed after a seeded number of them and a seeded part of the time that one takes. SEED=n replays
 * another schedule.
 */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/lmdb_world.h"
#include "lib/suite.h"

static struct lmdb_world world;

static void begin(void)
{
	lmdb_world_begin(&world);
}

static void end(void)
{
	lmdb_world_end(&world);
}

#define HOT 50

/* Checkpoint x: HOT ids marked with T = x, and one id of its own. Tells of each start. */
static void checkpoint_for_ever(int told)
{
	struct checkpoint k;
	struct store_part part;
	bool has;

	lmdb_world_open(&world);
	part = lmdb_world_acquire(&world, &has, &k);
	for (int64_t x = has ? k.x + 1 : 1;; x++) {
		for (uint64_t i = 0; i < HOT; i++)
			lmdb_world_put(&world, part, i, x);
		lmdb_world_put(&world, part, 1000000 + (uint64_t)x, x);
		if (write(told, "", 1) != 1 || lmdb_world_checkpoint(&world, part, x, x, 1 << 30))
			_exit(1);
	}
}

/* What is on disk is checkpoint x, all of it and nothing of a later one. */
static int64_t expect_one_checkpoint(int64_t at_least)
{
	struct checkpoint k;
	struct store_part part;
	int64_t t = 0;
	bool has;

	lmdb_world_open(&world);
	ck_assert_int_eq(lmdb_world_reports(), 0);
	part = lmdb_world_acquire(&world, &has, &k);
	ck_assert_int_ge(has ? k.x : 0, at_least);
	for (uint64_t i = 0; i < HOT && has; i++) {
		ck_assert_int_eq(lmdb_world_get(&world, part, i, &t), 1);
		ck_assert_int_eq(t, k.x);
	}
	for (int64_t x = 1; has && x <= k.x; x++)
		ck_assert_int_eq(lmdb_world_get(&world, part, 1000000 + (uint64_t)x, NULL), 1);
	ck_assert_int_eq(lmdb_world_get(&world, part, 1000001 + (uint64_t)(has ? k.x : 0), NULL),
			 0);
	lmdb_world_close(&world);
	return has ? k.x : 0;
}

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

START_TEST(sigkill_leaves_one_checkpoint_whole)
{
	const char *text = getenv("SEED");
	unsigned seed = text ? (unsigned)strtoul(text, NULL, 10) : 1;
	int64_t x = 0;

	for (int kills = 0; kills < 12; kills++) {
		int starts = 2 + rand_r(&seed) % 12;
		int64_t part = rand_r(&seed) % 100, began_us = 0, told_us = 0;
		int pipes[2], status;
		char byte;
		pid_t pid;

		ck_assert_int_eq(pipe(pipes), 0);
		pid = fork();
		if (pid == 0) {
			close(pipes[0]);
			checkpoint_for_ever(pipes[1]);
		}
		close(pipes[1]);
		for (int i = 0; i < starts; i++) {
			ck_assert_int_eq(read(pipes[0], &byte, 1), 1);
			began_us = told_us;
			told_us = now_us();
		}
		while ((now_us() - told_us) * 100 < (told_us - began_us) * part)
			continue;
		ck_assert_int_eq(kill(pid, SIGKILL), 0);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert(WIFSIGNALED(status));
		close(pipes[0]);
		/* The start that was told before the last one has ended. */
		x = expect_one_checkpoint(x + starts - 1);
	}
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("kill");

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_set_timeout(tcase, 20);
	tcase_add_test(tcase, sigkill_leaves_one_checkpoint_whole);
	return suite_run("store_kill", tcase);
}
