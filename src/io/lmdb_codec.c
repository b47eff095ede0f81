/* lmdb_codec: see lmdb_codec.h. */
#include "io/lmdb_codec.h"

#include "base/must.h"

/* What the sizes are made of: a change of any of them is a new LMDB_CODEC_FORMAT. */
#define SUM_BYTES 8
#define ENTRY_SUM_BYTES 4
#define MARKER_BYTES 32
#define HEADER_MAGIC "onced\0lm"
#define MAGIC_BYTES 8

_Static_assert(LMDB_CODEC_HEADER_BYTES ==
		       MAGIC_BYTES + 4 + 4 + 8 + LMDB_CODEC_UUID_BYTES + HASH_KEY_BYTES + SUM_BYTES,
	       "magic, format, next id, created, uuid, secret, sum");
_Static_assert(LMDB_CODEC_PARTITION_BYTES == 4 * 4 + 8 + 2 * 4 + 6 * 8 + 4 * 8 + 2 * 8 +
						     MARKERS_MAX * MARKER_BYTES + SUM_BYTES,
	       "format, id, flags, markers; crashes; x k d g b v; T p x h; gap; markers; sum");
_Static_assert(LMDB_CODEC_ENTRY_KEY_BYTES == 4 + sizeof(struct hash128), "number, id");
_Static_assert(LMDB_CODEC_ENTRY_BYTES == 2 * 8 + ENTRY_SUM_BYTES, "T, timestamp, sum");
_Static_assert(sizeof(struct hash128) == 16, "ids have 128 bits");

enum { FLAG_CHECKPOINT = 1, FLAG_GAP = 2, FLAGS_ALL = 3 };

static uint8_t *put_u32(uint8_t *to, uint32_t number)
{
	for (int i = 0; i < 4; i++)
		*to++ = (uint8_t)(number >> (8 * i));
	return to;
}

static uint8_t *put_u64(uint8_t *to, uint64_t number)
{
	for (int i = 0; i < 8; i++)
		*to++ = (uint8_t)(number >> (8 * i));
	return to;
}

static uint8_t *put_i64(uint8_t *to, int64_t number)
{
	return put_u64(to, (uint64_t)number);
}

static uint32_t take_u32(const uint8_t **from)
{
	uint32_t number = 0;

	for (int i = 0; i < 4; i++)
		number |= (uint32_t)(*from)[i] << (8 * i);
	*from += 4;
	return number;
}

static uint64_t take_u64(const uint8_t **from)
{
	uint64_t number = 0;

	for (int i = 0; i < 8; i++)
		number |= (uint64_t)(*from)[i] << (8 * i);
	*from += 8;
	return number;
}

static int64_t take_i64(const uint8_t **from)
{
	return (int64_t)take_u64(from);
}

static void put_be32(uint8_t to[4], uint32_t number)
{
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)(number >> (24 - 8 * i));
}

/* Not keyed: it is against accidents; who can write the file can do anything. */
static uint64_t sum(const void *key, size_t key_len, const void *value, size_t value_len)
{
	uint8_t both[LMDB_CODEC_PARTITION_KEY_MAX + LMDB_CODEC_PARTITION_BYTES];

	must(key_len <= LMDB_CODEC_PARTITION_KEY_MAX);
	must(value_len <= LMDB_CODEC_PARTITION_BYTES);
	memcpy(both, key, key_len);
	memcpy(both + key_len, value, value_len);
	return hash64(NULL, both, key_len + value_len);
}

void lmdb_codec_header_write(const struct lmdb_codec_header *header,
			     uint8_t value[LMDB_CODEC_HEADER_BYTES])
{
	uint8_t *at = value;

	must(header->next_id >= 1);
	memcpy(at, HEADER_MAGIC, MAGIC_BYTES);
	at = put_u32(at + MAGIC_BYTES, LMDB_CODEC_FORMAT);
	at = put_u32(at, header->next_id);
	at = put_i64(at, header->created_ms);
	memcpy(at, header->uuid, sizeof(header->uuid));
	at += sizeof(header->uuid);
	memcpy(at, header->secret, sizeof(header->secret));
	at += sizeof(header->secret);
	at = put_u64(at, sum(LMDB_CODEC_HEADER_KEY, strlen(LMDB_CODEC_HEADER_KEY), value,
			     (size_t)(at - value)));
	must(at == value + LMDB_CODEC_HEADER_BYTES);
}

bool lmdb_codec_header_read(struct bytes value, struct lmdb_codec_header *ret)
{
	struct lmdb_codec_header header = {0};
	const uint8_t *at = value.data;

	if (!at || value.len != LMDB_CODEC_HEADER_BYTES || memcmp(at, HEADER_MAGIC, MAGIC_BYTES))
		return false;
	at += MAGIC_BYTES;
	if (take_u32(&at) != LMDB_CODEC_FORMAT)
		return false;
	header.next_id = take_u32(&at);
	header.created_ms = take_i64(&at);
	memcpy(header.uuid, at, sizeof(header.uuid));
	at += sizeof(header.uuid);
	memcpy(header.secret, at, sizeof(header.secret));
	at += sizeof(header.secret);
	if (take_u64(&at) != sum(LMDB_CODEC_HEADER_KEY, strlen(LMDB_CODEC_HEADER_KEY), value.data,
				 LMDB_CODEC_HEADER_BYTES - SUM_BYTES))
		return false;
	if (header.next_id < 1)
		return false;
	*ret = header;
	return true;
}

size_t lmdb_codec_partition_key(const char *group, const char *topic, int32_t partition,
				uint8_t key[LMDB_CODEC_PARTITION_KEY_MAX])
{
	size_t group_len = strlen(group) + 1;
	size_t topic_len = strlen(topic) + 1;

	if (group_len > LMDB_CODEC_PARTITION_KEY_MAX || topic_len > LMDB_CODEC_PARTITION_KEY_MAX ||
	    group_len + topic_len + 4 > LMDB_CODEC_PARTITION_KEY_MAX)
		return 0;
	memcpy(key, group, group_len);
	memcpy(key + group_len, topic, topic_len);
	put_be32(key + group_len + topic_len, (uint32_t)partition);
	return group_len + topic_len + 4;
}

static uint8_t *put_checkpoint(uint8_t *at, const struct checkpoint *checkpoint)
{
	const struct window *window = &checkpoint->window;
	static const struct marker none;

	must(window->marker_count <= MARKERS_MAX);
	at = put_i64(at, checkpoint->x);
	at = put_u64(at, checkpoint->k);
	at = put_u64(at, checkpoint->d);
	at = put_i64(at, checkpoint->g);
	at = put_i64(at, checkpoint->b);
	at = put_i64(at, checkpoint->v);
	at = put_i64(at, window->t);
	at = put_i64(at, window->p);
	at = put_i64(at, window->x);
	at = put_u64(at, window->h);
	at = put_i64(at, checkpoint->gap.t);
	at = put_i64(at, checkpoint->gap.x);
	for (uint32_t i = 0; i < MARKERS_MAX; i++) {
		/* What lies beyond the count may be anything; it does not reach the disk. */
		const struct marker *marker =
			i < window->marker_count ? &window->markers[i] : &none;

		at = put_i64(at, marker->offset);
		at = put_i64(at, marker->t);
		at = put_i64(at, marker->p);
		at = put_u64(at, marker->h);
	}
	return at;
}

static void take_checkpoint(const uint8_t **at, struct checkpoint *checkpoint)
{
	struct window *window = &checkpoint->window;

	checkpoint->x = take_i64(at);
	checkpoint->k = take_u64(at);
	checkpoint->d = take_u64(at);
	checkpoint->g = take_i64(at);
	checkpoint->b = take_i64(at);
	checkpoint->v = take_i64(at);
	window->t = take_i64(at);
	window->p = take_i64(at);
	window->x = take_i64(at);
	window->h = take_u64(at);
	checkpoint->gap.t = take_i64(at);
	checkpoint->gap.x = take_i64(at);
	for (uint32_t i = 0; i < MARKERS_MAX; i++) {
		window->markers[i].offset = take_i64(at);
		window->markers[i].t = take_i64(at);
		window->markers[i].p = take_i64(at);
		window->markers[i].h = take_u64(at);
	}
}

void lmdb_codec_partition_write(struct bytes key, const struct lmdb_codec_partition *partition,
				uint8_t value[LMDB_CODEC_PARTITION_BYTES])
{
	static const struct checkpoint none;
	const struct checkpoint *checkpoint =
		partition->has_checkpoint ? &partition->checkpoint : &none;
	uint8_t *at = value;

	must(partition->id >= 1);
	at = put_u32(at, LMDB_CODEC_FORMAT);
	at = put_u32(at, partition->id);
	at = put_u32(at, (partition->has_checkpoint ? FLAG_CHECKPOINT : 0u) |
				 (checkpoint->gap.open ? FLAG_GAP : 0u));
	at = put_u32(at, checkpoint->window.marker_count);
	at = put_i64(at, partition->crashes.offset);
	at = put_u32(at, (uint32_t)partition->crashes.count);
	at = put_u32(at, (uint32_t)partition->crashes.limit);
	at = put_checkpoint(at, checkpoint);
	at = put_u64(at, sum(key.data, key.len, value, (size_t)(at - value)));
	must(at == value + LMDB_CODEC_PARTITION_BYTES);
}

bool lmdb_codec_partition_read(struct bytes key, struct bytes value,
			       struct lmdb_codec_partition *ret)
{
	struct lmdb_codec_partition partition = {0};
	const uint8_t *at = value.data;
	uint32_t flags;

	if (!at || value.len != LMDB_CODEC_PARTITION_BYTES ||
	    key.len > LMDB_CODEC_PARTITION_KEY_MAX || key.len == 0)
		return false;
	if (take_u32(&at) != LMDB_CODEC_FORMAT)
		return false;
	partition.id = take_u32(&at);
	flags = take_u32(&at);
	partition.has_checkpoint = flags & FLAG_CHECKPOINT;
	partition.checkpoint.gap.open = flags & FLAG_GAP;
	partition.checkpoint.window.marker_count = take_u32(&at);
	partition.crashes.offset = take_i64(&at);
	partition.crashes.count = (int32_t)take_u32(&at);
	partition.crashes.limit = (int32_t)take_u32(&at);
	take_checkpoint(&at, &partition.checkpoint);
	if (take_u64(&at) !=
	    sum(key.data, key.len, value.data, LMDB_CODEC_PARTITION_BYTES - SUM_BYTES))
		return false;
	/* The sum holds, so these were written so: still no number is trusted as an index, and
	 * what is never written is none of ours. */
	if (partition.id < 1 || flags & ~(uint32_t)FLAGS_ALL ||
	    partition.checkpoint.window.marker_count > MARKERS_MAX ||
	    (!partition.has_checkpoint &&
	     (flags != 0 || partition.checkpoint.window.marker_count != 0)))
		return false;
	*ret = partition;
	return true;
}

void lmdb_codec_entry_key(uint32_t part, const struct hash128 *id,
			  uint8_t key[LMDB_CODEC_ENTRY_KEY_BYTES])
{
	must(part >= 1);
	put_be32(key, part);
	memcpy(key + 4, id->bytes, sizeof(id->bytes));
}

static uint32_t entry_sum(const uint8_t *key, const uint8_t *value)
{
	return (uint32_t)sum(key, LMDB_CODEC_ENTRY_KEY_BYTES, value,
			     LMDB_CODEC_ENTRY_BYTES - ENTRY_SUM_BYTES);
}

void lmdb_codec_entry_write(const uint8_t key[LMDB_CODEC_ENTRY_KEY_BYTES], struct entry entry,
			    uint8_t value[LMDB_CODEC_ENTRY_BYTES])
{
	uint8_t *at = value;

	at = put_i64(at, entry.t);
	at = put_i64(at, entry.timestamp);
	at = put_u32(at, entry_sum(key, value));
	must(at == value + LMDB_CODEC_ENTRY_BYTES);
}

bool lmdb_codec_entry_read(struct bytes key, struct bytes value, uint32_t *ret_part,
			   struct entry *ret)
{
	const uint8_t *number = key.data;
	const uint8_t *at = value.data;
	struct entry entry;
	uint32_t part;

	if (!number || key.len != LMDB_CODEC_ENTRY_KEY_BYTES || !at ||
	    value.len != LMDB_CODEC_ENTRY_BYTES)
		return false;
	part = (uint32_t)number[0] << 24 | (uint32_t)number[1] << 16 | (uint32_t)number[2] << 8 |
	       number[3];
	entry.t = take_i64(&at);
	entry.timestamp = take_i64(&at);
	if (take_u32(&at) != entry_sum(key.data, value.data) || part < 1)
		return false;
	*ret_part = part;
	*ret = entry;
	return true;
}
