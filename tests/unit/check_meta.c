/*
 * meta: goal: what is committed beside an offset comes back in every field, fits, and whatever else
 * stands there is told apart and harms nobody. Method: the documented text; extremes; each field
 * missing, twice, and out of its range; random bytes and mutations by seed.
 */
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/meta.h"
#include "lib/rng.h"
#include "lib/suite.h"

#define LONGEST 355 /* of any fields at all; of those that are read again 342 */

static const struct meta full = {
	.k = UINT64_C(0x0123456789abcdef),
	.n = 12,
	.i = 3,
	.d = UINT64_C(0xfedcba9876543210),
	.g = 1700000000000,
	.b = 17,
	.v = 86400000,
	.t = 1700000000001,
	.p = 1700000000002,
	.x = 1700000000003,
	.h = UINT64_C(0x00000000deadbeef),
	.has_w = true,
	.w = {40, 1690000000000, 1690000000001, UINT64_MAX},
	.a = {true, 1680000000000, 1680000000001},
};

static const char full_text[] = "onced1 k=0123456789abcdef n=12 i=3 d=fedcba9876543210 "
				"g=1700000000000 b=17 v=86400000 T=1700000000001 p=1700000000002 "
				"x=1700000000003 h=00000000deadbeef "
				"w=40:1690000000000:1690000000001:ffffffffffffffff "
				"a=1680000000000:1680000000001";

static enum meta_form read_text(const char *text, struct meta *ret)
{
	return meta_read(bytes_str(text), ret);
}

static void same(const struct meta *a, const struct meta *b)
{
	ck_assert_uint_eq(a->k, b->k);
	ck_assert_int_eq(a->n, b->n);
	ck_assert_int_eq(a->i, b->i);
	ck_assert_uint_eq(a->d, b->d);
	ck_assert_int_eq(a->g, b->g);
	ck_assert_int_eq(a->b, b->b);
	ck_assert_int_eq(a->v, b->v);
	ck_assert_int_eq(a->t, b->t);
	ck_assert_int_eq(a->p, b->p);
	ck_assert_int_eq(a->x, b->x);
	ck_assert_uint_eq(a->h, b->h);
	ck_assert_int_eq(a->has_w, b->has_w);
	ck_assert_int_eq(a->w.offset, b->w.offset);
	ck_assert_int_eq(a->w.t, b->w.t);
	ck_assert_int_eq(a->w.p, b->w.p);
	ck_assert_uint_eq(a->w.h, b->w.h);
	ck_assert_int_eq(a->a.open, b->a.open);
	ck_assert_int_eq(a->a.t, b->a.t);
	ck_assert_int_eq(a->a.x, b->a.x);
}

START_TEST(the_text_is_the_documented_one)
{
	char text[META_MAX];

	ck_assert_uint_eq(meta_write(&full, text), sizeof(full_text) - 1);
	ck_assert_str_eq(text, full_text);
}
END_TEST

START_TEST(every_field_comes_back)
{
	struct meta back;

	memset(&back, 0xee, sizeof(back));
	ck_assert_int_eq(read_text(full_text, &back), META_OURS);
	same(&back, &full);
}
END_TEST

START_TEST(without_marker_and_gap_both_come_back_empty)
{
	struct meta meta = full, back;
	char text[META_MAX];

	meta.has_w = false;
	memset(&meta.w, 0, sizeof(meta.w));
	memset(&meta.a, 0, sizeof(meta.a));
	meta.p = -1;
	ck_assert_uint_lt(meta_write(&meta, text), sizeof(full_text) - 1);
	ck_assert_int_eq(read_text(text, &back), META_OURS);
	same(&back, &meta);
}
END_TEST

START_TEST(the_longest_fits)
{
	struct meta meta = {
		.k = UINT64_MAX,
		.n = INT32_MAX,
		.i = INT32_MAX,
		.d = UINT64_MAX,
		.g = INT64_MAX,
		.b = INT64_MAX,
		.v = INT64_MAX,
		.t = INT64_MAX,
		.p = INT64_MAX,
		.x = INT64_MAX,
		.h = UINT64_MAX,
		.has_w = true,
		.w = {INT64_MAX, INT64_MAX, INT64_MAX, UINT64_MAX},
		.a = {true, INT64_MAX, INT64_MAX},
	};
	struct meta back;
	char text[META_MAX];

	ck_assert_uint_eq(meta_write(&meta, text), 342);
	ck_assert_int_eq(read_text(text, &back), META_OURS);
	same(&back, &meta);
	meta.n = meta.i = INT32_MIN;
	meta.g = meta.b = meta.v = meta.t = meta.p = meta.x = INT64_MIN;
	meta.w = (struct marker){INT64_MIN, INT64_MIN, INT64_MIN, UINT64_MAX};
	meta.a = (struct gap){true, INT64_MIN, INT64_MIN};
	ck_assert_uint_eq(meta_write(&meta, text), LONGEST);
	ck_assert_uint_eq(strlen(text), LONGEST);
}
END_TEST

START_TEST(fields_come_in_any_order_and_later_ones_are_ignored)
{
	struct meta back;

	ck_assert_int_eq(
		read_text("onced1 a=1680000000000:1680000000001 Z=new x=1700000000003 "
			  "w=40:1690000000000:1690000000001:ffffffffffffffff h=00000000deadbeef "
			  "n=12  v=86400000 b=17 T=1700000000001 p=1700000000002 g=1700000000000 "
			  "k=0123456789abcdef y= i=3 d=fedcba9876543210",
			  &back),
		META_OURS);
	same(&back, &full);
}
END_TEST

START_TEST(an_unknown_log_time_comes_back)
{
	struct meta meta = full, back;
	char text[META_MAX];

	meta.p = WINDOW_P_UNKNOWN;
	(void)meta_write(&meta, text);
	ck_assert_int_eq(read_text(text, &back), META_OURS);
	ck_assert_int_eq(back.p, WINDOW_P_UNKNOWN);
}
END_TEST

/* Replaces the field that begins at `field` by `with` ("" = leaves it out). */
static void replace(char *text, size_t size, const char *field, const char *with)
{
	const char *at = strstr(full_text, field);
	const char *rest;

	ck_assert_ptr_nonnull(at);
	rest = at + strcspn(at, " ");
	(void)snprintf(text, size, "%.*s%s%s", (int)(at - full_text), full_text, with, rest);
}

static const char *const required[] = {"k=", "n=", "i=", "d=", "g=", "b=",
				       "v=", "T=", "p=", "x=", "h="};

START_TEST(a_field_that_is_missing_makes_it_foreign)
{
	char text[META_MAX];
	struct meta back;

	replace(text, sizeof(text), required[_i], "");
	ck_assert_int_eq(read_text(text, &back), META_FOREIGN);
}
END_TEST

START_TEST(a_field_that_comes_twice_makes_it_foreign)
{
	char text[META_MAX], twice[64];
	struct meta back;
	const char *at = strstr(full_text, required[_i]);

	(void)snprintf(twice, sizeof(twice), "%.*s %.*s", (int)strcspn(at, " "), at,
		       (int)strcspn(at, " "), at);
	replace(text, sizeof(text), required[_i], twice);
	ck_assert_int_eq(read_text(text, &back), META_FOREIGN);
}
END_TEST

static const struct {
	const char *field, *with;
} wrong[] = {
	{"k=", "k=0123456789abcde"},
	{"k=", "k=0123456789ABCDEF"},
	{"k=", "k=0123456789abcdefa"},
	{"n=", "n=0"},
	{"n=", "n=-1"},
	{"n=", "n=2147483648"},
	{"n=", "n=12a"},
	{"n=", "n="},
	{"n=", "n= 12"},
	{"n=", "n=+12"},
	{"i=", "i=-1"},
	{"i=", "i=2147483648"},
	{"d=", "d="},
	{"g=", "g=-1"},
	{"g=", "g=0x10"},
	{"g=", "g=9223372036854775808"},
	{"b=", "b=-1"},
	{"v=", "v=-1"},
	{"T=", "T=-1"},
	{"T=", "T=--1"},
	{"T=", "T=-"},
	{"p=", "p=-3"},
	{"x=", "x=-1"},
	{"h=", "h=g000000000000000"},
	{"w=", "w=1:2:3"},
	{"w=", "w=1"},
	{"w=", "w="},
	{"w=", "w=1:2:ffffffffffffffff"},
	{"w=", "w=1:2:3:4:ffffffffffffffff"},
	{"w=", "w=-1:2:3:ffffffffffffffff"},
	{"w=", "w=1:-2:3:ffffffffffffffff"},
	{"w=", "w=1:2:-3:ffffffffffffffff"},
	{"w=", "w=:2:3:ffffffffffffffff"},
	{"w=", "w=1:2:9223372036854775808:ffffffffffffffff"},
	{"a=", "a=1"},
	{"a=", "a=1:2:3"},
	{"a=", "a=:"},
	{"a=", "a=-1:5"},
	{"a=", "a=5:-1"},
	{"a=", "a=1:9223372036854775808"},
	/* a number in another spelling than ours is nothing that onced wrote */
	{"g=", "g=01"},
	{"g=", "g=+1"},
	{"g=", "g=-0"},
	{"g=", "g= 1"},
	{"w=", "w=1:02:3:ffffffffffffffff"},
	{"a=", "a=:1"},
	{"x=", "x"},
	{"x=", "xx=1"},
	{"x=", "=1"},
};

START_TEST(a_value_out_of_its_range_makes_it_foreign)
{
	char text[META_MAX];
	struct meta back;

	replace(text, sizeof(text), wrong[_i].field, wrong[_i].with);
	ck_assert_msg(read_text(text, &back) == META_FOREIGN, "%s", text);
}
END_TEST

START_TEST(a_newer_format_is_told_from_a_foreign_one)
{
	static const struct {
		const char *text;
		enum meta_form form;
	} rows[] = {
		{"onced2 anything", META_NEWER},
		{"onced9 ", META_NEWER},
		{"onced10 k=1", META_NEWER},
		{"onced123456789012 x", META_NEWER},
		{"onced1", META_FOREIGN},
		{"onced1 ", META_FOREIGN},
		{"onced0 k=1", META_FOREIGN},
		{"onced01 k=1", META_FOREIGN},
		{"onced2", META_FOREIGN},
		{"onced2x y", META_FOREIGN},
		{"onced k=1", META_FOREIGN},
		{"oncedx k=1", META_FOREIGN},
		{"Onced2 k=1", META_FOREIGN},
		{"", META_FOREIGN},
		{"o", META_FOREIGN},
		{"streams-1.0", META_FOREIGN},
	};
	struct meta back;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(read_text(rows[i].text, &back) == rows[i].form, "%s", rows[i].text);
	ck_assert_int_eq(meta_read(BYTES_NULL, &back), META_FOREIGN);
}
END_TEST

START_TEST(foreign_text_leaves_the_result_alone)
{
	struct meta back = full;
	char text[META_MAX];

	replace(text, sizeof(text), "h=", "");
	ck_assert_int_eq(read_text(text, &back), META_FOREIGN);
	same(&back, &full);
}
END_TEST

START_TEST(nul_bytes_and_too_long_text_are_foreign)
{
	char text[META_MAX + 1];
	struct meta back;

	memset(text, ' ', sizeof(text));
	memcpy(text, full_text, sizeof(full_text) - 1);
	ck_assert_int_eq(meta_read(bytes_of(text, META_MAX - 1), &back), META_OURS);
	ck_assert_int_eq(meta_read(bytes_of(text, META_MAX), &back), META_FOREIGN);
	ck_assert_int_eq(meta_read(bytes_of(full_text, sizeof(full_text)), &back), META_FOREIGN);
}
END_TEST

START_TEST(random_fields_come_back)
{
	struct rng rng = {7};

	for (int i = 0; i < 2000; i++) {
		struct meta meta = {
			.k = rng_next(&rng),
			.n = (int32_t)(rng_next(&rng) >> 33) | 1,
			.i = (int32_t)(rng_next(&rng) >> 33),
			.d = rng_next(&rng),
			.g = (int64_t)(rng_next(&rng) >> (1 + rng_below(&rng, 63))),
			.b = (int64_t)(rng_next(&rng) >> (1 + rng_below(&rng, 63))),
			.v = (int64_t)(rng_next(&rng) >> (1 + rng_below(&rng, 63))),
			.t = (int64_t)(rng_next(&rng) >> (1 + rng_below(&rng, 63))),
			.p = (int64_t)rng_below(&rng, 10) - 2,
			.x = (int64_t)(rng_next(&rng) >> (1 + rng_below(&rng, 63))),
			.h = rng_next(&rng) >> rng_below(&rng, 64),
			.has_w = rng_chance(&rng, 500),
		};
		struct meta back;
		char text[META_MAX];

		if (meta.has_w)
			meta.w =
				(struct marker){(int64_t)(rng_next(&rng) >> 1),
						(int64_t)(rng_next(&rng) >> 1), -2, rng_next(&rng)};
		(void)meta_write(&meta, text);
		ck_assert_int_eq(read_text(text, &back), META_OURS);
		same(&back, &meta);
	}
}
END_TEST

/* Any byte sequence is fine; copied to the heap, so that a sanitizer sees a read past its end. */
START_TEST(random_bytes_are_read_without_harm)
{
	static const char alphabet[] = "onced123 =:-kdgbvTpxhwani\0\xff";
	struct rng rng = {(uint64_t)_i + 1};

	for (int i = 0; i < 5000; i++) {
		size_t len = rng_below(&rng, 2) ? sizeof(full_text) - 1 : rng_below(&rng, 600);
		char *text = malloc(len + 1);
		struct meta back;
		enum meta_form form;

		ck_assert_ptr_nonnull(text);
		for (size_t j = 0; j < len; j++)
			text[j] = alphabet[rng_below(&rng, sizeof(alphabet) - 1)];
		if (len == sizeof(full_text) - 1) {
			memcpy(text, full_text, len);
			for (uint32_t n = 1 + rng_below(&rng, 3); n > 0; n--)
				text[rng_below(&rng, (uint32_t)len)] = (char)rng_next(&rng);
		}
		form = meta_read(bytes_of(text, len), &back);
		ck_assert(form == META_OURS || form == META_NEWER || form == META_FOREIGN);
		if (form == META_OURS) {
			ck_assert_int_ge(back.n, 1);
			ck_assert_int_ge(back.t, 0);
			ck_assert_int_ge(back.p, WINDOW_P_UNKNOWN);
		}
		free(text);
	}
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("meta");
	const int fields = (int)(sizeof(required) / sizeof(required[0]));

	tcase_add_test(tcase, the_text_is_the_documented_one);
	tcase_add_test(tcase, every_field_comes_back);
	tcase_add_test(tcase, without_marker_and_gap_both_come_back_empty);
	tcase_add_test(tcase, the_longest_fits);
	tcase_add_test(tcase, fields_come_in_any_order_and_later_ones_are_ignored);
	tcase_add_test(tcase, an_unknown_log_time_comes_back);
	tcase_add_loop_test(tcase, a_field_that_is_missing_makes_it_foreign, 0, fields);
	tcase_add_loop_test(tcase, a_field_that_comes_twice_makes_it_foreign, 0, fields);
	tcase_add_loop_test(tcase, a_value_out_of_its_range_makes_it_foreign, 0,
			    (int)(sizeof(wrong) / sizeof(wrong[0])));
	tcase_add_test(tcase, a_newer_format_is_told_from_a_foreign_one);
	tcase_add_test(tcase, foreign_text_leaves_the_result_alone);
	tcase_add_test(tcase, nul_bytes_and_too_long_text_are_foreign);
	tcase_add_test(tcase, random_fields_come_back);
	tcase_add_loop_test(tcase, random_bytes_are_read_without_harm, 0, 4);
	return suite_run("meta", tcase);
}
