/*
 * Goal: an entry becomes the same record whatever order its fields come in, nothing of it is lost
 * unsaid, and a place survives the way through a committed offset's metadata.
 * Method: fields made by hand; cursors as journald writes them, and broken ones.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/meta.h"
#include "io/journal_place.h"
#include "io/journal_record.h"
#include "lib/suite.h"

#define S1 "s=5be860b916854571b1c073e84c6a29ee;"
#define S2 "s=00000000000000000000000000000001;"
#define B1 "b=ea0bdfb0b00140a283bf1311918584b9;"
#define B2 "b=00000000000000000000000000000002;"
#define CURSOR S1 "i=2a;" B1 "m=1853870c6;t=66124f5b56ed2;x=6d2480eb5698563b"

static struct arena *arena;

static void begin(void)
{
	arena = arena_new(1 << 20);
}

static void end(void)
{
	arena_free(arena);
}

static struct journal_field field(const char *name, const char *value)
{
	return (struct journal_field){bytes_str(name), bytes_str(value)};
}

static const char *text_of(struct journal_field *fields, size_t count, struct record *ret)
{
	journal_record_make(fields, count, INT64_C(1767225600123456), arena, ret);
	return arena_printf(arena, "%.*s", (int)ret->value.len, (const char *)ret->value.data);
}

START_TEST(an_entry_is_one_json_object_with_sorted_fields)
{
	struct journal_field fields[] = {field("_SYSTEMD_UNIT", "nginx.service"),
					 field("MESSAGE", "say \"\\\n\t\x7f\" \xc3\xa9"),
					 field("_PID", "7"),
					 field("MESSAGE_", ""),
					 field("A", "2"),
					 field("A", "10")};
	struct record record;

	ck_assert_str_eq(text_of(fields, 6, &record),
			 "{\"A\":[\"10\",\"2\"],\"MESSAGE\":\"say \\\"\\\\\\n\\u0009\\u007f\\\" "
			 "\xc3\xa9\",\"MESSAGE_\":\"\",\"_PID\":\"7\","
			 "\"_SYSTEMD_UNIT\":\"nginx.service\"}");
	ck_assert(bytes_equal(record.key, bytes_str("nginx.service")));
	ck_assert_int_eq(record.timestamp, INT64_C(1767225600123));
	ck_assert_uint_eq(record.header_count, 0);
}
END_TEST

START_TEST(the_order_in_which_fields_come_does_not_matter)
{
	struct journal_field one[] = {field("B", "x"), field("A", "2"), field("A", "1")};
	struct journal_field two[] = {field("A", "1"), field("B", "x"), field("A", "2")};
	struct record record;

	ck_assert_str_eq(text_of(one, 3, &record), text_of(two, 3, &record));
	ck_assert_ptr_null(record.key.data);
}
END_TEST

START_TEST(what_is_no_text_becomes_numbers)
{
	struct journal_field fields[] = {
		{bytes_str("A"), bytes_of("\xff\0\x0a\x63", 4)},
		{bytes_str("B"), bytes_of("a\0", 2)},
	};
	struct record record;

	ck_assert_str_eq(text_of(fields, 2, &record), "{\"A\":[255,0,10,99],\"B\":[97,0]}");
	ck_assert_str_eq(text_of(NULL, 0, &record), "{}");
}
END_TEST

START_TEST(what_is_too_long_is_cut_and_named)
{
	static char big[JOURNAL_FIELD_BYTES_MAX + 1];
	static char binary[JOURNAL_FIELD_BYTES_MAX];
	struct journal_field fields[] = {
		{bytes_str("BIG"), bytes_of(big, sizeof(big))},
		{bytes_str("CUT_BY_THE_READER"), BYTES_NULL},
		{bytes_str("B1"), bytes_of(binary, sizeof(binary))},
		{bytes_str("B2"), bytes_of(binary, sizeof(binary))},
		{bytes_str("Z"), bytes_str("small")},
	};
	struct record record;
	const char *text;

	memset(big, 'x', sizeof(big));
	memset(binary, 0xff, sizeof(binary)); /* four characters each, so the second is too much */
	text = text_of(fields, 5, &record);
	ck_assert_uint_lt(record.value.len, 1000000);
	ck_assert_ptr_nonnull(strstr(text, "{\"B1\":[255,"));
	ck_assert_ptr_nonnull(
		strstr(text,
		       "],\"B2\":null,\"BIG\":null,\"CUT_BY_THE_READER\":null,\"Z\":\"small\","
		       "\"__ONCED_CUT\":[\"B2\",\"BIG\",\"CUT_BY_THE_READER\"]}"));
}
END_TEST

START_TEST(a_place_goes_through_the_metadata)
{
	const struct meta meta = {.k = 1, .n = 1, .p = 5, .has_w = true};
	char text[META_MAX + JOURNAL_PLACE_FIELD_MAX];
	struct journal_place place, read;
	struct meta back;

	for (int i = 0; i < 4; i++) {
		size_t len = meta_write(&meta, text);

		ck_assert(journal_place_set(&place, i & 1, CURSOR));
		ck_assert(!place.alone);
		place.alone = i & 2;
		len += journal_place_write(&place, text + len);
		ck_assert(journal_place_read(bytes_of(text, len), &read));
		ck_assert(journal_place_equal(&place, &read));
		ck_assert_int_eq(meta_read(bytes_of(text, len), &back), META_OURS);
		ck_assert_int_eq(back.p, 5);
		read.before = !read.before;
		ck_assert(!journal_place_equal(&place, &read));
		read = place;
		read.alone = !read.alone;
		ck_assert(!journal_place_equal(&place, &read));
	}
	ck_assert(!journal_place_read(bytes_of(text, meta_write(&meta, text)), &read));
	ck_assert(!journal_place_read(BYTES_NULL, &read));
}
END_TEST

/* The longest metadata with the longest cursor: core/meta must still read it. */
START_TEST(the_longest_place_fits_beside_the_longest_metadata)
{
	const struct meta meta = {.n = INT32_MAX,
				  .i = INT32_MAX,
				  .g = INT64_MAX,
				  .b = INT64_MAX,
				  .v = INT64_MAX,
				  .t = INT64_MAX,
				  .p = INT64_MAX,
				  .x = INT64_MAX,
				  .has_w = true,
				  .w = {INT64_MAX, INT64_MAX, INT64_MAX, 0},
				  .a = {true, INT64_MAX, INT64_MAX}};
	char text[META_MAX + JOURNAL_PLACE_FIELD_MAX];
	size_t len = meta_write(&meta, text);
	struct journal_place place;
	struct meta back;

	ck_assert(journal_place_set(&place, true,
				    S1 "i=ffffffffffffffff;" B1
				       "m=ffffffffffffffff;t=ffffffffffffffff;x=ffffffffffffffff"));
	ck_assert_uint_eq(strlen(place.cursor), JOURNAL_CURSOR_MAX - 1);
	len += journal_place_write(&place, text + len);
	ck_assert_uint_lt(len, META_MAX);
	ck_assert_int_eq(meta_read(bytes_of(text, len), &back), META_OURS);
}
END_TEST

START_TEST(a_broken_cursor_is_no_place)
{
	static const char *const bad[] = {"",
					  "s=",
					  "x",
					  CURSOR ";",
					  CURSOR "0000000",
					  S1 "i=2a;" B1 "m=1;t=2",
					  "s=5be8;i=2a;" B1 "m=1;t=2;x=3",
					  S1 "i=2A;" B1 "m=1;t=2;x=3",
					  S1 B1 "i=2a;m=1;t=2;x=3",
					  S1 "i=;" B1 "m=1;t=2;x=3",
					  S1 "i=12345678901234567;" B1 "m=1;t=2;x=3"};
	struct journal_place place;
	char text[512];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int len = snprintf(text, sizeof(text), "onced1 k=1 c=%s", bad[i]);

		ck_assert_msg(!journal_place_set(&place, false, bad[i]), "%s", bad[i]);
		ck_assert_msg(!journal_place_read(bytes_of(text, (size_t)len), &place), "%s",
			      bad[i]);
	}
	(void)snprintf(text, sizeof(text), "onced1 c=%s", CURSOR);
	text[20] = '\0'; /* a NUL inside */
	ck_assert(!journal_place_read(bytes_of(text, strlen(CURSOR) + 9), &place));
}
END_TEST

START_TEST(cursors_are_compared_as_the_journal_orders_them)
{
	static const char next[] = S1 "i=2b;" B1 "m=1;t=1;x=0";
	static const char later[] = S1 "i=2c;" B1 "m=1;t=1;x=0";
	static const char replaced[] = S2 "i=1;" B1 "m=1853870c7;t=1;x=0"; /* another sequence */
	static const char rebooted[] = S2 "i=1;" B2 "m=1;t=66124f5b56ed3;x=0";
	static const char set_back[] = S2 "i=1;" B2 "m=1853870c7;t=66124f5b56ed1;x=0";

	ck_assert(journal_cursor_follows(CURSOR, next));
	ck_assert(!journal_cursor_follows(CURSOR, later));
	ck_assert(!journal_cursor_follows(CURSOR, CURSOR));
	ck_assert(!journal_cursor_follows(CURSOR, S2 "i=2b;" B1 "m=1;t=1;x=0"));
	ck_assert(journal_cursor_is_later(next, CURSOR));
	ck_assert(!journal_cursor_is_later(CURSOR, next));
	ck_assert(!journal_cursor_is_later(CURSOR, CURSOR));
	ck_assert(journal_cursor_is_later(replaced, CURSOR));
	ck_assert(journal_cursor_is_later(rebooted, CURSOR));
	ck_assert(!journal_cursor_is_later(set_back, CURSOR));
	ck_assert(!journal_cursor_is_unordered(CURSOR, next));
	ck_assert(!journal_cursor_is_unordered(CURSOR, replaced));
	ck_assert(journal_cursor_is_unordered(CURSOR, set_back));
	ck_assert_str_eq(journal_cursor_identity(next), B1 "m=1;t=1;x=0");
	ck_assert_int_eq(strncmp(journal_cursor_boot(rebooted), &(B2)[2], 32), 0);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("journal");

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, an_entry_is_one_json_object_with_sorted_fields);
	tcase_add_test(tcase, the_order_in_which_fields_come_does_not_matter);
	tcase_add_test(tcase, what_is_no_text_becomes_numbers);
	tcase_add_test(tcase, what_is_too_long_is_cut_and_named);
	tcase_add_test(tcase, a_place_goes_through_the_metadata);
	tcase_add_test(tcase, the_longest_place_fits_beside_the_longest_metadata);
	tcase_add_test(tcase, a_broken_cursor_is_no_place);
	tcase_add_test(tcase, cursors_are_compared_as_the_journal_orders_them);
	return suite_run("journal", tcase);
}
