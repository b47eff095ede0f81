/*
 * overlay: goal: it is a map (partition, id) -> entry that loses nothing when it grows, merges or
 * drops a partition. Method: random operations by seed beside a plain list; ids that meet in one
 * slot; the edges by hand.
 */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/overlay.h"
#include "lib/rng.h"
#include "lib/suite.h"

#define PARTS 4
#define IDS 300

static struct overlay overlay, second;

static void setup(void)
{
	overlay_init(&overlay);
	overlay_init(&second);
}

static void teardown(void)
{
	overlay_fini(&overlay);
	overlay_fini(&second);
}

/* Few different first bytes, which choose the slot: so they collide. */
static struct hash128 id_of(uint32_t number)
{
	struct hash128 id = {{0}};

	id.bytes[0] = (uint8_t)(number % 8);
	memcpy(&id.bytes[8], &number, sizeof(number));
	return id;
}

static void put(struct overlay *to, uint32_t part, uint32_t number, int64_t t)
{
	struct hash128 id = id_of(number);

	(void)overlay_put(to, part, &id, (struct entry){t, t + 1}, NULL);
}

/* -1: not there. */
static int64_t get(const struct overlay *from, uint32_t part, uint32_t number)
{
	struct hash128 id = id_of(number);
	const struct entry *entry = overlay_get(from, part, &id);

	if (!entry)
		return -1;
	ck_assert_int_eq(entry->timestamp, entry->t + 1);
	return entry->t;
}

START_TEST(an_empty_one_holds_nothing_and_no_memory)
{
	ck_assert_int_eq(get(&overlay, 1, 1), -1);
	ck_assert_ptr_null(overlay_next(&overlay, NULL));
	ck_assert_uint_eq(overlay_bytes(&overlay), 0);
	overlay_clear(&overlay);
	overlay_drop(&overlay, 1);
	overlay_merge(&overlay, &second);
	ck_assert_uint_eq(overlay.count, 0);
}
END_TEST

START_TEST(a_put_returns_what_was_there)
{
	struct hash128 id = id_of(1);
	struct entry old = {-5, -5};

	ck_assert(!overlay_put(&overlay, 1, &id, (struct entry){10, 20}, &old));
	ck_assert_int_eq(old.t, -5); /* untouched */
	ck_assert(overlay_put(&overlay, 1, &id, (struct entry){30, 40}, &old));
	ck_assert_int_eq(old.t, 10);
	ck_assert_int_eq(old.timestamp, 20);
	ck_assert(overlay_put(&overlay, 1, &id, (struct entry){50, 60}, NULL));
	ck_assert_int_eq(overlay_get(&overlay, 1, &id)->timestamp, 60);
	ck_assert_uint_eq(overlay.count, 1);
}
END_TEST

START_TEST(the_same_id_in_two_partitions_is_two)
{
	put(&overlay, 1, 7, 100);
	put(&overlay, 2, 7, 200);
	ck_assert_int_eq(get(&overlay, 1, 7), 100);
	ck_assert_int_eq(get(&overlay, 2, 7), 200);
	ck_assert_int_eq(get(&overlay, 3, 7), -1);
	overlay_drop(&overlay, 1);
	ck_assert_int_eq(get(&overlay, 1, 7), -1);
	ck_assert_int_eq(get(&overlay, 2, 7), 200);
}
END_TEST

START_TEST(it_is_never_more_than_half_full)
{
	for (uint32_t i = 0; i < 5000; i++) {
		put(&overlay, 1, i, i);
		ck_assert_uint_le(overlay.count * 2, overlay.capacity);
	}
	ck_assert_uint_eq(overlay_bytes(&overlay), overlay.capacity * sizeof(struct overlay_item));
	/* So it takes at most four slots an item, which the worker's limit counts on. */
	ck_assert_uint_le(overlay.capacity, 5000 * 4);
}
END_TEST

START_TEST(clear_keeps_the_memory)
{
	size_t bytes;

	for (uint32_t i = 0; i < 1000; i++)
		put(&overlay, 1, i, i);
	bytes = overlay_bytes(&overlay);
	overlay_clear(&overlay);
	ck_assert_uint_eq(overlay.count, 0);
	ck_assert_uint_eq(overlay_bytes(&overlay), bytes);
	ck_assert_int_eq(get(&overlay, 1, 5), -1);
	ck_assert_ptr_null(overlay_next(&overlay, NULL));
}
END_TEST

START_TEST(a_merge_into_an_empty_one_changes_places)
{
	struct overlay_item *slots;

	put(&overlay, 1, 1, 1);
	overlay_clear(&overlay);
	slots = overlay.slots;
	put(&second, 1, 2, 2);
	overlay_merge(&overlay, &second);
	ck_assert_int_eq(get(&overlay, 1, 2), 2);
	ck_assert_uint_eq(second.count, 0);
	ck_assert_ptr_eq(second.slots, slots);
	put(&second, 1, 3, 3); /* which is usable at once */
	ck_assert_int_eq(get(&second, 1, 2), -1);
}
END_TEST

START_TEST(a_move_takes_one_partition)
{
	for (uint32_t i = 0; i < 40; i++)
		put(&second, 1 + i % 2, i, 10);
	put(&overlay, 1, 0, 5);
	overlay_move(&overlay, &second, 1);
	ck_assert_uint_eq(overlay.count, 20);
	ck_assert_uint_eq(second.count, 20);
	for (uint32_t i = 0; i < 40; i++) {
		ck_assert_int_eq(get(&overlay, 1 + i % 2, i), i % 2 ? -1 : 10);
		ck_assert_int_eq(get(&second, 1 + i % 2, i), i % 2 ? 10 : -1);
	}
}
END_TEST

START_TEST(in_a_merge_the_later_mark_wins)
{
	put(&overlay, 1, 1, 10);
	put(&overlay, 1, 2, 20);
	put(&second, 1, 2, 25);
	put(&second, 2, 1, 30);
	overlay_merge(&overlay, &second);
	ck_assert_int_eq(get(&overlay, 1, 1), 10);
	ck_assert_int_eq(get(&overlay, 1, 2), 25);
	ck_assert_int_eq(get(&overlay, 2, 1), 30);
	ck_assert_uint_eq(overlay.count, 3);
	ck_assert_uint_eq(second.count, 0);
	ck_assert_uint_gt(overlay_bytes(&second), 0);
}
END_TEST

/* What the list says is what the table says, item by item and in number. */
static void compare(const struct overlay *table, int64_t list[PARTS][IDS])
{
	const struct overlay_item *item;
	size_t listed = 0, walked = 0;

	for (uint32_t part = 0; part < PARTS; part++)
		for (uint32_t id = 0; id < IDS; id++) {
			ck_assert_int_eq(get(table, part + 1, id), list[part][id]);
			listed += list[part][id] >= 0;
		}
	for (item = overlay_next(table, NULL); item; item = overlay_next(table, item))
		walked++;
	ck_assert_uint_eq(walked, listed);
	ck_assert_uint_eq(table->count, listed);
}

START_TEST(random_operations_do_what_a_list_does)
{
	struct rng rng = {(uint64_t)_i + 1};
	int64_t a[PARTS][IDS], b[PARTS][IDS];

	memset(a, -1, sizeof(a));
	memset(b, -1, sizeof(b));
	for (int64_t n = 0; n < 4000; n++) {
		uint32_t dice = rng_below(&rng, 1000), part = rng_below(&rng, PARTS),
			 id = rng_below(&rng, IDS);

		if (dice < 600) {
			put(&overlay, part + 1, id, n);
			a[part][id] = n;
		} else if (dice < 980) {
			put(&second, part + 1, id, n);
			b[part][id] = n;
		} else if (dice < 990) {
			overlay_drop(&overlay, part + 1);
			memset(a[part], -1, sizeof(a[part]));
		} else if (dice < 993) {
			overlay_clear(&overlay);
			memset(a, -1, sizeof(a));
		} else {
			overlay_merge(&overlay, &second);
			for (part = 0; part < PARTS; part++)
				for (id = 0; id < IDS; id++)
					if (b[part][id] >= 0)
						a[part][id] = b[part][id];
			memset(b, -1, sizeof(b));
		}
		if (n % 100 == 0) {
			compare(&overlay, a);
			compare(&second, b);
		}
	}
	compare(&overlay, a);
	compare(&second, b);
}
END_TEST

START_TEST(partition_zero_is_none)
{
	put(&overlay, 0, 1, 1);
}
END_TEST

START_TEST(a_merge_with_itself_ends_the_process)
{
	overlay_merge(&overlay, &overlay);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("overlay");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, an_empty_one_holds_nothing_and_no_memory);
	tcase_add_test(tcase, a_put_returns_what_was_there);
	tcase_add_test(tcase, the_same_id_in_two_partitions_is_two);
	tcase_add_test(tcase, it_is_never_more_than_half_full);
	tcase_add_test(tcase, clear_keeps_the_memory);
	tcase_add_test(tcase, a_merge_into_an_empty_one_changes_places);
	tcase_add_test(tcase, a_move_takes_one_partition);
	tcase_add_test(tcase, in_a_merge_the_later_mark_wins);
	tcase_add_loop_test(tcase, random_operations_do_what_a_list_does, 0, 5);
	tcase_add_test_raise_signal(tcase, partition_zero_is_none, SIGABRT);
	tcase_add_test_raise_signal(tcase, a_merge_with_itself_ends_the_process, SIGABRT);
	return suite_run("overlay", tcase);
}
