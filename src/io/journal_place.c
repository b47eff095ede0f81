/* journal_place: see journal_place.h. */
#include "io/journal_place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"

#define ID_DIGITS 32

/* One item "x=<hex>;"; moves *at behind it. */
static bool skip_item(const char **at, char name, size_t digits_min, size_t digits_max, bool last)
{
	size_t digits;

	if ((*at)[0] != name || (*at)[1] != '=')
		return false;
	digits = strspn(*at + 2, "0123456789abcdef");
	if (digits < digits_min || digits > digits_max || (*at)[2 + digits] != (last ? '\0' : ';'))
		return false;
	*at += 2 + digits + !last;
	return true;
}

static bool is_cursor(const char *text)
{
	const char *at = text;

	return strlen(text) < JOURNAL_CURSOR_MAX &&
	       skip_item(&at, 's', ID_DIGITS, ID_DIGITS, false) &&
	       skip_item(&at, 'i', 1, 16, false) &&
	       skip_item(&at, 'b', ID_DIGITS, ID_DIGITS, false) &&
	       skip_item(&at, 'm', 1, 16, false) && skip_item(&at, 't', 1, 16, false) &&
	       skip_item(&at, 'x', 1, 16, true);
}

bool journal_place_set(struct journal_place *place, bool before, const char *cursor)
{
	if (!is_cursor(cursor))
		return false;
	place->before = before;
	place->alone = false;
	memcpy(place->cursor, cursor, strlen(cursor) + 1);
	return true;
}

bool journal_place_read(struct bytes metadata, struct journal_place *ret)
{
	static const char name[] = " c=";
	const size_t name_len = sizeof(name) - 1;
	const char *text = metadata.data, *at, *end;
	char cursor[JOURNAL_CURSOR_MAX];
	bool before, alone;
	size_t len;

	if (!text || !(at = memmem(text, metadata.len, name, name_len)))
		return false;
	at += name_len;
	end = text + metadata.len;
	before = at < end && *at == '^';
	at += before;
	alone = at < end && *at == '!';
	at += alone;
	len = (size_t)(end - at);
	if (memchr(at, ' ', len))
		len = (size_t)((const char *)memchr(at, ' ', len) - at);
	if (len >= sizeof(cursor))
		return false;
	memcpy(cursor, at, len);
	cursor[len] = '\0';
	if (strlen(cursor) != len || !journal_place_set(ret, before, cursor))
		return false;
	ret->alone = alone;
	return true;
}

size_t journal_place_write(const struct journal_place *place, char text[JOURNAL_PLACE_FIELD_MAX])
{
	int len = snprintf(text, JOURNAL_PLACE_FIELD_MAX, " c=%s%s%s", place->before ? "^" : "",
			   place->alone ? "!" : "", place->cursor);

	must(len > 0 && len < JOURNAL_PLACE_FIELD_MAX);
	return (size_t)len;
}

bool journal_place_equal(const struct journal_place *a, const struct journal_place *b)
{
	return a->before == b->before && a->alone == b->alone && strcmp(a->cursor, b->cursor) == 0;
}

const char *journal_cursor_identity(const char *cursor)
{
	const char *identity = strstr(cursor, ";b=");

	must(identity != NULL);
	return identity + 1;
}

const char *journal_cursor_boot(const char *cursor)
{
	return journal_cursor_identity(cursor) + 2;
}

static bool same_sequence(const char *a, const char *b)
{
	return memcmp(a, b, 2 + ID_DIGITS) == 0; /* "s=<id>" */
}

static uint64_t number(const char *cursor)
{
	return strtoull(cursor + 2 + ID_DIGITS + 3, NULL, 16); /* behind "s=<id>;i=" */
}

bool journal_cursor_follows(const char *earlier, const char *later)
{
	return same_sequence(earlier, later) && number(later) == number(earlier) + 1;
}

static bool same_boot(const char *a, const char *b)
{
	return memcmp(journal_cursor_boot(a), journal_cursor_boot(b), ID_DIGITS) == 0;
}

static uint64_t time_of(const char *cursor, const char *name)
{
	const char *at = strstr(cursor, name);

	must(at != NULL);
	return strtoull(at + strlen(name), NULL, 16);
}

bool journal_cursor_is_later(const char *cursor, const char *than)
{
	if (same_sequence(cursor, than))
		return number(cursor) > number(than);
	if (same_boot(cursor, than))
		return time_of(cursor, ";m=") > time_of(than, ";m=");
	return time_of(cursor, ";t=") > time_of(than, ";t=");
}

bool journal_cursor_is_unordered(const char *a, const char *b)
{
	return !same_sequence(a, b) && !same_boot(a, b);
}
