/* expr_names: see expr_names.h. The table is sorted by name (bytewise); a test holds it against the
 * builtins that libjq has and against docs/expressions.md. */
#include "io/expr_names.h"

#include <string.h>

#define WHY_TIME "the time of day is not part of the record: use $timestamp"
#define WHY_ZONE "the host's time zone is not part of the record: use gmtime or strftime (UTC)"
#define WHY_ENV "the environment is not part of the record"
#define WHY_INPUT "an expression sees one record, there is no other input"
#define WHY_OUTPUT "an expression has no output but its result"
#define WHY_HALT "an expression cannot end the program: use error, or empty"
#define WHY_MODULE "an expression has no modules and no files"
#define WHY_VERSION "the list of builtins depends on the version of libjq, not on the record"
#define WHY_MATH "its result or its running time differs between C libraries"

static const struct expr_name names[] = {
	{"IN", NULL},
	{"INDEX", NULL},
	{"JOIN", NULL},
	{"acos", NULL},
	{"acosh", NULL},
	{"add", NULL},
	{"all", NULL},
	{"any", NULL},
	{"arrays", NULL},
	{"ascii_downcase", NULL},
	{"ascii_upcase", NULL},
	{"asin", NULL},
	{"asinh", NULL},
	{"atan", NULL},
	{"atan2", NULL},
	{"atanh", NULL},
	{"booleans", NULL},
	{"bsearch", NULL},
	{"builtins", WHY_VERSION},
	{"capture", NULL},
	{"cbrt", NULL},
	{"ceil", NULL},
	{"combinations", NULL},
	{"contains", NULL},
	{"copysign", NULL},
	{"cos", NULL},
	{"cosh", NULL},
	{"debug", WHY_OUTPUT},
	{"del", NULL},
	{"delpaths", NULL},
	{"drem", WHY_MATH},
	{"empty", NULL},
	{"endswith", NULL},
	{"env", WHY_ENV},
	{"erf", WHY_MATH},
	{"erfc", WHY_MATH},
	{"error", NULL},
	{"exp", NULL},
	{"exp10", NULL},
	{"exp2", NULL},
	{"explode", NULL},
	{"expm1", NULL},
	{"fabs", NULL},
	{"fdim", WHY_MATH},
	{"finites", NULL},
	{"first", NULL},
	{"flatten", NULL},
	{"floor", NULL},
	{"fma", NULL},
	{"fmax", NULL},
	{"fmin", NULL},
	{"fmod", NULL},
	{"format", NULL},
	{"frexp", WHY_MATH},
	{"from_entries", NULL},
	{"fromdate", NULL},
	{"fromdateiso8601", NULL},
	{"fromjson", NULL},
	{"fromstream", NULL},
	{"gamma", WHY_MATH},
	{"get_jq_origin", WHY_MODULE},
	{"get_prog_origin", WHY_MODULE},
	{"get_search_list", WHY_MODULE},
	{"getpath", NULL},
	{"gmtime", NULL},
	{"group_by", NULL},
	{"gsub", NULL},
	{"halt", WHY_HALT},
	{"halt_error", WHY_HALT},
	{"has", NULL},
	{"hypot", NULL},
	{"implode", NULL},
	{"in", NULL},
	{"index", NULL},
	{"indices", NULL},
	{"infinite", NULL},
	{"input", WHY_INPUT},
	{"input_filename", WHY_INPUT},
	{"input_line_number", WHY_INPUT},
	{"inputs", WHY_INPUT},
	{"inside", NULL},
	{"isempty", NULL},
	{"isfinite", NULL},
	{"isinfinite", NULL},
	{"isnan", NULL},
	{"isnormal", NULL},
	{"iterables", NULL},
	{"j0", WHY_MATH},
	{"j1", WHY_MATH},
	{"jn", WHY_MATH},
	{"join", NULL},
	{"keys", NULL},
	{"keys_unsorted", NULL},
	{"last", NULL},
	{"ldexp", WHY_MATH},
	{"leaf_paths", NULL},
	{"length", NULL},
	{"lgamma", WHY_MATH},
	{"lgamma_r", WHY_MATH},
	{"limit", NULL},
	{"localtime", WHY_ZONE},
	{"log", NULL},
	{"log10", NULL},
	{"log1p", NULL},
	{"log2", NULL},
	{"logb", WHY_MATH},
	{"ltrimstr", NULL},
	{"map", NULL},
	{"map_values", NULL},
	{"match", NULL},
	{"max", NULL},
	{"max_by", NULL},
	{"min", NULL},
	{"min_by", NULL},
	{"mktime", NULL},
	{"modf", WHY_MATH},
	{"modulemeta", WHY_MODULE},
	{"nan", NULL},
	{"nearbyint", NULL},
	{"nextafter", WHY_MATH},
	{"nexttoward", WHY_MATH},
	{"normals", NULL},
	{"not", NULL},
	{"now", WHY_TIME},
	{"nth", NULL},
	{"nulls", NULL},
	{"numbers", NULL},
	{"objects", NULL},
	{"path", NULL},
	{"paths", NULL},
	{"pow", NULL},
	{"pow10", WHY_MATH},
	{"range", NULL},
	{"recurse", NULL},
	{"recurse_down", NULL},
	{"remainder", WHY_MATH},
	{"repeat", NULL},
	{"reverse", NULL},
	{"rindex", NULL},
	{"rint", NULL},
	{"round", NULL},
	{"rtrimstr", NULL},
	{"scalars", NULL},
	{"scalars_or_empty", NULL},
	{"scalb", WHY_MATH},
	{"scalbln", WHY_MATH},
	{"scan", NULL},
	{"select", NULL},
	{"setpath", NULL},
	{"significand", WHY_MATH},
	{"sin", NULL},
	{"sinh", NULL},
	{"sort", NULL},
	{"sort_by", NULL},
	{"split", NULL},
	{"splits", NULL},
	{"sqrt", NULL},
	{"startswith", NULL},
	{"stderr", WHY_OUTPUT},
	{"strflocaltime", WHY_ZONE},
	{"strftime", NULL},
	{"strings", NULL},
	{"strptime", NULL},
	{"sub", NULL},
	{"tan", NULL},
	{"tanh", NULL},
	{"test", NULL},
	{"tgamma", WHY_MATH},
	{"to_entries", NULL},
	{"todate", NULL},
	{"todateiso8601", NULL},
	{"tojson", NULL},
	{"tonumber", NULL},
	{"tostream", NULL},
	{"tostring", NULL},
	{"transpose", NULL},
	{"trunc", NULL},
	{"truncate_stream", NULL},
	{"type", NULL},
	{"unique", NULL},
	{"unique_by", NULL},
	{"until", NULL},
	{"utf8bytelength", NULL},
	{"values", NULL},
	{"walk", NULL},
	{"while", NULL},
	{"with_entries", NULL},
	{"y0", WHY_MATH},
	{"y1", WHY_MATH},
	{"yn", WHY_MATH},
};

static const char *const formats[] = {"text", "json", "html",   "uri",    "csv",
				      "tsv",  "sh",   "base64", "base64d"};

const struct expr_name *expr_names(size_t *ret_count)
{
	*ret_count = sizeof(names) / sizeof(names[0]);
	return names;
}

static int compare(const char *name, size_t len, const char *with)
{
	int order = strncmp(name, with, len);

	return order ? order : (with[len] ? -1 : 0);
}

const struct expr_name *expr_names_find(const char *name, size_t len)
{
	size_t low = 0, high = sizeof(names) / sizeof(names[0]);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare(name, len, names[middle].name);

		if (order == 0)
			return &names[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

bool expr_names_is_format(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (compare(name, len, formats[i]) == 0)
			return true;
	return false;
}

#define LIKE_BYTES_MAX 32

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Levenshtein's distance; both at most LIKE_BYTES_MAX long. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t row[LIKE_BYTES_MAX + 1];

	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t above = row[j];

			row[j] = min3(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[b_len];
}

const char *expr_names_like(const char *name, size_t len)
{
	size_t best = len / 3 + 2;
	const char *found = NULL;

	if (len > LIKE_BYTES_MAX)
		return NULL;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t d;

		if (names[i].why_not)
			continue;
		d = distance(name, len, names[i].name, strlen(names[i].name));
		if (d < best) {
			best = d;
			found = names[i].name;
		}
	}
	return found;
}
