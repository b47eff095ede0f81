/* units: see units.h. */
#include "config/units.h"

#include <stdio.h>
#include <string.h>

#include "core/pipeline.h"

struct unit {
	const char *name;
	int64_t factor;
};

/* From small to large. */
static const struct unit sizes[] = {
	{"", 1},
	{"k", (int64_t)1 << 10},
	{"M", (int64_t)1 << 20},
	{"G", (int64_t)1 << 30},
};
static const struct unit durations[] = {
	{"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 60 * 60 * 1000}, {"d", 24 * 60 * 60 * 1000},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits only; *text moves behind them. */
static bool scan_digits(const char **text, int64_t *ret)
{
	const char *p = *text;
	int64_t value = 0;

	if (!is_digit(*p))
		return false;
	for (; is_digit(*p); p++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, *p - '0', &value))
			return false;
	*text = p;
	*ret = value;
	return true;
}

bool units_int(const char *text, int64_t *ret)
{
	bool negative = *text == '-';
	int64_t value;

	text += negative;
	if (!scan_digits(&text, &value) || *text)
		return false;
	*ret = negative ? -value : value;
	return true;
}

static bool scan_unit(const char *text, const struct unit *units, size_t count, int64_t *ret)
{
	int64_t value;

	if (!scan_digits(&text, &value))
		return false;
	for (size_t i = 0; i < count; i++)
		if (strcmp(text, units[i].name) == 0)
			return !__builtin_mul_overflow(value, units[i].factor, ret);
	return false;
}

bool units_size(const char *text, int64_t *ret)
{
	int64_t value;

	if (!scan_unit(text, sizes, COUNT(sizes), &value))
		return false;
	*ret = value;
	return true;
}

bool units_duration(const char *text, int64_t *ret_ms)
{
	int64_t value;

	if (!scan_unit(text, durations, COUNT(durations), &value))
		return false;
	*ret_ms = value;
	return true;
}

static void shortest(int64_t value, const struct unit *units, size_t count, char *text)
{
	size_t best = 0;

	for (size_t i = 0; i < count && value != 0; i++)
		if (value % units[i].factor == 0)
			best = i;
	(void)snprintf(text, UNITS_TEXT_MAX, "%lld%s", (long long)(value / units[best].factor),
		       units[best].name);
}

void units_size_text(int64_t bytes, char text[UNITS_TEXT_MAX])
{
	shortest(bytes, sizes, COUNT(sizes), text);
}

void units_duration_text(int64_t ms, char text[UNITS_TEXT_MAX])
{
	shortest(ms, durations, COUNT(durations), text);
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar; year >= 1970. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
	static const int before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	int64_t last = year - 1;
	int64_t leaps = last / 4 - last / 100 + last / 400 - (1969 / 4 - 1969 / 100 + 1969 / 400);

	return (year - 1970) * 365 + leaps + before[month - 1] + (month > 2 && leap) + day - 1;
}

static int64_t days_in(int64_t year, int64_t month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* Exactly `width` digits between low and high, then the character `after` (0 = none is taken). */
static bool scan_field(const char **text, int width, int64_t low, int64_t high, char after,
		       int64_t *ret)
{
	int64_t value = 0;

	for (int i = 0; i < width; i++) {
		if (!is_digit((*text)[i]))
			return false;
		value = value * 10 + ((*text)[i] - '0');
	}
	*text += width;
	if (value < low || value > high)
		return false;
	if (after && *(*text)++ != after)
		return false;
	*ret = value;
	return true;
}

/* "Z", "+01:00" */
static bool scan_zone(const char *text, int64_t *ret_minutes)
{
	int64_t hours, minutes;
	int sign;

	if ((text[0] == 'Z' || text[0] == 'z') && text[1] == '\0') {
		*ret_minutes = 0;
		return true;
	}
	if (text[0] != '+' && text[0] != '-')
		return false;
	sign = *text++ == '-' ? -1 : 1;
	if (!scan_field(&text, 2, 0, 23, ':', &hours) ||
	    !scan_field(&text, 2, 0, 59, 0, &minutes) || *text)
		return false;
	*ret_minutes = sign * (hours * 60 + minutes);
	return true;
}

/* ".123456": milliseconds, the rest is cut. */
static bool scan_fraction(const char **text, int64_t *ret_ms)
{
	int64_t ms = 0, weight = 100;

	*ret_ms = 0;
	if (**text != '.')
		return true;
	(*text)++;
	if (!is_digit(**text))
		return false;
	for (; is_digit(**text); (*text)++, weight /= 10)
		ms += (**text - '0') * weight;
	*ret_ms = ms;
	return true;
}

bool units_time(const char *text, int64_t *ret_ms)
{
	int64_t year, month, day, hour, minute, second, ms, zone, result;

	if (!scan_field(&text, 4, 1970, 9999, '-', &year) ||
	    !scan_field(&text, 2, 1, 12, '-', &month) ||
	    !scan_field(&text, 2, 1, days_in(year, month), 0, &day))
		return false;
	if (*text != 'T' && *text != 't')
		return false;
	text++;
	if (!scan_field(&text, 2, 0, 23, ':', &hour) ||
	    !scan_field(&text, 2, 0, 59, ':', &minute) ||
	    !scan_field(&text, 2, 0, 59, 0, &second) || !scan_fraction(&text, &ms) ||
	    !scan_zone(text, &zone))
		return false;
	result = ((days_of(year, month, day) * 24 + hour) * 60 + minute - zone) * 60 + second;
	if (result < 0)
		return false;
	*ret_ms = result * 1000 + ms;
	return true;
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' ||
	       c == '-';
}

static bool is_made_of(const char *text, bool dots, size_t bytes_max)
{
	size_t len = strlen(text);

	if (len == 0 || len > bytes_max || strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_name_char(text[i]) && !(dots && text[i] == '.'))
			return false;
	return true;
}

bool units_is_name(const char *text, bool dots)
{
	return is_made_of(text, dots, NAME_MAX_BYTES);
}

bool units_is_topic(const char *text)
{
	return is_made_of(text, true, UNITS_TOPIC_BYTES_MAX);
}

void units_name_of_host(const char *host, char *text, size_t size)
{
	size_t len = strlen(host);

	if (len > NAME_MAX_BYTES)
		len = NAME_MAX_BYTES;
	if (len > size - 1)
		len = size - 1;
	for (size_t i = 0; i < len; i++)
		text[i] = is_name_char(host[i]) || host[i] == '.' ? host[i] : '-';
	text[len] = '\0';
	if (!units_is_name(text, true))
		(void)snprintf(text, size, "onced");
}
