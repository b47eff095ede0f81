/*
 * memory: goal: `memory:` is a bound, whatever the number of workers. Method: the sum of all parts
 * of all workers over a table of sizes, and both sides of the least share.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/suite.h"
#include "run/memory.h"

#define MIB ((int64_t)1 << 20)

START_TEST(all_parts_of_all_workers_fit)
{
	static const int64_t sizes[] = {512 * MIB, 512 * MIB + 1, 1000003 * 1024, 7 * 1024 * MIB};
	int64_t memory = sizes[_i];

	for (int64_t workers = 1; workers <= memory / MEMORY_WORKER_MIN; workers++) {
		struct memory_share share;
		struct err err;

		ck_assert_int_eq(memory_split(memory, workers, &share, &err), 0);
		ck_assert_int_le(memory_share_bytes(&share) * workers, memory);
		/* Three quarters are given out, but for roundings; all where that is needed. */
		ck_assert_int_gt(memory_share_bytes(&share) * workers,
				 memory / 4 * 3 - 16 * (workers + 1));
		ck_assert_int_ge(memory_share_bytes(&share), MEMORY_WORKER_MIN);
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

START_TEST(a_share_is_the_sum_of_its_parts)
{
	const struct memory_share share = {1, 20, 300, 4000};

	ck_assert_int_eq(memory_share_bytes(&share), 4321);
}
END_TEST

/* One worker after the other joins those that run: their shares stay, the sum never exceeds the
 * budget, and it takes a good many until all must begin anew. */
START_TEST(workers_join_without_touching_the_others)
{
	const int64_t memory = 512 * MIB;
	struct memory_share share;
	int64_t kept = 2, kept_bytes;
	bool anew = false;
	struct err err;

	ck_assert_int_eq(memory_split(memory, kept, &share, &err), 0);
	kept_bytes = kept * memory_share_bytes(&share);
	for (;; kept++) {
		ck_assert_int_eq(memory_join(memory, kept_bytes, kept, 1, &share, &anew, &err), 0);
		if (anew)
			break;
		ck_assert_int_ge(memory_share_bytes(&share), MEMORY_WORKER_MIN);
		kept_bytes += memory_share_bytes(&share);
		ck_assert_int_le(kept_bytes, memory);
	}
	ck_assert_int_ge(kept, 2 + 4);
	/* Then the share is the one of a start with so many. */
	ck_assert_int_le(memory_share_bytes(&share) * (kept + 1), memory / 4 * 3);
}
END_TEST

START_TEST(who_leaves_makes_room_and_alone_one_gets_a_fair_share)
{
	struct memory_share share, fair;
	bool anew = true;
	struct err err;

	ck_assert_int_eq(memory_split(512 * MIB, 2, &fair, &err), 0);
	ck_assert_int_eq(memory_join(512 * MIB, 0, 0, 2, &share, &anew, &err), 0);
	ck_assert(!anew);
	ck_assert_mem_eq(&share, &fair, sizeof(share));
	/* A small one runs, the rest is free: never more than fair. */
	ck_assert_int_eq(memory_join(512 * MIB, 16 * MIB, 1, 1, &share, &anew, &err), 0);
	ck_assert(!anew);
	ck_assert_mem_eq(&share, &fair, sizeof(share));
	/* Nobody joins. */
	ck_assert_int_eq(memory_join(512 * MIB, 512 * MIB, 2, 0, &share, &anew, &err), 0);
	ck_assert(!anew);
	/* Less memory than is in use: all anew. */
	ck_assert_int_eq(memory_join(256 * MIB, 384 * MIB, 2, 0, &share, &anew, &err), 0);
	ck_assert(anew);
	ck_assert_int_eq(memory_join(64 * MIB, 0, 0, 5, &share, &anew, &err), -1);
	ck_assert_int_eq(err.code, EXIT_CONFIG);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("memory");

	tcase_add_loop_test(tcase, all_parts_of_all_workers_fit, 0, 4);
	tcase_add_test(tcase, no_part_is_empty_at_the_least_share);
	tcase_add_test(tcase, too_little_is_a_configuration_error_with_the_minimum);
	tcase_add_test(tcase, a_share_is_the_sum_of_its_parts);
	tcase_add_test(tcase, workers_join_without_touching_the_others);
	tcase_add_test(tcase, who_leaves_makes_room_and_alone_one_gets_a_fair_share);
	return suite_run("memory", tcase);
}
