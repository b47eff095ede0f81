/*
 * contract_store: see contract_store.h. Goal: a worker can rely on each sentence of port/store.h.
 * Method: two handles `a` and `b` of one environment, small overlays, and what a handle reads back
 * afterwards; a restart where it must outlive the process.
 */
#include "lib/contract_store.h"

#include <stdlib.h>
#include <string.h>

#define WITHIN 1000

static const struct contract_store *maker;
static void *world;
static struct store *a, *b;
static struct err err;
static struct overlay overlay;

static const struct tp p0 = {"payments", 0}, p1 = {"payments", 1}, other = {"orders", 0};

static struct hash128 id_of(uint64_t number)
{
	return hash128(NULL, &number, sizeof(number));
}

static void begin(void)
{
	world = maker->begin();
	a = maker->open(world);
	b = maker->open(world);
	overlay_init(&overlay);
}

static void end(void)
{
	if (a)
		a->ops->close(a);
	if (b)
		b->ops->close(b);
	a = b = NULL;
	overlay_fini(&overlay);
	maker->end(world);
}

static void restart(void)
{
	a->ops->close(a);
	b->ops->close(b);
	maker->restart(world);
	a = maker->open(world);
	b = maker->open(world);
}

struct held {
	struct store_part part;
	bool has;
	struct checkpoint checkpoint;
	struct crash_count crashes;
};

static struct held acquire(struct store *store, struct tp tp)
{
	struct held held;

	memset(&held, 0, sizeof(held));
	ck_assert_msg(!store->ops->acquire(store, tp, &held.part, &held.has, &held.checkpoint,
					   &held.crashes, &err),
		      "%s", err.msg);
	ck_assert_uint_ge(held.part.id, 1);
	return held;
}

static struct checkpoint checkpoint_at(int64_t x)
{
	struct checkpoint k;

	memset(&k, 0, sizeof(k));
	k.x = x;
	k.k = 11;
	k.d = 12;
	k.g = 13;
	k.b = 14;
	k.v = WITHIN;
	k.gap = (struct gap){true, 16, 17};
	window_init(&k.window);
	(void)window_advance(&k.window, WITHIN, 14, 1000);
	(void)window_advance(&k.window, WITHIN, 15, 1500);
	return k;
}

static void put(uint32_t part, uint64_t number, int64_t t)
{
	struct hash128 id = id_of(number);

	(void)overlay_put(&overlay, part, &id, (struct entry){t, t + 1}, NULL);
}

static void finish(struct store *store)
{
	bool done = false;

	ck_assert_msg(!store->ops->checkpoint_poll(store, true, &done, &err), "%s", err.msg);
	ck_assert(done);
}

/* One partition's checkpoint of what is in the overlay, to its end. */
static void checkpoint(struct store *store, struct store_part part, struct checkpoint k)
{
	struct store_partition partition = {part, k};

	store->ops->checkpoint_start(store, &overlay, &partition, 1);
	finish(store);
	overlay_clear(&overlay);
}

static bool has(struct store *store, uint32_t part, uint64_t number, int64_t *ret_t)
{
	struct hash128 id = id_of(number);
	struct entry entry = {0, 0};
	bool found = false;

	ck_assert_msg(!store->ops->get(store, part, &id, &found, &entry, &err), "%s", err.msg);
	if (found) {
		ck_assert_int_eq(entry.timestamp, entry.t + 1);
		if (ret_t)
			*ret_t = entry.t;
	}
	return found;
}

START_TEST(unknown_partition_has_nothing)
{
	struct held held = acquire(a, p0);

	finish(a); /* a poll with no checkpoint under way is done */
	ck_assert(!held.has);
	ck_assert_int_eq(held.crashes.offset, -1);
	ck_assert(!has(a, held.part.id, 1, NULL));
}
END_TEST

START_TEST(partitions_have_numbers_of_their_own)
{
	struct held first = acquire(a, p0), second = acquire(a, p1), third = acquire(a, other);

	ck_assert_uint_ne(first.part.id, second.part.id);
	ck_assert_uint_ne(first.part.id, third.part.id);
	ck_assert_uint_ne(second.part.id, third.part.id);
	ck_assert_uint_eq(acquire(a, p0).part.id, first.part.id);
}
END_TEST

START_TEST(checkpoint_comes_back_in_every_field)
{
	struct held held = acquire(a, p0);
	struct checkpoint k = checkpoint_at(16);

	checkpoint(a, held.part, k);
	for (int i = 0; i < 2; i++) {
		held = acquire(a, p0);
		ck_assert(held.has);
		ck_assert_int_eq(held.checkpoint.x, 16);
		ck_assert_uint_eq(held.checkpoint.k, 11);
		ck_assert_uint_eq(held.checkpoint.d, 12);
		ck_assert_int_eq(held.checkpoint.g, 13);
		ck_assert_int_eq(held.checkpoint.b, 14);
		ck_assert_int_eq(held.checkpoint.v, WITHIN);
		ck_assert(held.checkpoint.gap.open);
		ck_assert_int_eq(held.checkpoint.gap.t, 16);
		ck_assert_int_eq(held.checkpoint.gap.x, 17);
		ck_assert(window_same(&held.checkpoint.window, &k.window));
		ck_assert_int_eq(held.checkpoint.window.x, k.window.x);
		ck_assert_uint_eq(held.checkpoint.window.marker_count, k.window.marker_count);
		ck_assert_mem_eq(held.checkpoint.window.markers, k.window.markers,
				 k.window.marker_count * sizeof(struct marker));
		restart();
	}
}
END_TEST

START_TEST(entries_are_seen_after_the_checkpoint_and_outlive_the_process)
{
	struct held held = acquire(a, p0);
	int64_t t = 0;

	for (uint64_t i = 0; i < 300; i++)
		put(held.part.id, i, 1000 + (int64_t)i);
	checkpoint(a, held.part, checkpoint_at(16));
	for (int turn = 0; turn < 2; turn++) {
		for (uint64_t i = 0; i < 300; i++) {
			ck_assert(has(a, held.part.id, i, &t));
			ck_assert_int_eq(t, 1000 + (int64_t)i);
		}
		ck_assert(!has(a, held.part.id, 300, NULL));
		restart();
	}
}
END_TEST

START_TEST(later_mark_replaces_the_entry)
{
	struct held held = acquire(a, p0);
	int64_t t = 0;

	put(held.part.id, 1, 1200);
	checkpoint(a, held.part, checkpoint_at(16));
	put(held.part.id, 1, 1300);
	checkpoint(a, held.part, checkpoint_at(17));
	ck_assert(has(a, held.part.id, 1, &t));
	ck_assert_int_eq(t, 1300);
}
END_TEST

START_TEST(same_id_in_two_partitions_is_two_entries)
{
	struct held first = acquire(a, p0), second = acquire(a, p1);

	put(first.part.id, 1, 1200);
	checkpoint(a, first.part, checkpoint_at(16));
	ck_assert(has(a, first.part.id, 1, NULL));
	ck_assert(!has(a, second.part.id, 1, NULL));
}
END_TEST

START_TEST(checkpoint_without_entries_moves_x)
{
	struct held held = acquire(a, p0);

	checkpoint(a, held.part, checkpoint_at(16));
	checkpoint(a, held.part, checkpoint_at(99));
	ck_assert_int_eq(acquire(a, p0).checkpoint.x, 99);
}
END_TEST

START_TEST(entries_of_a_partition_that_is_not_named_stay_out)
{
	struct held first = acquire(a, p0), second = acquire(a, p1);

	put(first.part.id, 1, 1200);
	put(second.part.id, 1, 1200);
	checkpoint(a, first.part, checkpoint_at(16));
	ck_assert(has(a, first.part.id, 1, NULL));
	ck_assert(!has(a, second.part.id, 1, NULL));
	ck_assert(!acquire(a, p1).has);
}
END_TEST

START_TEST(whoever_acquired_last_owns)
{
	struct held first = acquire(a, p0), other_one = acquire(a, p1), second = acquire(b, p0);

	ck_assert_uint_gt(second.part.owner, first.part.owner);
	ck_assert(b->ops->owns(b, &second.part) && !a->ops->owns(a, &first.part));
	ck_assert(!b->ops->reset(b, p0, &second.part, &err));
	ck_assert(b->ops->owns(b, &second.part) && !a->ops->owns(a, &first.part));
	ck_assert(!a->ops->reset(a, p0, &first.part, &err)); /* in vain */
	ck_assert(!a->ops->owns(a, &first.part) && a->ops->owns(a, &other_one.part));
	ck_assert(b->ops->owns(b, &second.part));
}
END_TEST

START_TEST(older_owner_is_refused_and_thinks_it_is_done)
{
	struct held zombie = acquire(a, p0), owner = acquire(b, p0);

	put(zombie.part.id, 1, 1200);
	checkpoint(a, zombie.part, checkpoint_at(16));
	ck_assert(!has(b, owner.part.id, 1, NULL));
	ck_assert(!acquire(b, p0).has);
}
END_TEST

START_TEST(only_the_refused_partition_stays_out_of_a_checkpoint)
{
	struct held lost = acquire(a, p0), kept = acquire(a, p1);
	struct held owner = acquire(b, p0);
	struct store_partition partitions[2] = {{lost.part, checkpoint_at(16)},
						{kept.part, checkpoint_at(26)}};

	put(lost.part.id, 1, 1200);
	put(kept.part.id, 2, 1200);
	a->ops->checkpoint_start(a, &overlay, partitions, 2);
	finish(a);
	ck_assert(!has(a, owner.part.id, 1, NULL));
	ck_assert(has(a, kept.part.id, 2, NULL));
	ck_assert(!acquire(b, p0).has);
	ck_assert_int_eq(acquire(b, p1).checkpoint.x, 26);
}
END_TEST

START_TEST(new_owner_sees_what_the_old_one_checkpointed)
{
	struct held held = acquire(a, p0);
	struct held next;

	ck_assert(!has(b, held.part.id, 1, NULL)); /* b's view is older than the checkpoint */
	put(held.part.id, 1, 1200);
	checkpoint(a, held.part, checkpoint_at(16));
	next = acquire(b, p0);
	ck_assert(next.has);
	ck_assert_uint_eq(next.part.id, held.part.id);
	ck_assert(has(b, next.part.id, 1, NULL));
}
END_TEST

START_TEST(reset_forgets_entries_and_checkpoint)
{
	struct held held = acquire(a, p0), kept = acquire(a, p1);
	uint32_t old = held.part.id;

	put(old, 1, 1200);
	checkpoint(a, held.part, checkpoint_at(16));
	put(kept.part.id, 1, 1200);
	checkpoint(a, kept.part, checkpoint_at(16));
	ck_assert(!a->ops->reset(a, p0, &held.part, &err));
	ck_assert_uint_ne(held.part.id, old);
	ck_assert(!has(a, held.part.id, 1, NULL));
	ck_assert(has(a, kept.part.id, 1, NULL));
	ck_assert(!acquire(a, p0).has);
	restart();
	held = acquire(a, p0);
	ck_assert(!held.has);
	ck_assert(!a->ops->reset(a, p0, &held.part, &err));
	put(held.part.id, 2, 1200);
	checkpoint(a, held.part, checkpoint_at(17)); /* the owner goes on */
	ck_assert(!has(a, held.part.id, 1, NULL));
	ck_assert(has(a, held.part.id, 2, NULL));
	ck_assert(acquire(a, p0).has);
}
END_TEST

START_TEST(checkpoint_with_the_number_before_the_reset_is_refused)
{
	struct held held = acquire(a, p0);
	struct store_part before = held.part;

	ck_assert(!a->ops->reset(a, p0, &held.part, &err));
	put(before.id, 1, 1200);
	checkpoint(a, before, checkpoint_at(16));
	ck_assert(!acquire(a, p0).has);
}
END_TEST

START_TEST(reset_by_an_older_owner_leaves_the_newer_one_alone)
{
	struct held zombie = acquire(a, p0), owner = acquire(b, p0);

	put(owner.part.id, 1, 1200);
	checkpoint(b, owner.part, checkpoint_at(16));
	ck_assert(!a->ops->reset(a, p0, &zombie.part, &err));
	put(zombie.part.id, 2, 1200);
	checkpoint(a, zombie.part, checkpoint_at(17));
	ck_assert(has(b, owner.part.id, 1, NULL));
	put(owner.part.id, 3, 1200);
	checkpoint(b, owner.part, checkpoint_at(18));
	owner = acquire(b, p0);
	ck_assert_int_eq(owner.checkpoint.x, 18);
	ck_assert(has(b, owner.part.id, 3, NULL));
	ck_assert(!has(b, owner.part.id, 2, NULL));
}
END_TEST

START_TEST(crash_count_survives_checkpoint_reset_and_restart)
{
	struct crash_count count = {42, 3, 512};
	struct held held = acquire(a, p0);

	checkpoint(a, held.part, checkpoint_at(16));
	ck_assert(!a->ops->crash_write(a, p0, &count, &err));
	held = acquire(a, p0);
	ck_assert_int_eq(held.checkpoint.x, 16); /* which it leaves alone */
	checkpoint(a, held.part, checkpoint_at(17));
	ck_assert(!a->ops->reset(a, p0, &held.part, &err));
	restart();
	held = acquire(a, p0);
	ck_assert_int_eq(held.crashes.offset, 42);
	ck_assert_int_eq(held.crashes.count, 3);
	ck_assert_int_eq(held.crashes.limit, 512);
}
END_TEST

START_TEST(secret_is_one_per_environment_and_stays)
{
	uint8_t before[HASH_KEY_BYTES];
	static const uint8_t zero[HASH_KEY_BYTES];

	memcpy(before, a->ops->secret(a), sizeof(before));
	ck_assert_mem_eq(b->ops->secret(b), before, sizeof(before));
	ck_assert_mem_ne(before, zero, sizeof(before));
	restart();
	ck_assert_mem_eq(a->ops->secret(a), before, sizeof(before));
}
END_TEST

START_TEST(close_waits_for_the_checkpoint)
{
	struct held held = acquire(a, p0);
	struct store_partition partition = {held.part, checkpoint_at(16)};

	for (uint64_t i = 0; i < 500; i++)
		put(held.part.id, i, 1200);
	a->ops->checkpoint_start(a, &overlay, &partition, 1);
	a->ops->close(a);
	overlay_clear(&overlay);
	a = maker->open(world);
	held = acquire(a, p0);
	ck_assert(held.has);
	ck_assert(has(a, held.part.id, 499, NULL));
}
END_TEST

START_TEST(live_entries_never_go)
{
	struct held held = acquire(a, p0);
	struct checkpoint k = checkpoint_at(16);

	/* T 2000: 1000 is just alive (T - t <= within). The sweep passes by many times. */
	k.window.t = 2000;
	for (uint64_t i = 0; i < 400; i++)
		put(held.part.id, i, 1000 + (int64_t)(i % 900));
	checkpoint(a, held.part, k);
	for (int i = 0; i < 5; i++)
		checkpoint(a, held.part, k);
	for (uint64_t i = 0; i < 400; i++)
		ck_assert(has(a, held.part.id, i, NULL));
}
END_TEST

START_TEST(entries_expire_by_the_window_of_their_own_checkpoint)
{
	struct held mine = acquire(a, p0), theirs = acquire(b, p1);
	struct checkpoint k = checkpoint_at(16);
	struct store_partition partition = {theirs.part, k};

	/* b's window is wider than a's: a's sweeps must not judge b's entries by its own. */
	partition.checkpoint.window.t = 5000;
	put(theirs.part.id, 1, 1000);
	partition.checkpoint.v = 10 * WITHIN;
	b->ops->checkpoint_start(b, &overlay, &partition, 1);
	finish(b);
	overlay_clear(&overlay);
	for (int i = 0; i < 3; i++)
		checkpoint(a, mine.part, k);
	ck_assert(has(b, theirs.part.id, 1, NULL));
}
END_TEST

START_TEST(live_entries_of_a_partition_nobody_works_on_stay)
{
	struct held held = acquire(a, p0);
	struct checkpoint k = checkpoint_at(16);

	/* After a restart only K says what is alive: its window is as wide as it was. */
	k.v = 10 * WITHIN;
	k.window.t = 5000;
	for (uint64_t i = 0; i < 50; i++)
		put(held.part.id, i, 1000);
	checkpoint(a, held.part, k);
	restart();
	held = acquire(a, p1);
	for (int i = 0; i < 3; i++)
		checkpoint(a, held.part, checkpoint_at(17));
	held = acquire(b, p0);
	for (uint64_t i = 0; i < 50; i++)
		ck_assert(has(b, held.part.id, i, NULL));
}
END_TEST

TCase *contract_store_tcase(const struct contract_store *with)
{
	const TTest *const tests[] = {unknown_partition_has_nothing,
				      partitions_have_numbers_of_their_own,
				      checkpoint_comes_back_in_every_field,
				      entries_are_seen_after_the_checkpoint_and_outlive_the_process,
				      later_mark_replaces_the_entry,
				      same_id_in_two_partitions_is_two_entries,
				      checkpoint_without_entries_moves_x,
				      entries_of_a_partition_that_is_not_named_stay_out,
				      whoever_acquired_last_owns,
				      older_owner_is_refused_and_thinks_it_is_done,
				      only_the_refused_partition_stays_out_of_a_checkpoint,
				      new_owner_sees_what_the_old_one_checkpointed,
				      reset_forgets_entries_and_checkpoint,
				      checkpoint_with_the_number_before_the_reset_is_refused,
				      reset_by_an_older_owner_leaves_the_newer_one_alone,
				      crash_count_survives_checkpoint_reset_and_restart,
				      secret_is_one_per_environment_and_stays,
				      close_waits_for_the_checkpoint,
				      live_entries_never_go,
				      entries_expire_by_the_window_of_their_own_checkpoint,
				      live_entries_of_a_partition_nobody_works_on_stay};
	TCase *tcase = tcase_create("contract");

	maker = with;
	tcase_add_checked_fixture(tcase, begin, end);
	for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++)
		tcase_add_test(tcase, tests[i]);
	return tcase;
}
