/*
 * memory: goal: `memory:` is a bound, whatever the number of workers. Method: the sum of all parts
 * of all workers over a table of sizes, and both sides of the least share.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "run/memory.h"

#define MIB ((int64_t)1 << 20)

static size_t sum(const struct memory_share *share)
{
	return share->consumer_queue_bytes + share->producer_queue_bytes + share->batch_bytes +
	       share->overlay_bytes;
}

START_TEST(all_parts_of_all_workers_fit)
{
	static const int64_t sizes[] = {512 * MIB, 512 * MIB + 1, 1000003 * 1024, 7 * 1024 * MIB};
	int64_t memory = sizes[_i];

	for (int64_t workers = 1; workers <= memory / MEMORY_WORKER_MIN; workers++) {
		struct memory_share share;
		struct err err;

		ck_assert_int_eq(memory_split(memory, workers, &share, &err), 0);
		ck_assert_int_le((int64_t)sum(&share) * workers, memory);
		/* Nothing to speak of is left over either. */
		ck_assert_int_gt((int64_t)sum(&share) * workers, memory - 16 * (workers + 1));
	}
}
END_TEST

START_TEST(no_part_is_empty_at_the_least_share)
{
	struct memory_share share;
	struct err err;

	ck_assert_int_eq(memory_split(MEMORY_WORKER_MIN, 1, &share, &err), 0);
	ck_assert_uint_eq(share.consumer_queue_bytes, 6 * MIB);
	ck_assert_uint_eq(share.producer_queue_bytes, 4 * MIB);
	ck_assert_uint_eq(share.batch_bytes, 2 * MIB);
	ck_assert_uint_eq(share.overlay_bytes, 4 * MIB);
}
END_TEST

START_TEST(too_little_is_a_configuration_error_with_the_minimum)
{
	struct memory_share share = {1, 2, 3, 4};
	struct err err;

	ck_assert_int_eq(memory_split(5 * MEMORY_WORKER_MIN - 1, 5, &share, &err), -1);
	ck_assert_int_eq(err.kind, ERR_STOP);
	ck_assert_int_eq(err.code, EXIT_CONFIG);
	ck_assert_ptr_nonnull(strstr(err.msg, "80M"));
	ck_assert_uint_eq(share.overlay_bytes, 4); /* untouched */
	ck_assert_int_eq(memory_split(5 * MEMORY_WORKER_MIN, 5, &share, &err), 0);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("memory");
	Suite *suite = suite_create("memory");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, all_parts_of_all_workers_fit, 0, 4);
	tcase_add_test(tcase, no_part_is_empty_at_the_least_share);
	tcase_add_test(tcase, too_little_is_a_configuration_error_with_the_minimum);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
