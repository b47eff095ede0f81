/*
 * lmdb_codec: the bytes on disk. Three kinds of row, each of a fixed size, little-endian, closed by
 * a checksum over its key and its value: LMDB's pages have none, and a row that was stored under
 * another key is as wrong as one with a flipped bit. Pure; knows nothing of LMDB.
 *
 *   meta        "onced"                          -> header
 *   partitions  group \0 topic \0 partition (BE) -> number, crash count, K
 *   dedup       number (BE) id                   -> entry
 *
 * Numbers are big-endian in keys only, so that LMDB's byte order keeps a partition's rows together.
 * A row that does not read back is corrupt: the caller has the environment moved aside. Readers
 * take any bytes.
 */
#ifndef ONCED_IO_LMDB_CODEC_H
#define ONCED_IO_LMDB_CODEC_H

#include "base/bytes.h"
#include "core/recover.h"
#include "port/hash.h"
#include "port/store.h"

#define LMDB_CODEC_FORMAT 1
#define LMDB_CODEC_UUID_BYTES 16

#define LMDB_CODEC_HEADER_KEY "onced"
#define LMDB_CODEC_HEADER_BYTES 64
#define LMDB_CODEC_PARTITION_KEY_MAX 384 /* group <= 128, topic <= 249; LMDB's limit is 511 */
#define LMDB_CODEC_PARTITION_BYTES 776
#define LMDB_CODEC_ENTRY_KEY_BYTES 20
#define LMDB_CODEC_ENTRY_BYTES 20

struct lmdb_codec_header {
	uint32_t next_id;   /* the next partition's number; never falls, so none is used twice */
	int64_t created_ms; /* wall clock, for the operator */
	uint8_t uuid[LMDB_CODEC_UUID_BYTES];
	uint8_t secret[HASH_KEY_BYTES];
};

struct lmdb_codec_partition {
	uint32_t id;
	struct crash_count crashes;
	bool has_checkpoint;
	struct checkpoint checkpoint; /* all zero without has_checkpoint */
};

void lmdb_codec_header_write(const struct lmdb_codec_header *header,
			     uint8_t value[LMDB_CODEC_HEADER_BYTES]);
bool lmdb_codec_header_read(struct bytes value, struct lmdb_codec_header *ret);

/* Returns the key's length; 0 if group and topic are too long for it. */
size_t lmdb_codec_partition_key(const char *group, const char *topic, int32_t partition,
				uint8_t key[LMDB_CODEC_PARTITION_KEY_MAX]);
void lmdb_codec_partition_write(struct bytes key, const struct lmdb_codec_partition *partition,
				uint8_t value[LMDB_CODEC_PARTITION_BYTES]);
bool lmdb_codec_partition_read(struct bytes key, struct bytes value,
			       struct lmdb_codec_partition *ret);

void lmdb_codec_entry_key(uint32_t part, const struct hash128 *id,
			  uint8_t key[LMDB_CODEC_ENTRY_KEY_BYTES]);
void lmdb_codec_entry_write(const uint8_t key[LMDB_CODEC_ENTRY_KEY_BYTES], struct entry entry,
			    uint8_t value[LMDB_CODEC_ENTRY_BYTES]);
bool lmdb_codec_entry_read(struct bytes key, struct bytes value, uint32_t *ret_part,
			   struct entry *ret);

#endif
