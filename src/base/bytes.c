/* bytes: see bytes.h. */
#include "base/bytes.h"

/* Length of the well-formed sequence at p (at most n bytes), 0 if there is none: the table of
 * RFC 3629, section 4. */
static size_t sequence_length(const unsigned char *p, size_t n)
{
	unsigned char low = 0x80, high = 0xBF;
	size_t len;

	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xC2 && p[0] <= 0xDF)
		len = 2;
	else if (p[0] >= 0xE0 && p[0] <= 0xEF)
		len = 3;
	else if (p[0] >= 0xF0 && p[0] <= 0xF4)
		len = 4;
	else
		return 0;
	if (n < len)
		return 0;
	if (p[0] == 0xE0)
		low = 0xA0; /* no overlong form */
	else if (p[0] == 0xED)
		high = 0x9F; /* no surrogate */
	else if (p[0] == 0xF0)
		low = 0x90;
	else if (p[0] == 0xF4)
		high = 0x8F; /* at most U+10FFFF */
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	return len;
}

bool bytes_is_utf8(struct bytes bytes)
{
	const unsigned char *p = bytes.data;
	size_t pos = 0;

	while (pos < bytes.len) {
		size_t len = sequence_length(p + pos, bytes.len - pos);

		if (len == 0)
			return false;
		pos += len;
	}
	return true;
}
