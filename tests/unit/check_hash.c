/*
 * hash: goal: these are SipHash-2-4 with 64 and 128 bits, as numbers that do not depend on the
 * host. Method: the vectors of SipHash's reference implementation (key 00..0f, input 00, 01,
 * ...).
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/suite.h"
#include "port/hash.h"

static uint8_t key[HASH_KEY_BYTES];
static uint8_t input[64];

static void setup(void)
{
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	for (size_t i = 0; i < sizeof(input); i++)
		input[i] = (uint8_t)i;
}

START_TEST(hash64_is_siphash24)
{
	ck_assert_uint_eq(hash64(key, NULL, 0), UINT64_C(0x726fdb47dd0e0e31));
	ck_assert_uint_eq(hash64(key, input, 1), UINT64_C(0x74f839c593dc67fd));
	ck_assert_uint_eq(hash64(key, input, 15), UINT64_C(0xa129ca6149be45e5));
}
END_TEST

START_TEST(hash128_is_siphash24_of_128_bits)
{
	static const uint8_t none[16] = {0xa3, 0x81, 0x7f, 0x04, 0xba, 0x25, 0xa8, 0xe6,
					 0x6d, 0xf6, 0x72, 0x14, 0xc7, 0x55, 0x02, 0x93};
	static const uint8_t one[16] = {0xda, 0x87, 0xc1, 0xd8, 0x6b, 0x99, 0xaf, 0x44,
					0x34, 0x76, 0x59, 0x11, 0x9b, 0x22, 0xfc, 0x45};
	struct hash128 hash = hash128(key, NULL, 0);

	ck_assert_mem_eq(hash.bytes, none, sizeof(none));
	hash = hash128(key, input, 1);
	ck_assert_mem_eq(hash.bytes, one, sizeof(one));
}
END_TEST

START_TEST(no_key_is_the_zero_key)
{
	static const uint8_t zero[HASH_KEY_BYTES];
	struct hash128 a = hash128(NULL, input, 20), b = hash128(zero, input, 20);

	ck_assert_uint_eq(hash64(NULL, input, 20), hash64(zero, input, 20));
	ck_assert_uint_ne(hash64(NULL, input, 20), hash64(key, input, 20));
	ck_assert_mem_eq(a.bytes, b.bytes, sizeof(a.bytes));
}
END_TEST

START_TEST(null_and_empty_are_the_same_bytes)
{
	ck_assert_uint_eq(hash64(key, NULL, 0), hash64(key, "", 0));
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("hash");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, hash64_is_siphash24);
	tcase_add_test(tcase, hash128_is_siphash24_of_128_bits);
	tcase_add_test(tcase, no_key_is_the_zero_key);
	tcase_add_test(tcase, null_and_empty_are_the_same_bytes);
	return suite_run("hash", tcase);
}
