/*
 * arena: goal: what is handed out is aligned, nobody else's, and kept until the reset; a reset
 * gives back what is above the limit. Method: sizes around the block's, many of them filled with a
 * pattern that is looked at again before the reset.
 */
#include <check.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "lib/rng.h"
#include "lib/suite.h"

#define BLOCK ((size_t)256 * 1024)

static struct arena *arena;

static void setup(void)
{
	arena = arena_new(2 * BLOCK);
}

static void teardown(void)
{
	arena_free(arena);
}

START_TEST(every_piece_is_aligned_and_nobody_elses)
{
	static const size_t sizes[] = {0, 1, 15, 16, 17, 100, BLOCK - 16, BLOCK, BLOCK + 1, 3, 0};
	enum { COUNT = sizeof(sizes) / sizeof(sizes[0]) };
	unsigned char *pieces[COUNT];

	for (size_t i = 0; i < COUNT; i++) {
		pieces[i] = arena_alloc(arena, sizes[i]);
		ck_assert_ptr_nonnull(pieces[i]);
		ck_assert_uint_eq((uintptr_t)pieces[i] % 16, 0);
		for (size_t j = 0; j < i; j++)
			ck_assert_ptr_ne(pieces[i], pieces[j]);
		memset(pieces[i], (int)i + 1, sizes[i]);
	}
	for (size_t i = 0; i < COUNT; i++)
		for (size_t j = 0; j < sizes[i]; j++)
			ck_assert_uint_eq(pieces[i][j], i + 1);
}
END_TEST

START_TEST(random_pieces_keep_their_bytes_over_many_resets)
{
	struct rng rng = {3};

	for (int round = 0; round < 20; round++) {
		unsigned char *pieces[200];
		size_t sizes[200];

		for (size_t i = 0; i < 200; i++) {
			sizes[i] = rng_below(&rng, rng_chance(&rng, 20) ? 400000 : 4000);
			pieces[i] = arena_alloc(arena, sizes[i]);
			memset(pieces[i], (int)(i + 7), sizes[i]);
		}
		for (size_t i = 0; i < 200; i++)
			for (size_t j = 0; j < sizes[i]; j += 61)
				ck_assert_uint_eq(pieces[i][j], (unsigned char)(i + 7));
		arena_reset(arena);
		ck_assert_uint_eq(arena_used(arena), 0);
	}
}
END_TEST

START_TEST(used_counts_what_was_handed_out)
{
	(void)arena_alloc(arena, 1);
	(void)arena_alloc(arena, 16);
	(void)arena_alloc(arena, 17);
	ck_assert_uint_eq(arena_used(arena), 16 + 16 + 32);
	(void)arena_alloc(arena, 2 * BLOCK);
	ck_assert_uint_eq(arena_used(arena), 64 + 2 * BLOCK);
}
END_TEST

START_TEST(kept_blocks_are_used_again)
{
	void *first = arena_alloc(arena, 100), *second = arena_alloc(arena, BLOCK);

	arena_reset(arena);
	ck_assert_ptr_eq(arena_alloc(arena, 100), first);
	ck_assert_ptr_eq(arena_alloc(arena, BLOCK), second);
}
END_TEST

START_TEST(a_limit_of_nothing_keeps_the_first_block)
{
	struct arena *small = arena_new(0);
	void *first = arena_alloc(small, 8);

	for (int i = 0; i < 5; i++)
		(void)arena_alloc(small, BLOCK);
	arena_reset(small);
	ck_assert_ptr_eq(arena_alloc(small, 8), first);
	arena_free(small);
	arena_free(NULL);
}
END_TEST

START_TEST(a_copy_is_its_own_and_null_stays_null)
{
	char text[] = "payments";
	struct bytes copy = arena_copy(arena, bytes_str(text));

	text[0] = 'X';
	ck_assert(bytes_equal(copy, bytes_str("payments")));
	ck_assert_ptr_null(arena_copy(arena, BYTES_NULL).data);
	copy = arena_copy(arena, bytes_of("", 0));
	ck_assert_ptr_nonnull(copy.data);
	ck_assert_uint_eq(copy.len, 0);
}
END_TEST

START_TEST(printf_writes_all_of_it)
{
	char *text = arena_printf(arena, "%s/%d", "in", 7), *large;

	ck_assert_str_eq(text, "in/7");
	large = arena_printf(arena, "%0*d", (int)BLOCK, 5);
	ck_assert_uint_eq(strlen(large), BLOCK);
	ck_assert_str_eq(text, "in/7");
}
END_TEST

START_TEST(a_size_that_wraps_ends_the_process)
{
	(void)arena_alloc(arena, SIZE_MAX - 3);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("arena");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, every_piece_is_aligned_and_nobody_elses);
	tcase_add_test(tcase, random_pieces_keep_their_bytes_over_many_resets);
	tcase_add_test(tcase, used_counts_what_was_handed_out);
	tcase_add_test(tcase, kept_blocks_are_used_again);
	tcase_add_test(tcase, a_limit_of_nothing_keeps_the_first_block);
	tcase_add_test(tcase, a_copy_is_its_own_and_null_stays_null);
	tcase_add_test(tcase, printf_writes_all_of_it);
	tcase_add_test_raise_signal(tcase, a_size_that_wraps_ends_the_process, SIGABRT);
	return suite_run("arena", tcase);
}
