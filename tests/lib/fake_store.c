/* fake_store: see fake_store.h. */
#include "lib/fake_store.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "lib/fake_kafka.h"
#include "lib/tally.h"

#define DISK_PARTITIONS 32

struct disk_partition {
	char topic[32];
	int32_t partition;
	uint32_t id; /* 0 = free place */
	uint64_t owner;
	bool has;
	struct checkpoint checkpoint;
	struct crash_count crashes;
};

struct fake_disk {
	struct overlay entries;
	struct disk_partition partitions[DISK_PARTITIONS];
	uint32_t next_id;
	uint64_t next_owner;
	bool went_back; /* some X did, within one generation and prefix */
};

struct fake_store {
	struct store store;
	struct fake_disk *disk;
	struct broker *process;
	struct rng rng;
	uint32_t fail, fail_reads;
	const struct overlay *frozen; /* a checkpoint under way; borrowed */
	const struct store_partition *partitions;
	size_t count;
};

struct fake_disk *fake_disk_new(void)
{
	struct fake_disk *disk = calloc(1, sizeof(*disk));

	must(disk != NULL);
	return disk;
}

struct fake_disk *fake_disk_copy(const struct fake_disk *disk)
{
	struct fake_disk *copy = fake_disk_new();
	const struct overlay_item *item;

	*copy = *disk;
	overlay_init(&copy->entries);
	for (item = overlay_next(&disk->entries, NULL); item;
	     item = overlay_next(&disk->entries, item))
		(void)overlay_put(&copy->entries, item->part, &item->id, item->entry, NULL);
	return copy;
}

void fake_disk_free(struct fake_disk *disk)
{
	if (!disk)
		return;
	overlay_fini(&disk->entries);
	free(disk);
}

bool fake_disk_went_back(const struct fake_disk *disk)
{
	return disk->went_back;
}

void fake_disk_forget_crashes(struct fake_disk *disk)
{
	for (int i = 0; i < DISK_PARTITIONS; i++)
		disk->partitions[i].crashes.offset = -1;
}

void fake_disk_spoil(struct fake_disk *disk)
{
	for (int i = 0; i < DISK_PARTITIONS; i++)
		disk->partitions[i].checkpoint.window.h ^= 1;
}

static struct fake_store *self(struct store *store)
{
	return (struct fake_store *)store;
}

static bool alive(struct fake_store *s)
{
	return !s->process || fake_broker_alive(s->process);
}

static int dead(struct err *err)
{
	return err_set(err, ERR_STOP, EXIT_INTERNAL, "killed");
}

static struct disk_partition *find(struct fake_disk *disk, struct tp tp)
{
	for (int i = 0; i < DISK_PARTITIONS; i++) {
		struct disk_partition *place = &disk->partitions[i];

		if (place->id == 0) {
			memcpy(place->topic, tp.topic, strlen(tp.topic) + 1);
			place->partition = tp.partition;
			place->id = ++disk->next_id;
			place->crashes.offset = -1;
			return place;
		}
		if (place->partition == tp.partition && strcmp(place->topic, tp.topic) == 0)
			return place;
	}
	must(false && "room for a partition");
	return NULL;
}

static struct disk_partition *find_id(struct fake_disk *disk, uint32_t id)
{
	for (int i = 0; i < DISK_PARTITIONS; i++)
		if (disk->partitions[i].id == id)
			return &disk->partitions[i];
	return NULL;
}

static const uint8_t the_secret[HASH_KEY_BYTES] = "a secret of it.";

static const uint8_t *secret(struct store *store)
{
	(void)store;
	return the_secret;
}

static const struct disk_partition *look_up(const struct fake_disk *disk, struct tp tp)
{
	for (int i = 0; i < DISK_PARTITIONS && disk->partitions[i].id != 0; i++)
		if (disk->partitions[i].partition == tp.partition &&
		    strcmp(disk->partitions[i].topic, tp.topic) == 0)
			return &disk->partitions[i];
	return NULL;
}

bool fake_disk_checkpoint(const struct fake_disk *disk, struct tp tp, struct checkpoint *ret)
{
	const struct disk_partition *place = look_up(disk, tp);

	if (!place || !place->has)
		return false;
	*ret = place->checkpoint;
	return true;
}

bool fake_disk_entry(const struct fake_disk *disk, struct tp tp, struct bytes id, struct entry *ret)
{
	const struct disk_partition *place = look_up(disk, tp);
	struct hash128 hash = hash128(the_secret, id.data, id.len);
	const struct entry *entry = place ? overlay_get(&disk->entries, place->id, &hash) : NULL;

	if (entry)
		*ret = *entry;
	return entry != NULL;
}

static int acquire(struct store *store, struct tp tp, struct store_part *ret_part, bool *ret_has,
		   struct checkpoint *ret_checkpoint, struct crash_count *ret_crashes,
		   struct err *err)
{
	struct fake_store *s = self(store);
	struct disk_partition *place;

	if (!alive(s))
		return dead(err);
	place = find(s->disk, tp);
	place->owner = ++s->disk->next_owner;
	*ret_part = (struct store_part){place->id, place->owner};
	*ret_has = place->has;
	if (place->has)
		*ret_checkpoint = place->checkpoint;
	*ret_crashes = place->crashes;
	return 0;
}

static bool owns(struct store *store, const struct store_part *part)
{
	const struct disk_partition *place = find_id(self(store)->disk, part->id);
	bool mine = place && place->owner == part->owner;

	if (!mine)
		tally(TALLY_NOT_OURS);
	return mine;
}

static int reset(struct store *store, struct tp tp, struct store_part *part, struct err *err)
{
	struct fake_store *s = self(store);
	struct disk_partition *place;

	if (!alive(s))
		return dead(err);
	place = find(s->disk, tp);
	/* Like acquire, it does not fail where there was nothing: a host can start. */
	if (place->has && rng_chance(&s->rng, s->fail))
		return err_set(err, ERR_RETRY, 28, "disk full");
	part->id = ++s->disk->next_id;
	if (s->process)
		fake_broker_forgot(s->process, tp);
	if (place->owner != part->owner)
		return 0; /* a zombie's number is nobody's */
	place->id = part->id;
	place->has = false;
	return 0;
}

static int get(struct store *store, uint32_t part, const struct hash128 *id, bool *ret_found,
	       struct entry *ret, struct err *err)
{
	struct fake_store *s = self(store);
	const struct entry *entry;

	if (!alive(s))
		return dead(err);
	if (rng_chance(&s->rng, s->fail_reads)) {
		tally(TALLY_READ_FAILED);
		return err_set(err, ERR_RETRY, 5, "EIO");
	}
	entry = overlay_get(&s->disk->entries, part, id);
	*ret_found = entry != NULL;
	if (entry)
		*ret = *entry;
	return 0;
}

static int crash_write(struct store *store, struct tp tp, const struct crash_count *crashes,
		       struct err *err)
{
	struct fake_store *s = self(store);

	if (!alive(s))
		return dead(err);
	if (rng_chance(&s->rng, s->fail)) {
		tally(TALLY_WRITE_FAILED);
		return err_set(err, ERR_RETRY, 28, "disk full");
	}
	find(s->disk, tp)->crashes = *crashes;
	return 0;
}

static void checkpoint_start(struct store *store, const struct overlay *frozen,
			     const struct store_partition *partitions, size_t count)
{
	struct fake_store *s = self(store);

	must(s->frozen == NULL);
	s->frozen = frozen;
	s->partitions = partitions;
	s->count = count;
}

/* What has expired or belongs to nobody may go at any time: here, sometimes all of it. */
static void sweep(struct fake_store *s)
{
	struct overlay kept;
	const struct overlay_item *item;

	overlay_init(&kept);
	for (item = overlay_next(&s->disk->entries, NULL); item;
	     item = overlay_next(&s->disk->entries, item)) {
		const struct disk_partition *place = find_id(s->disk, item->part);

		if (!place || (place->has && window_is_expired(place->checkpoint.v, item->entry,
							       place->checkpoint.window.t))) {
			tally(TALLY_SWEPT);
			continue;
		}
		(void)overlay_put(&kept, item->part, &item->id, item->entry, NULL);
	}
	overlay_fini(&s->disk->entries);
	s->disk->entries = kept;
}

static void write_checkpoint(struct fake_store *s)
{
	const struct overlay_item *item;

	for (size_t i = 0; i < s->count; i++) {
		struct disk_partition *place = find_id(s->disk, s->partitions[i].part.id);

		if (!place || place->owner != s->partitions[i].part.owner) {
			tally(TALLY_OLD_OWNER); /* refused (R9) */
			continue;
		}
		if (place->has && place->checkpoint.g == s->partitions[i].checkpoint.g &&
		    place->checkpoint.d == s->partitions[i].checkpoint.d &&
		    place->checkpoint.x > s->partitions[i].checkpoint.x)
			s->disk->went_back = true;
		place->checkpoint = s->partitions[i].checkpoint;
		place->has = true;
		for (item = overlay_next(s->frozen, NULL); item;
		     item = overlay_next(s->frozen, item))
			if (item->part == place->id)
				(void)overlay_put(&s->disk->entries, item->part, &item->id,
						  item->entry, NULL);
	}
	if (rng_chance(&s->rng, 100))
		sweep(s);
}

static int checkpoint_poll(struct store *store, bool wait, bool *ret_done, struct err *err)
{
	struct fake_store *s = self(store);

	*ret_done = false;
	if (!alive(s)) {
		*ret_done = s->frozen != NULL;
		s->frozen = NULL;
		return dead(err);
	}
	if (!s->frozen) {
		*ret_done = true;
		return 0;
	}
	if (!wait && rng_chance(&s->rng, 700))
		return 0;
	*ret_done = true;
	if (rng_chance(&s->rng, s->fail)) {
		s->frozen = NULL;
		tally(TALLY_CHECKPOINT_FAILED);
		return err_set(err, ERR_RETRY, 28, "disk full");
	}
	write_checkpoint(s);
	s->frozen = NULL;
	return 0;
}

static void close_store(struct store *store)
{
	struct fake_store *s = self(store);

	if (s && s->frozen)
		write_checkpoint(s);
	free(s);
}

void fake_store_crash(struct store *store)
{
	struct fake_store *s = self(store);

	if (s->frozen && rng_chance(&s->rng, 500))
		write_checkpoint(s);
	else if (s->frozen)
		tally(TALLY_CHECKPOINT_LOST);
	free(s);
}

struct store *fake_store_new(struct fake_disk *disk, struct broker *process, uint64_t seed,
			     uint32_t fail)
{
	static const struct store_ops ops = {
		.secret = secret,
		.acquire = acquire,
		.owns = owns,
		.reset = reset,
		.get = get,
		.crash_write = crash_write,
		.checkpoint_start = checkpoint_start,
		.checkpoint_poll = checkpoint_poll,
		.close = close_store,
	};
	struct fake_store *s = calloc(1, sizeof(*s));

	must(s != NULL);
	s->store.ops = &ops;
	s->disk = disk;
	s->process = process;
	s->rng.state = seed;
	s->fail = fail;
	return &s->store;
}

void fake_store_heal(struct store *store)
{
	self(store)->fail = self(store)->fail_reads = 0;
}

void fake_store_fail_reads(struct store *store, uint32_t per_mille)
{
	self(store)->fail_reads = per_mille;
}
