/*
 * expr_error: see expr_error.h. A pattern is literal text, %t the name of a type, * anything. What
 * is told is made of the table's own words and of type names; a user's error() that imitates a
 * message of libjq gets no more through than that.
 */
#include "io/expr_error.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Longer than any message of libjq that is told, but for what it quotes at its end. */
#define MESSAGE_BYTES_MAX 400
#define TYPES_MAX 2

static const struct {
	const char *pattern;
	const char *told; /* NULL: the pattern itself */
} known[] = {
	{"Cannot index %t with string \"*", "cannot index %t with a string"},
	{"Cannot index %t with %t", "cannot index %t with %t"},
	{"Cannot iterate over %t (*", "cannot iterate over %t"},
	{"Cannot iterate over %t", "cannot iterate over %t"},
	{"Cannot use %t (*) as object key", "cannot use %t as an object's key"},
	{"Cannot check whether %t has a %t key", "cannot check whether %t has a %t key"},
	{"Cannot update field at %t index of %t", "cannot update the field at a %t index of %t"},
	{"Cannot update field at object index of array", NULL},
	{"Cannot delete %t element of array", "cannot delete a %t element of an array"},
	{"Cannot delete %t field of object", "cannot delete a %t field of an object"},
	{"Cannot delete fields from %t", "cannot delete fields from %t"},
	{"Cannot determine type of *", "cannot determine a type"},
	{"Out of bounds negative array index", NULL},
	{"Array index too large", NULL},
	{"Repeat string result too long", NULL},
	{"Path must be specified as an array", NULL},
	{"Path too deep", NULL}, /* these four come with Debian's security fixes */
	{"Comparison too deep", NULL},
	{"Equality check too deep", NULL},
	{"Object merge too deep", NULL},
	{"String too long", NULL},
	{"Invalid UTF-8 string", NULL},
	{"Paths must be specified as an array", NULL},
	{"Path must be specified as array, not %t", "path must be specified as an array, not %t"},
	{"Invalid path expression *", "invalid path expression"},
	{"Range bounds must be numeric", NULL},
	{"Start and end indices of an array slice must be numbers", NULL},
	{"Start and end indices of an string slice must be numbers", NULL},
	{"A slice of an array can only be assigned another array", NULL},
	{"%t (*) and %t (*) cannot be added", "%t and %t cannot be added"},
	{"%t (*) and %t (*) cannot be subtracted", "%t and %t cannot be subtracted"},
	{"%t (*) and %t (*) cannot be multiplied", "%t and %t cannot be multiplied"},
	{"%t (*) and %t (*) cannot be divided", "%t and %t cannot be divided"},
	{"%t (*) and %t (*) cannot be divided (remainder)",
	 "%t and %t cannot be divided (remainder)"},
	{"%t (*) and %t (*) cannot be divided because the divisor is zero", "division by zero"},
	{"%t (*) and %t (*) cannot be divided (remainder) because the divisor is zero",
	 "division by zero (remainder)"},
	{"%t (*) and %t (*) cannot have their containment checked",
	 "%t and %t cannot have their containment checked"},
	{"%t (*) and %t (*) cannot be sorted, as they are not both arrays",
	 "%t and %t cannot be sorted, as they are not both arrays"},
	{"%t (*) and %t (*) cannot be iterated over", "%t and %t cannot be iterated over"},
	{"%t (*) cannot be negated", "%t cannot be negated"},
	{"%t (*) cannot be parsed as a number", "%t cannot be parsed as a number"},
	{"%t (*) cannot be matched, as it is not a string", "%t cannot be matched"},
	{"%t (*) cannot be searched, as it is not a string", "%t cannot be searched"},
	{"%t (*) is not a string", "%t where a string is needed"},
	{"%t (*) cannot be sorted, as it is not an array", "%t cannot be sorted"},
	{"%t (*) number required", "%t where a number is needed"},
	{"%t (*) has no length", "%t has no length"},
	{"%t (*) has no keys", "%t has no keys"},
	{"%t (*) only strings can be parsed", "%t where a string is needed"},
	{"%t (*) only strings have UTF-8 byte length", "%t where a string is needed"},
	{"%t (*) is not valid base64 data", "%t is not valid base64 data"},
	{"%t (*) trailing base64 byte found", "%t is not valid base64 data"},
	{"%t (*) cannot be csv-formatted, only array", "%t cannot be csv-formatted"},
	{"%t (*) cannot be tsv-formatted, only array", "%t cannot be tsv-formatted"},
	{"%t (*) is not valid in a csv row", "%t is not valid in a csv row"},
	{"%t (*) can not be escaped for shell", "%t cannot be escaped for shell"},
	{"%t (*) is not a valid format", "%t is not a format"},
	{"* is not a valid format", "not a valid format"},
	{"* is not a valid modifier string", "not a valid string of regex flags"},
	{"* not a string or array", "a regular expression must be a string or an array"},
	{"a regular expression must be a string or an array", NULL},
	{"Regex failure: *", "the regular expression failed"},
	{"date \"*\" does not match format \"*", "the date does not match the format"},
	{"startswith() requires string inputs", NULL},
	{"endswith() requires string inputs", NULL},
	{"split input and separator must be strings", NULL},
	{"explode input must be a string", NULL},
	{"implode input must be an array", NULL},
	{"implode input must be an array of code points", NULL},
	{"strptime/1 requires string inputs and arguments", NULL},
	{"strftime/1 requires parsed datetime inputs", NULL},
	{"a part of the time is out of range", NULL},
	{"strftime/1 requires a string format", NULL},
	{"strftime/1: the format is too long", NULL},
	{"strftime/1: the time is out of range", NULL},
	{"strftime/1: unknown system failure", "strftime/1 failed"},
	{"mktime requires array inputs", NULL},
	{"mktime requires parsed datetime inputs", NULL},
	{"invalid gmtime representation", NULL},
	{"gmtime() requires numeric inputs", NULL},
	{"err*or converting number of seconds since epoch to datetime", "the time is out of range"},
	{"% needs a number of at most 63 bits", NULL},
	{"flatten depth must not be negative", NULL},
	{"nth doesn't support negative indices", NULL},
	{"Out of bounds*", "index out of bounds"},
	{"a number would change its value", NULL},
	{"null (null) not a string", "error(null) was called"},
	{"* (while parsing '*", "text that is not JSON"},
};

static const char *const types[] = {"null", "boolean", "number", "string", "array", "object"};

static const char *type_at(const char *text)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strncmp(text, types[i], strlen(types[i])) == 0)
			return types[i];
	return NULL;
}

/* Recursion: as deep as there are * in the pattern. */
static bool matches(const char *pattern, const char *text, const char **found, size_t count)
{
	while (*pattern) {
		if (*pattern == '*') {
			for (; *text; text++)
				if (matches(pattern + 1, text, found, count))
					return true;
			return matches(pattern + 1, text, found, count);
		}
		if (pattern[0] == '%' && pattern[1] == 't') {
			const char *type = type_at(text);

			if (!type || count == TYPES_MAX)
				return false;
			found[count++] = type;
			text += strlen(type);
			pattern += 2;
			continue;
		}
		if (*pattern++ != *text++)
			return false;
	}
	return *text == '\0';
}

static void tell(const char *told, const char **found, char text[EXPR_ERROR_BYTES_MAX])
{
	size_t used = 0;

	for (; *told && used < EXPR_ERROR_BYTES_MAX - 1; told++) {
		if (told[0] == '%' && told[1] == 't') {
			used += (size_t)snprintf(text + used, EXPR_ERROR_BYTES_MAX - used, "%s",
						 *found++);
			told++;
			if (used >= EXPR_ERROR_BYTES_MAX)
				used = EXPR_ERROR_BYTES_MAX - 1;
		} else {
			text[used++] = *told;
		}
	}
	text[used] = '\0';
}

void expr_error_safe(const char *message, char text[EXPR_ERROR_BYTES_MAX])
{
	char start[MESSAGE_BYTES_MAX] = "";
	const char *found[TYPES_MAX];

	if (message) /* a parser's quotes the whole text */
		(void)snprintf(start, sizeof(start), "%s", message);
	for (size_t i = 0; message && i < sizeof(known) / sizeof(known[0]); i++) {
		if (!matches(known[i].pattern, start, found, 0))
			continue;
		tell(known[i].told ? known[i].told : known[i].pattern, found, text);
		return;
	}
	(void)snprintf(text, EXPR_ERROR_BYTES_MAX,
		       "error() was called (its message is withheld, it may hold record content)");
}
