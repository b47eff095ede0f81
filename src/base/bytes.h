/*
 * bytes: a borrowed run of bytes. data == NULL is Kafka's null (a tombstone's value, a missing
 * key), which is not the same as an empty run (data != NULL, len == 0).
 */
#ifndef ONCED_BASE_BYTES_H
#define ONCED_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
	const void *data; /* borrowed; NULL = null */
	size_t len;
};

#define BYTES_NULL ((struct bytes){NULL, 0})

static inline struct bytes bytes_of(const void *data, size_t len)
{
	return (struct bytes){data, len};
}

/* The string without its NUL byte; NULL gives null. */
static inline struct bytes bytes_str(const char *string)
{
	return (struct bytes){string, string ? strlen(string) : 0};
}

static inline bool bytes_equal(struct bytes a, struct bytes b)
{
	if ((a.data == NULL) != (b.data == NULL) || a.len != b.len)
		return false;
	return a.len == 0 || memcmp(a.data, b.data, a.len) == 0;
}

/* Is it well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF)? */
bool bytes_is_utf8(struct bytes bytes);

#endif
