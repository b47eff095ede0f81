/*
 * verify_sort, verify_seen: goal: the order, and what is a repeat within the window, are the same
 * however little memory there is; a full disk is an error and nothing worse. Method: seeded items
 * against qsort and against a plain loop; a file size limit in the place of a full disk.
 */
#include <check.h>
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli/verify_seen.h"
#include "lib/rng.h"
#include "lib/suite.h"

#define NUMBERS_MAX 3000
#define PARTS 3
#define WINDOW_MS 50

static char dir[] = "/tmp/onced-check-sort.XXXXXX";
static struct err err;
static const uint8_t key[16] = {1, 2, 3};

static void make_dir(void)
{
	memcpy(dir + sizeof(dir) - 7, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

/* Nothing may be left in it. */
static void remove_dir(void)
{
	ck_assert_int_eq(rmdir(dir), 0);
}

static int compare_numbers(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;

	return *a < *b ? -1 : *a > *b;
}

static struct verify_sort sort_of(size_t items)
{
	return (struct verify_sort){.item_bytes = sizeof(uint64_t),
				    .memory_bytes = items * 2 * sizeof(uint64_t),
				    .compare = compare_numbers,
				    .dir = dir};
}

/* Loop index: how many items fit into the memory. */
START_TEST(any_memory_gives_the_same_order)
{
	static const size_t counts[] = {0, 1, 2, 7, 64, 65, NUMBERS_MAX};
	struct rng rng = {(uint64_t)_i};

	for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
		struct verify_sort sort = sort_of((size_t)_i);
		static uint64_t numbers[NUMBERS_MAX];
		const void *got;

		for (size_t i = 0; i < counts[c]; i++) {
			numbers[i] = rng_below(&rng, 1000);
			ck_assert_int_eq(verify_sort_add(&sort, &numbers[i], &err), 0);
		}
		ck_assert_uint_eq(sort.total, counts[c]);
		ck_assert_int_eq(verify_sort_end(&sort, &err), 0);
		ck_assert_int_eq(sort.run_count > 0, counts[c] > (size_t)_i);
		qsort(numbers, counts[c], sizeof(numbers[0]), compare_numbers);
		for (size_t i = 0; i < counts[c]; i++) {
			ck_assert_int_eq(verify_sort_next(&sort, &got, &err), 0);
			ck_assert_ptr_nonnull(got);
			ck_assert_mem_eq(got, &numbers[i], sizeof(numbers[i]));
		}
		for (int i = 0; i < 2; i++) {
			ck_assert_int_eq(verify_sort_next(&sort, &got, &err), 0);
			ck_assert_ptr_null(got);
		}
		verify_sort_clear(&sort);
	}
}
END_TEST

START_TEST(it_can_be_used_again)
{
	struct verify_sort sort = sort_of(4);
	const void *got;

	for (int round = 0; round < 3; round++) {
		for (uint64_t i = 0; i < 20; i++)
			ck_assert_int_eq(verify_sort_add(&sort, &i, &err), 0);
		if (round != 1) { /* also half way */
			ck_assert_int_eq(verify_sort_end(&sort, &err), 0);
			ck_assert_int_eq(verify_sort_next(&sort, &got, &err), 0);
			ck_assert_uint_eq(*(const uint64_t *)got, 0);
		}
		verify_sort_clear(&sort);
		ck_assert_uint_eq(sort.total, 0);
	}
}
END_TEST

START_TEST(a_directory_that_is_not_there_is_named)
{
	struct verify_sort sort = sort_of(1);
	uint64_t number = 1;

	sort.dir = "/nowhere/at/all";
	ck_assert_int_eq(verify_sort_add(&sort, &number, &err), 0);
	ck_assert_int_eq(verify_sort_add(&sort, &number, &err), -1);
	ck_assert_int_eq(err.kind, ERR_STOP);
	ck_assert_int_eq(err.code, EXIT_INTERNAL);
	ck_assert_ptr_nonnull(strstr(err.msg, "/nowhere/at/all"));
	ck_assert_ptr_nonnull(strstr(err.msg, "TMPDIR"));
	verify_sort_clear(&sort);
}
END_TEST

START_TEST(a_full_disk_is_an_error)
{
	struct rlimit limit = {4096, 4096};
	struct verify_sort sort = sort_of(128); /* 1 kB a run */
	int rc = 0;

	ck_assert_ptr_ne(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0); /* this process is the test's own */
	for (uint64_t i = 0; i < 10000 && rc == 0; i++)
		rc = verify_sort_add(&sort, &i, &err);
	ck_assert_int_eq(rc, -1);
	ck_assert_int_eq(err.kind, ERR_STOP);
	ck_assert_ptr_nonnull(strstr(err.msg, "write"));
	verify_sort_clear(&sort);
}
END_TEST

/* ---- verify_seen ---- */

static struct ask {
	uint32_t part;
	uint32_t id;
	struct entry now;
	bool seen;
} asks[NUMBERS_MAX];

/* Marks of ids that come back near and far, in log time that never falls, with late timestamps;
 * and by a plain loop what each must be told. */
static void make_asks(uint64_t seed)
{
	struct rng rng = {seed};
	int64_t t[PARTS] = {0};

	for (size_t i = 0; i < NUMBERS_MAX; i++) {
		struct ask *ask = &asks[i];

		*ask = (struct ask){.part = rng_below(&rng, PARTS), .id = rng_below(&rng, 200)};
		t[ask->part] += rng_below(&rng, 3);
		ask->now.t = t[ask->part];
		ask->now.timestamp = ask->now.t + (int64_t)rng_below(&rng, 40) - 20;
		for (size_t j = i; j-- > 0;)
			if (asks[j].part == ask->part && asks[j].id == ask->id) {
				ask->seen = window_is_duplicate(WINDOW_MS, asks[j].now, ask->now);
				break;
			}
	}
}

static void ask_all(struct verify_seen *seen, bool answers)
{
	for (size_t i = 0; i < NUMBERS_MAX; i++) {
		bool told;

		ck_assert_int_eq(verify_seen_ask(seen, asks[i].part,
						 bytes_of(&asks[i].id, sizeof(asks[i].id)),
						 asks[i].now, &told, &err),
				 0);
		ck_assert_int_eq(told, answers && asks[i].seen);
	}
}

/* Loop index: the seed. */
START_TEST(both_ways_answer_as_the_window_says)
{
	size_t repeats = 0;

	make_asks((uint64_t)_i + 1);
	for (size_t i = 0; i < NUMBERS_MAX; i++)
		repeats += asks[i].seen;
	ck_assert_uint_gt(repeats, NUMBERS_MAX / 10);
	ck_assert_uint_lt(repeats, NUMBERS_MAX * 9 / 10);
	for (size_t memory = 1000; memory <= 10000000; memory *= 100) {
		struct verify_seen seen;

		verify_seen_init(&seen, WINDOW_MS, PARTS, NUMBERS_MAX, memory, dir, key, false);
		ck_assert_int_eq(seen.mode,
				 memory > 1000000 ? VERIFY_SEEN_TABLE : VERIFY_SEEN_MARKING);
		if (seen.mode == VERIFY_SEEN_MARKING) {
			ask_all(&seen, false);
			ck_assert_uint_gt(seen.marks.run_count, 0);
			ck_assert_int_eq(verify_seen_settle(&seen, &err), 0);
		}
		ask_all(&seen, true);
		verify_seen_fini(&seen);
	}
}
END_TEST

START_TEST(a_full_table_says_so)
{
	struct verify_seen seen;
	bool told;
	int rc = 0;

	verify_seen_init(&seen, WINDOW_MS, 1, 10, 20000, dir, key, false);
	ck_assert_int_eq(seen.mode, VERIFY_SEEN_TABLE);
	for (uint32_t id = 0; id < 10000 && rc == 0; id++)
		rc = verify_seen_ask(&seen, 0, bytes_of(&id, sizeof(id)), asks[0].now, &told, &err);
	ck_assert_int_eq(rc, -1);
	ck_assert_int_eq(err.kind, ERR_ABORT);
	ck_assert(seen.is_full);
	ck_assert_uint_le(overlay_bytes(&seen.table), 20000);
	verify_seen_fini(&seen);
}
END_TEST

START_TEST(a_second_reading_that_is_longer_is_refused)
{
	struct verify_seen seen;
	uint32_t id = 1;
	bool told;

	verify_seen_init(&seen, WINDOW_MS, 1, 10, 1000, dir, key, true);
	ck_assert_int_eq(verify_seen_ask(&seen, 0, bytes_of(&id, 4), asks[0].now, &told, &err), 0);
	ck_assert_int_eq(verify_seen_settle(&seen, &err), 0);
	ck_assert_int_eq(verify_seen_ask(&seen, 0, bytes_of(&id, 4), asks[0].now, &told, &err), 0);
	ck_assert_int_eq(verify_seen_ask(&seen, 0, bytes_of(&id, 4), asks[0].now, &told, &err), -1);
	ck_assert_int_eq(err.kind, ERR_ABORT);
	verify_seen_fini(&seen);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("verify_sort");

	tcase_add_checked_fixture(tcase, make_dir, remove_dir);
	tcase_add_loop_test(tcase, any_memory_gives_the_same_order, 1, 12);
	tcase_add_test(tcase, it_can_be_used_again);
	tcase_add_test(tcase, a_directory_that_is_not_there_is_named);
	tcase_add_test(tcase, a_full_disk_is_an_error);
	tcase_add_loop_test(tcase, both_ways_answer_as_the_window_says, 0, 5);
	tcase_add_test(tcase, a_full_table_says_so);
	tcase_add_test(tcase, a_second_reading_that_is_longer_is_refused);
	return suite_run("verify_sort", tcase);
}
