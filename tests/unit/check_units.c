/* Sizes, durations, times and names: what is one and what is not, by tables. */
#include <stdio.h>
#include <string.h>

#include "config/units.h"
#include "lib/suite.h"

#define WRONG INT64_MIN

struct value {
	const char *text;
	int64_t expected;
};

static const struct value sizes[] = {
	{"0", 0},
	{"1", 1},
	{"64k", 65536},
	{"16M", 16777216},
	{"1G", 1073741824},
	{"8589934591G", INT64_C(8589934591) << 30},
	{"8589934592G", WRONG},
	{"9223372036854775807", INT64_MAX},
	{"9223372036854775808", WRONG},
	{"", WRONG},
	{"k", WRONG},
	{"1K", WRONG},
	{"1m", WRONG},
	{"1 M", WRONG},
	{"1.5M", WRONG},
	{"-1", WRONG},
	{"+1", WRONG},
	{"1MB", WRONG},
	{"0x10", WRONG},
};

static const struct value durations[] = {
	{"0ms", 0},
	{"1ms", 1},
	{"5s", 5000},
	{"10m", 600000},
	{"24h", 86400000},
	{"7d", 604800000},
	{"106751991167d", INT64_C(106751991167) * 86400000},
	{"106751991168d", WRONG},
	{"0", WRONG},
	{"10", WRONG},
	{"1w", WRONG},
	{"1h30m", WRONG},
	{"-1s", WRONG},
	{"1 s", WRONG},
	{"s", WRONG},
	{"", WRONG},
};

static const struct value times[] = {
	{"1970-01-01T00:00:00Z", 0},
	{"1970-01-01T00:00:00.001Z", 1},
	{"2026-01-31T00:00:00Z", INT64_C(1769817600000)},
	{"2026-01-31t01:00:00.5+01:00", INT64_C(1769817600500)},
	{"2026-01-30T19:00:00.1239-05:00", INT64_C(1769817600123)},
	{"2024-02-29T00:00:00Z", INT64_C(1709164800000)},
	{"2000-02-29T00:00:00Z", INT64_C(951782400000)},
	{"2000-03-01T00:00:00Z", INT64_C(951868800000)},
	{"2100-03-01T00:00:00Z", INT64_C(4107542400000)},
	{"9999-12-31T23:59:59Z", INT64_C(253402300799000)},
	{"2100-02-29T00:00:00Z", WRONG},
	{"2023-02-29T00:00:00Z", WRONG},
	{"2026-04-31T00:00:00Z", WRONG},
	{"2026-13-01T00:00:00Z", WRONG},
	{"2026-00-01T00:00:00Z", WRONG},
	{"2026-01-00T00:00:00Z", WRONG},
	{"2026-01-01T24:00:00Z", WRONG},
	{"2026-01-01T00:60:00Z", WRONG},
	{"2026-01-01T00:00:60Z", WRONG},
	{"2026-01-01T00:00:00", WRONG},
	{"2026-01-01", WRONG},
	{"2026-01-01 00:00:00Z", WRONG},
	{"2026-01-01T00:00:00.Z", WRONG},
	{"2026-01-01T00:00:00+1:00", WRONG},
	{"2026-01-01T00:00:00Zx", WRONG},
	{"1969-12-31T23:59:59Z", WRONG},
	{"1970-01-01T00:00:00+00:01", WRONG},
	{"", WRONG},
};

static const struct value ints[] = {
	{"0", 0},
	{"-5", -5},
	{"9223372036854775807", INT64_MAX},
	{"9223372036854775808", WRONG},
	{"", WRONG},
	{"-", WRONG},
	{"1.0", WRONG},
	{" 1", WRONG},
};

static void check_table(const struct value *values, size_t count,
	bool (*parse)(const char *text, int64_t *ret))
{
	for (size_t i = 0; i < count; i++) {
		int64_t got = WRONG;
		bool parsed = parse(values[i].text, &got);

		ck_assert_msg(got == values[i].expected, "%s: got %lld", values[i].text,
			(long long)got);
		ck_assert_int_eq(parsed, values[i].expected != WRONG);
	}
}

#define CHECK_TABLE(table, parse) check_table(table, sizeof(table) / sizeof(table[0]), parse)

START_TEST(values_are_read_or_refused)
{
	CHECK_TABLE(sizes, units_size);
	CHECK_TABLE(durations, units_duration);
	CHECK_TABLE(times, units_time);
	CHECK_TABLE(ints, units_int);
}
END_TEST

START_TEST(values_are_written_with_the_largest_whole_unit)
{
	char text[UNITS_TEXT_MAX];

	units_size_text(0, text);
	ck_assert_str_eq(text, "0");
	units_size_text(1025, text);
	ck_assert_str_eq(text, "1025");
	units_size_text(INT64_C(3) << 30, text);
	ck_assert_str_eq(text, "3G");
	units_duration_text(0, text);
	ck_assert_str_eq(text, "0ms");
	units_duration_text(90000, text);
	ck_assert_str_eq(text, "90s");
	units_duration_text(86400000, text);
	ck_assert_str_eq(text, "1d");
}
END_TEST

START_TEST(names_and_topics_have_their_characters_and_lengths)
{
	char text[UNITS_TOPIC_BYTES_MAX + 2];

	ck_assert(units_is_name("a-B_9", false));
	ck_assert(!units_is_name("a.b", false));
	ck_assert(units_is_name("a.b", true));
	ck_assert(!units_is_name("", true));
	ck_assert(!units_is_name("..", true));
	ck_assert(!units_is_name("a/b", true));
	ck_assert(!units_is_name("\xc3\xa4", true));
	memset(text, 'a', sizeof(text));
	text[64] = '\0';
	ck_assert(units_is_name(text, false));
	text[64] = 'a';
	text[65] = '\0';
	ck_assert(!units_is_name(text, false));
	ck_assert(units_is_topic("a.b_c-D"));
	ck_assert(!units_is_topic("."));
	ck_assert(!units_is_topic("a b"));
	text[65] = 'a';
	text[249] = '\0';
	ck_assert(units_is_topic(text));
	text[249] = 'a';
	text[250] = '\0';
	ck_assert(!units_is_topic(text));
}
END_TEST

START_TEST(a_host_name_becomes_a_name)
{
	char text[65], host[101];

	units_name_of_host("db-1.example.org", text, sizeof(text));
	ck_assert_str_eq(text, "db-1.example.org");
	units_name_of_host("a b/c", text, sizeof(text));
	ck_assert_str_eq(text, "a-b-c");
	units_name_of_host("", text, sizeof(text));
	ck_assert_str_eq(text, "onced");
	memset(host, 'h', 100);
	host[100] = '\0';
	units_name_of_host(host, text, sizeof(text));
	ck_assert_uint_eq(strlen(text), 64);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("units");

	tcase_add_test(tcase, values_are_read_or_refused);
	tcase_add_test(tcase, values_are_written_with_the_largest_whole_unit);
	tcase_add_test(tcase, names_and_topics_have_their_characters_and_lengths);
	tcase_add_test(tcase, a_host_name_becomes_a_name);
	return suite_run("units", tcase);
}
