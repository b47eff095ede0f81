/*
 * fuzz_meta: the metadata string that comes back with every committed offset, and the serialised
 * group metadata. Whoever may commit to the group can write any bytes there. What holds: what is
 * taken for ours says what it says exactly (written again, each word is the one that was read); any
 * metadata reads back as it was written; the member id lies, with its end, inside the bytes.
 */
#include <stdlib.h>

#include "base/must.h"
#include "core/meta.h"
#include "fuzz/fuzz.h"
#include "io/kafka_group.h"

static bool has_word(const char *text, const char *word, size_t len)
{
	for (const char *at = text; (at = strstr(at, " ")) != NULL; at++)
		if (strncmp(at + 1, word, len) == 0 && (at[1 + len] == ' ' || !at[1 + len]))
			return true;
	return false;
}

static void read_any(struct bytes bytes)
{
	char again[META_MAX], text[META_MAX];
	char *save = NULL;
	struct meta meta;

	if (meta_read(bytes, &meta) != META_OURS)
		return;
	(void)meta_write(&meta, again);
	must(bytes.len < sizeof(text));
	memcpy(text, bytes.data, bytes.len);
	text[bytes.len] = '\0';
	for (char *word = strtok_r(text + 7, " ", &save); word; word = strtok_r(NULL, " ", &save))
		must(!strchr("knidgbvTpxhwa", word[0]) || has_word(again, word, strlen(word)));
}

static int64_t count_of(struct take *take)
{
	return (int64_t)(take_number(take, 8) >> 1);
}

static void write_any(struct take *take)
{
	struct meta meta, read;
	char text[META_MAX], again[META_MAX];
	size_t len;

	memset(&meta, 0, sizeof(meta));
	meta.k = take_number(take, 8);
	meta.n = (int32_t)(take_number(take, 4) >> 1 | 1);
	meta.i = (int32_t)(take_number(take, 4) >> 1);
	meta.d = take_number(take, 8);
	meta.g = count_of(take);
	meta.b = count_of(take);
	meta.v = count_of(take);
	meta.t = count_of(take);
	meta.p = (int64_t)(take_byte(take) % 4) + WINDOW_P_UNKNOWN;
	meta.x = count_of(take);
	meta.h = take_number(take, 8);
	meta.has_w = take_byte(take) & 1;
	if (meta.has_w)
		meta.w = (struct marker){count_of(take), count_of(take), count_of(take),
					 take_number(take, 8)};
	meta.a.open = take_byte(take) & 1;
	if (meta.a.open)
		meta.a = (struct gap){true, count_of(take), count_of(take)};
	len = meta_write(&meta, text);
	must(len < META_MAX && strlen(text) == len);
	must(meta_read(bytes_of(text, len), &read) == META_OURS);
	must(meta_write(&read, again) == len && memcmp(text, again, len) == 0);
	must(read.w.h == meta.w.h && read.a.x == meta.a.x && read.p == meta.p);
}

static void group_any(struct bytes bytes)
{
	const char *member = NULL;
	int32_t generation = 0;

	if (!kafka_group_parse(bytes.data, bytes.len, &generation, &member))
		return;
	must(member >= (const char *)bytes.data);
	must(member + strlen(member) < (const char *)bytes.data + bytes.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct take take = {data, size};
	struct bytes rest;

	switch (take_byte(&take)) {
	case 'w':
		write_any(&take);
		return 0;
	case 'g':
		rest = take_rest(&take);
		group_any(rest);
		break;
	default:
		rest = take_rest(&take);
		read_any(rest);
	}
	free((void *)(uintptr_t)rest.data);
	return 0;
}
