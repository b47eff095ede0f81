/*
 * base: goal: null and empty bytes are two things, UTF-8 is RFC 3629's, clean-up runs once. Method:
 * tables; every two-byte sequence against the rule in other words.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "lib/suite.h"

START_TEST(null_is_not_empty)
{
	ck_assert(bytes_equal(BYTES_NULL, BYTES_NULL));
	ck_assert(bytes_equal(bytes_of("", 0), bytes_str("")));
	ck_assert(!bytes_equal(BYTES_NULL, bytes_of("", 0)));
	ck_assert(!bytes_equal(bytes_of("", 0), BYTES_NULL));
	ck_assert_ptr_null(bytes_str(NULL).data);
}
END_TEST

START_TEST(bytes_are_equal_by_length_and_content)
{
	ck_assert(bytes_equal(bytes_of("a\0b", 3), bytes_of("a\0b", 3)));
	ck_assert(!bytes_equal(bytes_of("a\0b", 3), bytes_of("a\0c", 3)));
	ck_assert(!bytes_equal(bytes_str("ab"), bytes_str("abc")));
}
END_TEST

static const struct {
	const char *text;
	size_t len;
	bool valid;
} utf8[] = {
	{"", 0, true},
	{"plain", 5, true},
	{"\0", 1, true},
	{"\x7f", 1, true},
	{"\x80", 1, false},             /* a continuation alone */
	{"\xc2\x80", 2, true},          /* U+0080 */
	{"\xc1\xbf", 2, false},         /* overlong */
	{"\xc2", 1, false},             /* cut */
	{"\xdf\xbf", 2, true},          /* U+07FF */
	{"\xe0\xa0\x80", 3, true},      /* U+0800 */
	{"\xe0\x9f\xbf", 3, false},     /* overlong */
	{"\xed\x9f\xbf", 3, true},      /* U+D7FF */
	{"\xed\xa0\x80", 3, false},     /* a surrogate */
	{"\xee\x80\x80", 3, true},      /* U+E000 */
	{"\xef\xbf\xbf", 3, true},      /* U+FFFF */
	{"\xef\xbf", 2, false},         /* cut */
	{"\xe2\x82\x41", 3, false},     /* the third is none */
	{"\xf0\x90\x80\x80", 4, true},  /* U+10000 */
	{"\xf0\x8f\xbf\xbf", 4, false}, /* overlong */
	{"\xf4\x8f\xbf\xbf", 4, true},  /* U+10FFFF */
	{"\xf4\x90\x80\x80", 4, false}, /* beyond */
	{"\xf5\x80\x80\x80", 4, false}, /* no such lead */
	{"\xff", 1, false},
	{"a\xf0\x9f\x98\x80z", 6, true},
	{"a\xf0\x9f\x98z", 5, false},
	{"good then \x80", 11, false},
};

START_TEST(utf8_is_that_of_rfc_3629)
{
	/* On the heap, so that a sanitizer sees a read past the end. */
	char *copy = malloc(utf8[_i].len + 1);

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, utf8[_i].text, utf8[_i].len);
	ck_assert_int_eq(bytes_is_utf8(bytes_of(copy, utf8[_i].len)), utf8[_i].valid);
	free(copy);
}
END_TEST

START_TEST(two_bytes_are_two_ascii_or_one_character)
{
	for (unsigned int a = 0; a < 256; a++)
		for (unsigned int b = 0; b < 256; b++) {
			unsigned char text[2] = {(unsigned char)a, (unsigned char)b};
			bool ascii = a < 0x80 && b < 0x80;
			bool pair = a >= 0xc2 && a <= 0xdf && b >= 0x80 && b <= 0xbf;

			ck_assert_int_eq(bytes_is_utf8(bytes_of(text, 2)), ascii || pair);
		}
}
END_TEST

START_TEST(null_bytes_are_valid_utf8)
{
	ck_assert(bytes_is_utf8(BYTES_NULL));
}
END_TEST

struct thing {
	int *freed;
};

static void thing_free(struct thing *thing)
{
	(*thing->freed)++;
}

CLEANUP_DEFINE(struct thing, thing_free);

START_TEST(clean_up_runs_at_the_end_of_the_scope_unless_it_is_taken)
{
	int freed = 0;
	struct thing thing = {&freed}, *kept;

	{
		CLEANUP(thing_free) struct thing *local = &thing;

		ck_assert_int_eq(*local->freed, 0);
	}
	ck_assert_int_eq(freed, 1);
	{
		CLEANUP(thing_free) struct thing *local = &thing;

		kept = TAKE(local);
		ck_assert_ptr_null(local);
	}
	ck_assert_int_eq(freed, 1);
	ck_assert_ptr_eq(kept, &thing);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("base");

	tcase_add_test(tcase, null_is_not_empty);
	tcase_add_test(tcase, bytes_are_equal_by_length_and_content);
	tcase_add_loop_test(tcase, utf8_is_that_of_rfc_3629, 0,
			    (int)(sizeof(utf8) / sizeof(utf8[0])));
	tcase_add_test(tcase, two_bytes_are_two_ascii_or_one_character);
	tcase_add_test(tcase, null_bytes_are_valid_utf8);
	tcase_add_test(tcase, clean_up_runs_at_the_end_of_the_scope_unless_it_is_taken);
	return suite_run("base", tcase);
}
