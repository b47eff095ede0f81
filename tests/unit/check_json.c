/*
 * json: goal: the gate takes RFC 8259 and nothing else, and no number changes its value on the way
 * through it. Method: tables of documents, each with the text it comes out as or the fault that
 * refuses it; then hostile documents made by size.
 */
#include <check.h>
#include <jv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "io/expr_number.h"
#include "io/expr_value.h"
#include "lib/suite.h"

static struct json_checker *checker;

static void setup(void)
{
	checker = json_check_new();
}

static void teardown(void)
{
	json_check_free(checker);
}

static int read_text(struct bytes bytes, jv *ret, struct err *err)
{
	return expr_value_parse(checker, bytes, ret, err);
}

static const struct {
	const char *in;
	const char *out; /* NULL = the same */
} good[] = {
	{"null", NULL},
	{" true\t\r\n", "true"},
	{"0", NULL},
	{"-0", NULL},
	{"-0.0", "-0"},
	{"[0,-0,1]", NULL},
	{"{\"a-0\":0}", NULL},
	{"1.0", "1"},
	{"1e2", "100"},
	{"1E+2", "100"},
	{"0.1", NULL},
	{"3.14", NULL},
	{"1234567.891", NULL},
	{"-12.5e-3", "-0.0125"},
	{"9007199254740992", NULL},
	{"-9007199254740992", NULL},
	{"9007199254740991", NULL},
	{"9007199254740994", NULL},
	{"100000000000000", NULL},
	{"1000000000000000", NULL},
	{"100000000000000000000", "1e+20"},
	{"[100000000000000000000,1e20,\"1e400\",0.5]", "[1e+20,1e+20,\"1e400\",0.5]"},
	{"1e300", "1e+300"},
	{"0e999999999999", "0"},
	{"1.7976931348623157e308", "1.7976931348623157e+308"},
	{"2.2250738585072014e-308", NULL},
	{"5e-324", NULL},
	{"0.30000000000000004", NULL},
	{"\"\"", NULL},
	{"\"\\u00e9\\ud83d\\ude00\\/\\u0000\\u007f\"",
	 "\"\xc3\xa9\xf0\x9f\x98\x80/\\u0000\\u007f\""},
	{"\"\\b\\f\\n\\r\\t\\\\\\\"\"", NULL},
	{"[]", NULL},
	{"{}", NULL},
	{" [ 1 , [ ] , { } ] ", "[1,[],{}]"},
	{"{\"b\":1,\"a\":{\"c\":[null,true,false,\"x\"]}}", NULL},
	{"{\"\":0}", NULL},
	{"{\"a\":1,\"A\":2}", NULL},
};

START_TEST(good_document_keeps_its_value)
{
	const char *expected = good[_i].out ? good[_i].out : good[_i].in;
	struct expr_text text = {.bytes_max = 1000};
	struct err err = {0};
	jv value;

	ck_assert_msg(read_text(bytes_str(good[_i].in), &value, &err) == 0, "%s: %s", good[_i].in,
		      err.msg);
	ck_assert_int_eq(expr_value_write(value, EXPR_FORM_TEXT, &text, &err), 0);
	ck_assert_uint_eq(text.len, strlen(expected));
	ck_assert_mem_eq(text.data, expected, text.len);
	/* The text is the one that libjq would write. */
	jv printed = jv_dump_string(value, 0);
	ck_assert_uint_eq(text.len, (size_t)jv_string_length_bytes(jv_copy(printed)));
	ck_assert_mem_eq(text.data, jv_string_value(printed), text.len);
	jv_free(printed);
	expr_text_fini(&text);
}
END_TEST

static const struct {
	const char *in;
	enum json_fault fault;
	const char *says; /* part of the message */
} bad[] = {
	{"", JSON_BAD_FORM, "empty"},
	{"  ", JSON_BAD_FORM, "empty"},
	{"nan", JSON_BAD_FORM, NULL},
	{"NaN", JSON_BAD_FORM, NULL},
	{"Infinity", JSON_BAD_FORM, NULL},
	{"-Infinity", JSON_BAD_FORM, NULL},
	{"nul", JSON_BAD_FORM, NULL},
	{"nulll", JSON_BAD_FORM, NULL},
	{"True", JSON_BAD_FORM, NULL},
	{"01", JSON_BAD_FORM, "byte 0: not a JSON number"},
	{"[1,01]", JSON_BAD_FORM, "byte 3: not a JSON number"},
	{"-", JSON_BAD_FORM, NULL},
	{"-01", JSON_BAD_FORM, NULL},
	{"+1", JSON_BAD_FORM, NULL},
	{".5", JSON_BAD_FORM, NULL},
	{"1.", JSON_BAD_FORM, NULL},
	{"1.e5", JSON_BAD_FORM, NULL},
	{"1e", JSON_BAD_FORM, NULL},
	{"1e+", JSON_BAD_FORM, NULL},
	{"0x10", JSON_BAD_FORM, NULL},
	{"1 2", JSON_BAD_FORM, NULL},
	{"{} {}", JSON_BAD_FORM, NULL},
	{"[1,]", JSON_BAD_FORM, NULL},
	{"[,1]", JSON_BAD_FORM, NULL},
	{"[1 2]", JSON_BAD_FORM, NULL},
	{"[", JSON_BAD_FORM, NULL},
	{"]", JSON_BAD_FORM, NULL},
	{"[}", JSON_BAD_FORM, NULL},
	{"{\"a\"}", JSON_BAD_FORM, NULL},
	{"{\"a\":}", JSON_BAD_FORM, NULL},
	{"{\"a\":1,}", JSON_BAD_FORM, NULL},
	{"{a:1}", JSON_BAD_FORM, NULL},
	{"{1:1}", JSON_BAD_FORM, NULL},
	{"'a'", JSON_BAD_FORM, NULL},
	{"\"a", JSON_BAD_FORM, NULL},
	{"\"a\nb\"", JSON_BAD_FORM, NULL},
	{"\"\\x41\"", JSON_BAD_FORM, NULL},
	{"\"\\u12\"", JSON_BAD_FORM, NULL},
	{"\"\\ud800\"", JSON_BAD_FORM, NULL},
	{"\"\\udc00\"", JSON_BAD_FORM, NULL},
	{"\"\\ud800\\u0041\"", JSON_BAD_FORM, NULL},
	{"[1] // no", JSON_BAD_FORM, NULL},
	{"/**/1", JSON_BAD_FORM, NULL},
	{"\xef\xbb\xbf{}", JSON_BAD_FORM, NULL},
	{"\"\xff\"", JSON_BAD_UTF8, NULL},
	{"\"\xc0\x80\"", JSON_BAD_UTF8, NULL},
	{"\"\xed\xa0\x80\"", JSON_BAD_UTF8, NULL},
	{"\"\xf4\x90\x80\x80\"", JSON_BAD_UTF8, NULL},
	{"\"\xc3\"", JSON_BAD_UTF8, NULL},
	{"{\"a\":1,\"a\":2}", JSON_DUPLICATE_KEY, "byte 1:"},
	{"{\"a\":1,\"\\u0061\":2}", JSON_DUPLICATE_KEY, NULL},
	{"[\"x\",{\"k\":{\"a\":1,\"b\":0,\"a\":1}}]", JSON_DUPLICATE_KEY, "byte 11:"},
	{"9007199254740993", JSON_NUMBER, "byte 0:"},
	{"-9007199254740993", JSON_NUMBER, "byte 0:"},
	{"{\"a\":\"9\",\"n\":[1.5,9007199254740993]}", JSON_NUMBER, "byte 18:"},
	{"9223372036854775807", JSON_NUMBER, NULL},
	{"18446744073709551615", JSON_NUMBER, NULL},
	{"123456789012345678901234567890", JSON_NUMBER, NULL},
	{"1152921504606846976", JSON_NUMBER, NULL}, /* 2^60: libjq prints ...847000 */
	{"0.1000000000000000055511151231257827", JSON_NUMBER, NULL},
	{"0.12345678901234567890", JSON_NUMBER, NULL},
	{"1e400", JSON_NUMBER, "byte 0:"},
	{"[0.5,-1e1000]", JSON_NUMBER, "byte 5:"},
	{"1e-400", JSON_NUMBER, NULL},
	{"4.9e-324", JSON_NUMBER, NULL},
	{"1.7976931348623159e308", JSON_NUMBER, NULL},
};

START_TEST(bad_document_is_refused)
{
	struct err err = {0};
	jv value = jv_invalid();

	ck_assert_msg(read_text(bytes_str(bad[_i].in), &value, &err) == -1, "%s", bad[_i].in);
	ck_assert_int_eq(jv_get_kind(value), JV_KIND_INVALID);
	ck_assert_int_eq(err.kind, ERR_DATA);
	ck_assert_msg(err.code == (int)bad[_i].fault, "%s: fault %d: %s", bad[_i].in, err.code,
		      err.msg);
	if (bad[_i].says)
		ck_assert_msg(strstr(err.msg, bad[_i].says), "%s: %s", bad[_i].in, err.msg);
}
END_TEST

static char *nested(size_t depth, char open, char close)
{
	char *text = malloc(2 * depth + 1);

	must(text != NULL);
	memset(text, open, depth);
	memset(text + depth, close, depth);
	text[2 * depth] = '\0';
	return text;
}

START_TEST(depth_is_limited)
{
	static const struct {
		size_t depth;
		int fault;
	} cases[] = {{256, 0},
		     {257, JSON_TOO_DEEP},
		     {1023, JSON_TOO_DEEP},
		     {1024, JSON_TOO_DEEP},
		     {1025, JSON_TOO_DEEP},
		     {1000000, JSON_TOO_DEEP}};
	char *text = nested(cases[_i].depth, '[', ']');
	struct err err = {0};
	jv value = jv_invalid();

	if (read_text(bytes_str(text), &value, &err))
		ck_assert_int_eq(err.code, cases[_i].fault);
	else
		ck_assert_int_eq(0, cases[_i].fault);
	jv_free(value);
	free(text);
}
END_TEST

START_TEST(zero_byte_is_refused)
{
	static const char text[] = "{\"a\":1}\0";
	static const char inside[] = "[1,\0 2]";
	struct err err = {0};
	jv value;

	ck_assert_int_eq(read_text(bytes_of(text, 8), &value, &err), -1);
	ck_assert_int_eq(err.code, JSON_BAD_FORM);
	ck_assert_int_eq(read_text(bytes_of(inside, 7), &value, &err), -1);
	ck_assert_int_eq(err.code, JSON_BAD_FORM);
	ck_assert_int_eq(read_text(bytes_of("\"a\0b\"", 5), &value, &err), -1);
	ck_assert_int_eq(err.code, JSON_BAD_FORM);
}
END_TEST

START_TEST(many_keys_are_compared)
{
	char text[4000] = "{";
	struct err err = {0};
	jv value;

	for (int i = 0; i < 300; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "\"k%d\":%d,", i,
			       i);
	(void)snprintf(text + strlen(text) - 1, 2, "}");
	ck_assert_int_eq(read_text(bytes_str(text), &value, &err), 0);
	ck_assert_int_eq(jv_object_length(value), 300);
	(void)snprintf(text + strlen(text) - 1, 20, ",\"k17\":0}");
	ck_assert_int_eq(read_text(bytes_str(text), &value, &err), -1);
	ck_assert_int_eq(err.code, JSON_DUPLICATE_KEY);
}
END_TEST

START_TEST(large_string_passes)
{
	size_t len = 1 << 20;
	struct expr_text text = {.bytes_max = len};
	char *document = malloc(len);
	struct err err = {0};
	jv value;

	must(document != NULL);
	memset(document, 'x', len);
	document[0] = document[len - 1] = '"';
	ck_assert_int_eq(read_text(bytes_of(document, len), &value, &err), 0);
	ck_assert_int_eq(expr_value_write(value, EXPR_FORM_TEXT, &text, &err), 0);
	ck_assert_uint_eq(text.len, len);
	ck_assert_mem_eq(text.data, document, len);
	text.bytes_max--;
	ck_assert_int_eq(expr_value_write(value, EXPR_FORM_TEXT, &text, &err), -1);
	ck_assert_int_eq(err.kind, ERR_DATA);
	expr_text_fini(&text);
	jv_free(value);
	free(document);
}
END_TEST

/* Cut anywhere, a document is refused and nothing leaks or is read beyond its end. */
START_TEST(cut_document_is_refused)
{
	static const char whole[] = "{\"a\":[1,2.5,-0,\"\\u00e9\\ud83d\\ude00\"],\"b\":{\"c\":null,"
				    "\"d\":1e5,\"e\":12345678901234567890}}";

	for (size_t len = 0; len < sizeof(whole) - 1; len++) {
		char *exact = malloc(len ? len : 1);
		struct err err = {0};
		jv value;

		must(exact != NULL);
		memcpy(exact, whole, len);
		ck_assert_int_eq(read_text(bytes_of(exact, len), &value, &err), -1);
		ck_assert_int_eq(err.kind, ERR_DATA);
		ck_assert_int_ne(err.code, JSON_NUMBER);
		free(exact);
	}
}
END_TEST

START_TEST(canonical_form_is_by_value)
{
	static const char *const pairs[][2] = {
		{"{\"b\":1,\"a\":2}", "{\"a\":2,\"b\":1}"},
		{"{\"\xc3\xa9\":1,\"z\":2,\"Z\":3,\"aa\":4,\"a\":5}",
		 "{\"Z\":3,\"a\":5,\"aa\":4,\"z\":2,\"\xc3\xa9\":1}"},
		{"[1.0,-0.0,1e2,{\"y\":{\"b\":[],\"a\":\"1\"}}]",
		 "[1,0,100,{\"y\":{\"a\":\"1\",\"b\":[]}}]"},
		{"\"\\u0041\"", "\"A\""},
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct expr_text text = {.bytes_max = 1000};
		struct err err = {0};
		jv value;

		ck_assert_int_eq(read_text(bytes_str(pairs[i][0]), &value, &err), 0);
		ck_assert_int_eq(expr_value_write(value, EXPR_FORM_CANONICAL, &text, &err), 0);
		ck_assert_uint_eq(text.len, strlen(pairs[i][1]));
		ck_assert_mem_eq(text.data, pairs[i][1], text.len);
		expr_text_fini(&text);
		jv_free(value);
	}
}
END_TEST

START_TEST(decimals_are_compared_by_value)
{
	static const struct {
		const char *a, *b;
		bool same;
	} cases[] = {
		{"1", "1.0", true},
		{"100", "1e2", true},
		{"0.001", "1e-3", true},
		{"0", "-0.000e7", true},
		{"12.5", "125e-1", true},
		{"1", "-1", false},
		{"1", "10", false},
		{"1.01", "1.1", false},
		{"0.1", "0.10000000001", false},
		{"10e-1", "1", true},
		{"0.00", "0", true},
		{"0", "0.1", false},
		{"1e99999999999999999999", "1e99999999999999999998", true}, /* beyond any double */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(expr_number_same(cases[i].a, strlen(cases[i].a), cases[i].b,
					       strlen(cases[i].b)) == cases[i].same,
			      "%s %s", cases[i].a, cases[i].b);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("json");

	tcase_add_unchecked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, good_document_keeps_its_value, 0,
			    sizeof(good) / sizeof(good[0]));
	tcase_add_loop_test(tcase, bad_document_is_refused, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_loop_test(tcase, depth_is_limited, 0, 6);
	tcase_add_test(tcase, zero_byte_is_refused);
	tcase_add_test(tcase, many_keys_are_compared);
	tcase_add_test(tcase, large_string_passes);
	tcase_add_test(tcase, cut_document_is_refused);
	tcase_add_test(tcase, canonical_form_is_by_value);
	tcase_add_test(tcase, decimals_are_compared_by_value);
	return suite_run("json", tcase);
}
