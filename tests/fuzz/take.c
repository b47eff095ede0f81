/* take: the input in pieces; see fuzz.h. */
#include "fuzz/fuzz.h"

#include <stdlib.h>

#include "base/must.h"

#define FIELD_NULL 255
#define NAME_KNOWN 249

uint8_t take_byte(struct take *take)
{
	if (!take->left)
		return 0;
	take->left--;
	return *take->at++;
}

uint64_t take_number(struct take *take, int bytes)
{
	uint64_t number = 0;

	for (int i = 0; i < bytes; i++)
		number = number << 8 | take_byte(take);
	return number;
}

struct bytes take_bytes(struct take *take, size_t len)
{
	uint8_t *copy;

	if (len > take->left)
		len = take->left;
	copy = malloc(len ? len : 1);
	must(copy != NULL);
	if (len)
		memcpy(copy, take->at, len);
	take->at += len;
	take->left -= len;
	return bytes_of(copy, len);
}

struct bytes take_rest(struct take *take)
{
	return take_bytes(take, take->left);
}

struct bytes take_field(struct take *take)
{
	uint8_t len = take_byte(take);

	return len == FIELD_NULL ? BYTES_NULL : take_bytes(take, len);
}

static struct bytes take_name(struct take *take)
{
	static const char *const known[] = {"onced.source",          "onced.error.reason",
					    "onced.error.topic",     "onced.error.offset",
					    "onced.error.partition", "onced.error.step",
					    "onced.error.timestamp"};
	uint8_t len = take_byte(take);
	struct take name;

	_Static_assert(NAME_KNOWN + sizeof(known) / sizeof(known[0]) == 256, "all that are left");
	if (len < NAME_KNOWN)
		return take_bytes(take, len);
	name.at = (const uint8_t *)known[len - NAME_KNOWN];
	name.left = strlen(known[len - NAME_KNOWN]);
	return take_rest(&name);
}

size_t take_headers(struct take *take, struct header headers[TAKE_HEADERS_MAX])
{
	size_t count = take_byte(take) % (TAKE_HEADERS_MAX + 1);

	for (size_t i = 0; i < count; i++) {
		headers[i].name = take_name(take);
		headers[i].value = take_field(take);
	}
	return count;
}

void take_headers_free(const struct header *headers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free((void *)(uintptr_t)headers[i].name.data);
		free((void *)(uintptr_t)headers[i].value.data);
	}
}
