/*
 * fuzz_lmdb: what lies on disk. Rows: any bytes are read or refused, and what is read is written
 * again as it was; with the checksum set right by the fuzzer, or nothing would get past it. The
 * file: bytes of a data file changed anywhere, then opened and used by a child process. LMDB may
 * crash on that (lmdb_damage.h); it must not serve what was never stored, and no assertion of
 * onced's may fail.
 */
#include <stdlib.h>

#include "base/must.h"
#include "fuzz/fuzz.h"
#include "io/lmdb_codec.h"
#include "lib/lmdb_damage.h"

#define HEADER_SUM_AT (LMDB_CODEC_HEADER_BYTES - 8)
#define PARTITION_SUM_AT (LMDB_CODEC_PARTITION_BYTES - 8)
#define ENTRY_SUM_AT (LMDB_CODEC_ENTRY_BYTES - 4)

/* The checksum over key and value, little-endian, to where the row has it. */
static void set_sum(struct bytes key, uint8_t *value, size_t at, int bytes)
{
	uint8_t both[LMDB_CODEC_PARTITION_KEY_MAX + LMDB_CODEC_PARTITION_BYTES];
	uint64_t sum;

	must(key.len + at <= sizeof(both));
	if (key.len)
		memcpy(both, key.data, key.len);
	memcpy(both + key.len, value, at);
	sum = hash64(NULL, both, key.len + at);
	for (int i = 0; i < bytes; i++)
		value[at + (size_t)i] = (uint8_t)(sum >> (8 * i));
}

static void header(struct take *take, bool sound)
{
	struct bytes value = take_rest(take);
	uint8_t written[LMDB_CODEC_HEADER_BYTES];
	struct lmdb_codec_header read;

	if (sound && value.len == sizeof(written))
		set_sum(bytes_str(LMDB_CODEC_HEADER_KEY), (uint8_t *)(uintptr_t)value.data,
			HEADER_SUM_AT, 8);
	if (lmdb_codec_header_read(value, &read)) {
		lmdb_codec_header_write(&read, written);
		must(bytes_equal(value, bytes_of(written, sizeof(written))));
	}
	free((void *)(uintptr_t)value.data);
}

static void partition(struct take *take, bool sound)
{
	struct bytes key = take_bytes(take, take_number(take, 2) % 400);
	struct bytes value = take_rest(take);
	uint8_t first[LMDB_CODEC_PARTITION_BYTES], second[LMDB_CODEC_PARTITION_BYTES];
	struct lmdb_codec_partition read;

	if (sound && value.len == sizeof(first) && key.len <= LMDB_CODEC_PARTITION_KEY_MAX)
		set_sum(key, (uint8_t *)(uintptr_t)value.data, PARTITION_SUM_AT, 8);
	if (lmdb_codec_partition_read(key, value, &read)) {
		/* What a row says beyond its counts is not kept, so only the second is the same. */
		lmdb_codec_partition_write(key, &read, first);
		must(lmdb_codec_partition_read(key, bytes_of(first, sizeof(first)), &read));
		lmdb_codec_partition_write(key, &read, second);
		must(memcmp(first, second, sizeof(first)) == 0);
		must(memcmp(first, value.data, 4 * 4 + 8 + 2 * 4) == 0);
	}
	free((void *)(uintptr_t)key.data);
	free((void *)(uintptr_t)value.data);
}

static void entry(struct take *take, bool sound)
{
	struct bytes key = take_bytes(take, take_byte(take) % (LMDB_CODEC_ENTRY_KEY_BYTES + 2));
	struct bytes value = take_rest(take);
	uint8_t written[LMDB_CODEC_ENTRY_BYTES];
	struct entry read;
	uint32_t part;

	if (sound && value.len == sizeof(written))
		set_sum(key, (uint8_t *)(uintptr_t)value.data, ENTRY_SUM_AT, 4);
	if (lmdb_codec_entry_read(key, value, &part, &read)) {
		must(part >= 1 && key.len == LMDB_CODEC_ENTRY_KEY_BYTES);
		lmdb_codec_entry_write(key.data, read, written);
		must(bytes_equal(value, bytes_of(written, sizeof(written))));
	}
	free((void *)(uintptr_t)key.data);
	free((void *)(uintptr_t)value.data);
}

static struct lmdb_world world;

static void end(void)
{
	lmdb_world_end(&world);
}

/* Changes of three bytes of place and one of bits, up to 16 of them. */
static void file(struct take *take)
{
	static struct lmdb_image image;

	if (!image.data) {
		lmdb_world_begin(&world);
		lmdb_damage_image(&world, &image);
		must(atexit(end) == 0);
	}
	lmdb_damage_plant(&world, &image);
	for (int i = 0; i < 16 && take->left >= 4; i++) {
		size_t at = (size_t)take_number(take, 3) % image.len;

		lmdb_damage_xor(&world, &image, at, take_byte(take));
	}
	must(lmdb_damage_start(&world, 2) != DAMAGE_WRONG);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct take take = {data, size};
	uint8_t what = take_byte(&take);

	switch (what % 8) {
	case 0:
	case 1:
		header(&take, what & 1);
		break;
	case 2:
	case 3:
		partition(&take, what & 1);
		break;
	case 4:
	case 5:
		entry(&take, what & 1);
		break;
	default:
		file(&take);
	}
	return 0;
}
