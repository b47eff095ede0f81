/*
 * meta: see meta.h. The form is
 *   onced1 k=<hex> n=<int> i=<int> d=<hex> g=<int> b=<int> v=<int> T=<int> p=<int> x=<int> h=<hex>
 *   [w=<offset>:<T>:<p>:<h hex>] [a=<T>:<x>]
 * on one line, fields in any order when read. A later version that adds a field which an old reader
 * may ignore keeps "onced1"; one that may not becomes "onced2".
 */
#include "core/meta.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/must.h"

size_t meta_write(const struct meta *meta, char text[META_MAX])
{
	int len = snprintf(text, META_MAX,
			   "onced1 k=%016" PRIx64 " n=%" PRId32 " i=%" PRId32 " d=%016" PRIx64
			   " g=%" PRId64 " b=%" PRId64 " v=%" PRId64 " T=%" PRId64 " p=%" PRId64
			   " x=%" PRId64 " h=%016" PRIx64,
			   meta->k, meta->n, meta->i, meta->d, meta->g, meta->b, meta->v, meta->t,
			   meta->p, meta->x, meta->h);

	must(len > 0 && len < META_MAX);
	if (meta->has_w)
		len += snprintf(text + len, META_MAX - (size_t)len,
				" w=%" PRId64 ":%" PRId64 ":%" PRId64 ":%016" PRIx64,
				meta->w.offset, meta->w.t, meta->w.p, meta->w.h);
	must(len < META_MAX);
	if (meta->a.open)
		len += snprintf(text + len, META_MAX - (size_t)len, " a=%" PRId64 ":%" PRId64,
				meta->a.t, meta->a.x);
	must(len < META_MAX); /* the longest possible is 355 bytes; a unit test writes it */
	return (size_t)len;
}

/* One number as PRId64 writes it, so that no two texts mean the same and none means another than
 * it says. *ret_end is behind it. */
static bool read_decimal(const char *text, int64_t *ret, const char **ret_end)
{
	const char *digits = text + (*text == '-');
	char *end;

	if (*digits < '0' || *digits > '9' || (*digits == '0' && digits > text) ||
	    (digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9'))
		return false;
	errno = 0;
	*ret = strtoll(text, &end, 10);
	*ret_end = end;
	return errno == 0;
}

/* Reads up to count numbers separated by colons; true if there is exactly that. */
static bool read_ints(const char *text, int64_t *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *end;

		if (!read_decimal(text, &numbers[i], &end) || *end != (i + 1 < count ? ':' : '\0'))
			return false;
		text = end + 1;
	}
	return true;
}

static bool read_hex(const char *text, uint64_t *ret)
{
	if (strlen(text) != 16 || strspn(text, "0123456789abcdef") != 16)
		return false;
	*ret = strtoull(text, NULL, 16);
	return true;
}

static bool read_marker(char *text, struct marker *ret)
{
	char *colon = strrchr(text, ':');
	int64_t numbers[3];

	if (!colon)
		return false;
	*colon = '\0';
	if (!read_ints(text, numbers, 3) || !read_hex(colon + 1, &ret->h))
		return false;
	ret->offset = numbers[0];
	ret->t = numbers[1];
	ret->p = numbers[2];
	return ret->offset >= 0 && ret->t >= 0 && ret->p >= WINDOW_P_UNKNOWN;
}

static bool read_int(const char *text, int64_t min, int64_t max, int64_t *ret)
{
	int64_t number;

	if (!read_ints(text, &number, 1) || number < min || number > max)
		return false;
	*ret = number;
	return true;
}

static bool read_gap(const char *text, struct gap *ret)
{
	int64_t numbers[2];

	if (!read_ints(text, numbers, 2))
		return false;
	*ret = (struct gap){true, numbers[0], numbers[1]};
	return ret->t >= 0 && ret->x >= 0;
}

/* One field; false = not in the form that we write. Sets its bit in *seen. */
static bool read_field(char name, char *value, struct meta *meta, uint32_t *seen)
{
	static const char names[] = "knidgbvTpxhwa";
	const char *place = strchr(names, name);
	int64_t number = 0;
	uint32_t bit;
	bool ok;

	if (name == '\0' || !place)
		return true; /* a later onced1 may say more */
	bit = 1u << (place - names);
	if (*seen & bit)
		return false;
	*seen |= bit;
	switch (name) {
	case 'k':
		return read_hex(value, &meta->k);
	case 'd':
		return read_hex(value, &meta->d);
	case 'h':
		return read_hex(value, &meta->h);
	case 'w':
		meta->has_w = true;
		return read_marker(value, &meta->w);
	case 'a':
		return read_gap(value, &meta->a);
	case 'n':
		ok = read_int(value, 1, INT32_MAX, &number);
		meta->n = (int32_t)number;
		return ok;
	case 'i':
		ok = read_int(value, 0, INT32_MAX, &number);
		meta->i = (int32_t)number;
		return ok;
	case 'g':
		return read_int(value, 0, INT64_MAX, &meta->g);
	case 'b':
		return read_int(value, 0, INT64_MAX, &meta->b);
	case 'v':
		return read_int(value, 0, INT64_MAX, &meta->v);
	case 'T':
		return read_int(value, 0, INT64_MAX, &meta->t);
	case 'p':
		return read_int(value, WINDOW_P_UNKNOWN, INT64_MAX, &meta->p);
	default:
		must(name == 'x');
		return read_int(value, 0, INT64_MAX, &meta->x);
	}
}

#define REQUIRED_FIELDS ((1u << 11) - 1) /* k to h */

/* "onced", a number above 1, a blank: what comes then is for that version to read. */
static bool is_newer(const char *text, size_t len)
{
	size_t digits = 0;

	while (5 + digits < len && text[5 + digits] >= '0' && text[5 + digits] <= '9')
		digits++;
	return digits > 0 && text[5] != '0' && (digits > 1 || text[5] != '1') && 5 + digits < len &&
	       text[5 + digits] == ' ';
}

enum meta_form meta_read(struct bytes bytes, struct meta *ret)
{
	struct meta meta = {0};
	char text[META_MAX];
	char *save = NULL, *word;
	uint32_t seen = 0;

	if (!bytes.data || bytes.len < 7 || memcmp(bytes.data, "onced", 5) != 0)
		return META_FOREIGN;
	if (memchr(bytes.data, '\0', bytes.len))
		return META_FOREIGN;
	if (memcmp(bytes.data, "onced1 ", 7) != 0)
		return is_newer(bytes.data, bytes.len) ? META_NEWER : META_FOREIGN;
	if (bytes.len >= sizeof(text))
		return META_FOREIGN;
	memcpy(text, bytes.data, bytes.len);
	text[bytes.len] = '\0';
	for (word = strtok_r(text + 7, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		if (word[0] == '\0' || word[1] != '=' ||
		    !read_field(word[0], word + 2, &meta, &seen))
			return META_FOREIGN;
	}
	if ((seen & REQUIRED_FIELDS) != REQUIRED_FIELDS)
		return META_FOREIGN;
	*ret = meta;
	return META_OURS;
}
