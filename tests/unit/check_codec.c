/*
 * codec: goal: every field comes back, the bytes on disk are the documented ones, and no byte of
 * a key or a value can change unnoticed. Method: rows with a different value in every field; each
 * bit of each row flipped; every length but the right one.
 */
#include <check.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "io/lmdb_codec.h"
#include "lib/suite.h"

static uint8_t key[LMDB_CODEC_PARTITION_KEY_MAX];
static size_t key_len;

static struct lmdb_codec_partition full(void)
{
	struct lmdb_codec_partition row;
	struct checkpoint *k = &row.checkpoint;

	memset(&row, 0, sizeof(row));
	row.id = 0x01020304;
	row.crashes = (struct crash_count){INT64_MAX, 5, INT32_MAX};
	row.has_checkpoint = true;
	k->x = 123456789012345;
	k->k = UINT64_MAX;
	k->d = UINT64_C(0x8000000000000001);
	k->g = -2;
	k->b = INT64_MIN;
	k->v = 86400000;
	k->gap.open = true;
	k->gap.t = -77;
	k->gap.x = INT64_MAX;
	k->window.t = 1700000000000;
	k->window.p = -1;
	k->window.x = 1700000000001;
	k->window.h = UINT64_C(0xfedcba9876543210);
	k->window.marker_count = MARKERS_MAX;
	for (int i = 0; i < MARKERS_MAX; i++)
		k->window.markers[i] = (struct marker){i, 1000 + i, 2000 + i, 3000u + (unsigned)i};
	return row;
}

static void setup(void)
{
	key_len = lmdb_codec_partition_key("onced.pay", "payments", 7, key);
	ck_assert_uint_gt(key_len, 0);
}

START_TEST(partition_key_is_group_topic_and_big_endian_number)
{
	static const char expected[] = "onced.pay\0payments\0\0\0\0\7";

	ck_assert_uint_eq(key_len, sizeof(expected) - 1);
	ck_assert_mem_eq(key, expected, key_len);
}
END_TEST

START_TEST(partition_key_that_is_too_long_is_refused)
{
	char group[200], topic[250];
	uint8_t text[LMDB_CODEC_PARTITION_KEY_MAX];

	memset(group, 'g', sizeof(group));
	memset(topic, 't', sizeof(topic));
	topic[249] = '\0';
	group[199] = '\0';
	ck_assert_uint_eq(lmdb_codec_partition_key(group, topic, 0, text), 0);
	group[128] = '\0';
	ck_assert_uint_eq(lmdb_codec_partition_key(group, topic, 0, text), 129 + 250 + 4);
}
END_TEST

START_TEST(partition_comes_back_in_every_field)
{
	struct lmdb_codec_partition row = full(), back;
	uint8_t value[LMDB_CODEC_PARTITION_BYTES];

	memset(&back, 0xee, sizeof(back));
	lmdb_codec_partition_write(bytes_of(key, key_len), &row, value);
	ck_assert(lmdb_codec_partition_read(bytes_of(key, key_len), bytes_of(value, sizeof(value)),
					    &back));
	/* Both were zeroed whole, so padding compares too. */
	ck_assert_mem_eq(&row, &back, sizeof(row));
}
END_TEST

START_TEST(partition_without_checkpoint_comes_back_empty)
{
	struct lmdb_codec_partition row = full(), back;
	static const struct checkpoint none;
	uint8_t value[LMDB_CODEC_PARTITION_BYTES];

	row.has_checkpoint = false;
	row.crashes.offset = -1;
	lmdb_codec_partition_write(bytes_of(key, key_len), &row, value);
	ck_assert(lmdb_codec_partition_read(bytes_of(key, key_len), bytes_of(value, sizeof(value)),
					    &back));
	ck_assert(!back.has_checkpoint);
	ck_assert_int_eq(back.crashes.offset, -1);
	ck_assert_mem_eq(&back.checkpoint, &none, sizeof(none));
}
END_TEST

START_TEST(markers_beyond_the_count_do_not_reach_the_disk)
{
	struct lmdb_codec_partition a = full(), b = full();
	uint8_t first[LMDB_CODEC_PARTITION_BYTES], second[LMDB_CODEC_PARTITION_BYTES];

	a.checkpoint.window.marker_count = b.checkpoint.window.marker_count = 3;
	memset(&b.checkpoint.window.markers[3], 0xab, sizeof(struct marker));
	lmdb_codec_partition_write(bytes_of(key, key_len), &a, first);
	lmdb_codec_partition_write(bytes_of(key, key_len), &b, second);
	ck_assert_mem_eq(first, second, sizeof(first));
}
END_TEST

START_TEST(partition_with_any_bit_flipped_is_refused)
{
	struct lmdb_codec_partition row = full(), back;
	uint8_t value[LMDB_CODEC_PARTITION_BYTES];

	lmdb_codec_partition_write(bytes_of(key, key_len), &row, value);
	for (size_t bit = 0; bit < sizeof(value) * 8; bit++) {
		value[bit / 8] ^= (uint8_t)(1u << bit % 8);
		ck_assert_msg(!lmdb_codec_partition_read(bytes_of(key, key_len),
							 bytes_of(value, sizeof(value)), &back),
			      "bit %zu", bit);
		value[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t bit = 0; bit < key_len * 8; bit++) {
		key[bit / 8] ^= (uint8_t)(1u << bit % 8);
		ck_assert(!lmdb_codec_partition_read(bytes_of(key, key_len),
						     bytes_of(value, sizeof(value)), &back));
		key[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}
END_TEST

START_TEST(partition_of_another_length_is_refused)
{
	struct lmdb_codec_partition row = full(), back;
	uint8_t value[LMDB_CODEC_PARTITION_BYTES + 1] = {0};
	struct bytes name = bytes_of(key, key_len);

	lmdb_codec_partition_write(name, &row, value);
	ck_assert(!lmdb_codec_partition_read(name, bytes_of(value, sizeof(value)), &back));
	ck_assert(!lmdb_codec_partition_read(name, bytes_of(value, sizeof(value) - 2), &back));
	ck_assert(!lmdb_codec_partition_read(name, bytes_of(value, 0), &back));
	ck_assert(!lmdb_codec_partition_read(name, BYTES_NULL, &back));
}
END_TEST

START_TEST(entry_comes_back_and_its_key_sorts_by_partition)
{
	struct hash128 low = {{0}}, high;
	uint8_t first[LMDB_CODEC_ENTRY_KEY_BYTES], second[LMDB_CODEC_ENTRY_KEY_BYTES];
	uint8_t value[LMDB_CODEC_ENTRY_BYTES];
	struct entry entry = {INT64_MIN, INT64_MAX}, back;
	uint32_t part;

	memset(&high, 0xff, sizeof(high));
	lmdb_codec_entry_key(255, &high, first);
	lmdb_codec_entry_key(256, &low, second);
	ck_assert_int_lt(memcmp(first, second, sizeof(first)), 0);
	lmdb_codec_entry_write(first, entry, value);
	ck_assert(lmdb_codec_entry_read(bytes_of(first, sizeof(first)),
					bytes_of(value, sizeof(value)), &part, &back));
	ck_assert_uint_eq(part, 255);
	ck_assert_int_eq(back.t, entry.t);
	ck_assert_int_eq(back.timestamp, entry.timestamp);
	ck_assert(!lmdb_codec_entry_read(bytes_of(second, sizeof(second)),
					 bytes_of(value, sizeof(value)), &part, &back));
}
END_TEST

START_TEST(entry_with_any_bit_flipped_is_refused)
{
	struct hash128 id = hash128(NULL, "a", 1);
	uint8_t name[LMDB_CODEC_ENTRY_KEY_BYTES], value[LMDB_CODEC_ENTRY_BYTES];
	struct entry back;
	uint32_t part;

	lmdb_codec_entry_key(3, &id, name);
	lmdb_codec_entry_write(name, (struct entry){5, 6}, value);
	for (size_t bit = 0; bit < (sizeof(name) + sizeof(value)) * 8; bit++) {
		uint8_t *at =
			bit / 8 < sizeof(name) ? name + bit / 8 : value + bit / 8 - sizeof(name);

		*at ^= (uint8_t)(1u << bit % 8);
		ck_assert_msg(!lmdb_codec_entry_read(bytes_of(name, sizeof(name)),
						     bytes_of(value, sizeof(value)), &part, &back),
			      "bit %zu", bit);
		*at ^= (uint8_t)(1u << bit % 8);
	}
	ck_assert(!lmdb_codec_entry_read(bytes_of(name, sizeof(name)),
					 bytes_of(value, sizeof(value) - 1), &part, &back));
	ck_assert(!lmdb_codec_entry_read(bytes_of(name, sizeof(name) - 1),
					 bytes_of(value, sizeof(value)), &part, &back));
}
END_TEST

START_TEST(header_comes_back_and_any_flipped_bit_is_refused)
{
	struct lmdb_codec_header header = {.next_id = 9, .created_ms = 1700000000000}, back;
	uint8_t value[LMDB_CODEC_HEADER_BYTES];

	memset(header.uuid, 1, sizeof(header.uuid));
	memset(header.secret, 2, sizeof(header.secret));
	lmdb_codec_header_write(&header, value);
	ck_assert(lmdb_codec_header_read(bytes_of(value, sizeof(value)), &back));
	ck_assert_uint_eq(back.next_id, 9);
	ck_assert_int_eq(back.created_ms, header.created_ms);
	ck_assert_mem_eq(back.uuid, header.uuid, sizeof(back.uuid));
	ck_assert_mem_eq(back.secret, header.secret, sizeof(back.secret));
	for (size_t bit = 0; bit < sizeof(value) * 8; bit++) {
		value[bit / 8] ^= (uint8_t)(1u << bit % 8);
		ck_assert(!lmdb_codec_header_read(bytes_of(value, sizeof(value)), &back));
		value[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	ck_assert(!lmdb_codec_header_read(BYTES_NULL, &back));
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("codec");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, partition_key_is_group_topic_and_big_endian_number);
	tcase_add_test(tcase, partition_key_that_is_too_long_is_refused);
	tcase_add_test(tcase, partition_comes_back_in_every_field);
	tcase_add_test(tcase, partition_without_checkpoint_comes_back_empty);
	tcase_add_test(tcase, markers_beyond_the_count_do_not_reach_the_disk);
	tcase_add_test(tcase, partition_with_any_bit_flipped_is_refused);
	tcase_add_test(tcase, partition_of_another_length_is_refused);
	tcase_add_test(tcase, entry_comes_back_and_its_key_sorts_by_partition);
	tcase_add_test(tcase, entry_with_any_bit_flipped_is_refused);
	tcase_add_test(tcase, header_comes_back_and_any_flipped_bit_is_refused);
	return suite_run("codec", tcase);
}
