/*
 * expr_number: see expr_number.h. Numbers are compared as digits and an exponent, never as
 * doubles: no digit counts as noise.
 */
#include "io/expr_number.h"

#include <jv.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Any decimal of so many digits survives double and back (DBL_DIG), away from the ends of the
 * range, where doubles have fewer. */
#define SAFE_DIGITS 15
#define SAFE_EXPONENT 290

/* More than any length of text can shift it. */
#define EXPONENT_MAX ((int64_t)1 << 40)

/* 0.d1d2d3... * 10^exponent; no digits is zero. */
struct decimal {
	bool negative;
	const char *first; /* first significant digit */
	size_t digits;     /* from first to the last that is not 0; a point may lie between */
	int64_t exponent;
};

static int64_t exponent_of(const char *text, const char *end)
{
	bool negative = false;
	int64_t value = 0;

	if (text < end && (*text == '+' || *text == '-'))
		negative = *text++ == '-';
	for (; text < end; text++)
		if (value < EXPONENT_MAX)
			value = value * 10 + (*text - '0');
	return negative ? -value : value;
}

static struct decimal decimal_of(const char *text, size_t len)
{
	struct decimal decimal = {0};
	const char *end = text + len, *p = text;
	size_t run = 0; /* digits since the first significant one */
	bool point = false;
	int64_t shift = 0;

	if (p < end && *p == '-') {
		decimal.negative = true;
		p++;
	}
	for (; p < end && *p != 'e' && *p != 'E'; p++) {
		if (*p == '.') {
			point = true;
			continue;
		}
		if (*p != '0' || decimal.first) {
			if (!decimal.first)
				decimal.first = p;
			run++;
			if (*p != '0')
				decimal.digits = run;
			if (!point)
				shift++;
		} else if (point) {
			shift--;
		}
	}
	decimal.exponent = shift + (p < end ? exponent_of(p + 1, end) : 0);
	return decimal;
}

static char digit_next(const char **p)
{
	if (**p == '.')
		(*p)++;
	return *(*p)++;
}

static bool decimal_equal(struct decimal a, struct decimal b)
{
	if (a.digits == 0 || b.digits == 0)
		return a.digits == b.digits; /* the sign of zero is spelling */
	if (a.negative != b.negative || a.exponent != b.exponent || a.digits != b.digits)
		return false;
	for (size_t i = 0; i < a.digits; i++)
		if (digit_next(&a.first) != digit_next(&b.first))
			return false;
	return true;
}

bool expr_number_same(const char *a, size_t a_len, const char *b, size_t b_len)
{
	return decimal_equal(decimal_of(a, a_len), decimal_of(b, b_len));
}

bool expr_number_is_kept(const char *text, size_t len, double value)
{
	struct decimal input = decimal_of(text, len);
	bool same;
	jv printed;

	if (input.digits <= SAFE_DIGITS && input.exponent > -SAFE_EXPONENT &&
	    input.exponent < SAFE_EXPONENT)
		return true;
	printed = jv_dump_string(jv_number(value), 0);
	same = decimal_equal(input, decimal_of(jv_string_value(printed),
					       strlen(jv_string_value(printed))));
	jv_free(printed);
	return same;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The end of the decimal number at p, NULL if there is none. As libjq takes them: 01, .5 and 1. */
static const char *number_end(const char *p, const char *end)
{
	const char *exponent;
	bool any = false;

	for (; p < end && (is_digit(*p) || *p == '.'); p++)
		any = any || is_digit(*p);
	if (!any)
		return NULL;
	if (p == end || (*p != 'e' && *p != 'E'))
		return p;
	exponent = p + 1;
	if (exponent < end && (*exponent == '+' || *exponent == '-'))
		exponent++;
	if (exponent == end || !is_digit(*exponent))
		return p;
	for (p = exponent; p < end && is_digit(*p); p++)
		;
	return p;
}

bool expr_number_all_kept(const char *text, size_t len)
{
	const char *p = text, *end = text + len;

	while (p < end) {
		const char *after = *p == '.' || is_digit(*p) ? number_end(p, end) : NULL;

		if (after) {
			if (!expr_number_is_kept(p, (size_t)(after - p), strtod(p, NULL)))
				return false;
			p = after;
		} else if (*p++ == '"') {
			for (; p < end && *p != '"'; p++)
				if (*p == '\\')
					p++;
			p++;
		}
	}
	return true;
}
