/*
 * lmdb_store: a worker's handle on the environment (port/store.h). Reads go through its own read
 * transaction, which any checkpoint of the environment ends and the next get begins anew: a newer
 * view is always right, as a partition's rows change only by its owner's checkpoints, and what is
 * in those is in the owner's frozen overlay too until it drops that.
 *
 * acquire, reset and crash_write are write transactions of the worker's thread. So acquire waits
 * for a checkpoint under way, and from then on every older owner is refused.
 */
#include "io/lmdb_store.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "io/lmdb_checkpoint.h"
#include "io/lmdb_env.h"
#include "io/lmdb_err.h"
#include "io/lmdb_guard.h"

struct lmdb_store {
	struct store base; /* first: the port's handle is this one */
	struct lmdb_env *env;
	struct lmdb_reader reader;
	struct lmdb_job job;
};

static struct lmdb_store *lmdb_of(struct store *store)
{
	return (struct lmdb_store *)store;
}

static const uint8_t *store_secret(struct store *store)
{
	return lmdb_of(store)->env->secret;
}

static void reader_reset(struct lmdb_reader *reader)
{
	pthread_mutex_lock(&reader->lock);
	if (reader->live)
		mdb_txn_reset(reader->txn);
	reader->live = false;
	pthread_mutex_unlock(&reader->lock);
}

/* ---- small writes: one partition's row ---- */

/* One row being changed. */
struct change {
	uint8_t text[LMDB_CODEC_PARTITION_KEY_MAX];
	struct bytes key; /* into text */
	struct lmdb_codec_partition row;
	bool changed;            /* put the row and commit */
	struct store_part *part; /* acquire: out; reset: in and out */
	const struct crash_count *crashes;
};

static void change_begin(struct change *change, const struct lmdb_env *env, struct tp tp)
{
	memset(change, 0, sizeof(*change));
	change->key = bytes_of(change->text, lmdb_codec_partition_key(env->group, tp.topic,
								      tp.partition, change->text));
	/* Kafka's topics have at most 249 bytes, a group by the configuration's rule 64. */
	must(change->key.len > 0);
}

/* Its row, or a new one with a number of its own. */
static int row_get(struct lmdb_env *env, MDB_txn *txn, struct change *change)
{
	int rc = lmdb_env_partition_get(env, txn, change->key, &change->row);

	if (rc != MDB_NOTFOUND)
		return rc;
	memset(&change->row, 0, sizeof(change->row));
	change->row.crashes = (struct crash_count){-1, 0, 0};
	change->changed = true;
	return lmdb_env_next_id(env, txn, &change->row.id);
}

static int body_acquire(struct lmdb_env *env, MDB_txn *txn, struct change *change)
{
	struct lmdb_part *part;
	int rc = row_get(env, txn, change);

	if (rc)
		return rc;
	/* Raised inside the write transaction: see accept_owned. If the commit of a new row
	 * fails, a raised owner does no harm; its number would, another partition gets it then.
	 * */
	pthread_mutex_lock(&env->mutex);
	part = lmdb_env_part_add(env, change->key);
	part->id = change->changed ? 0 : change->row.id;
	part->owner++;
	*change->part = (struct store_part){change->row.id, part->owner};
	pthread_mutex_unlock(&env->mutex);
	return 0;
}

static bool is_owner(struct lmdb_env *env, const struct change *change)
{
	const struct lmdb_part *part;
	bool mine;

	pthread_mutex_lock(&env->mutex);
	part = lmdb_env_part_by_key(env, change->key);
	must(part != NULL);
	mine = part->owner == change->part->owner;
	pthread_mutex_unlock(&env->mutex);
	return mine;
}

/* A zombie gets a number too, but nobody's: it goes on in vain, and the owner loses nothing. */
static int body_reset(struct lmdb_env *env, MDB_txn *txn, struct change *change)
{
	bool mine = is_owner(env, change);
	uint32_t id;
	int rc = lmdb_env_partition_get(env, txn, change->key, &change->row);

	if (rc == MDB_NOTFOUND)
		return MDB_CORRUPTED; /* it was there when it was acquired */
	if (!rc)
		rc = lmdb_env_next_id(env, txn, &id);
	if (rc)
		return rc;
	change->changed = true;
	change->part->id = id;
	if (!mine)
		return 0;
	change->row.id = id;
	change->row.has_checkpoint = false;
	memset(&change->row.checkpoint, 0, sizeof(change->row.checkpoint));
	return 0;
}

static int body_crash(struct lmdb_env *env, MDB_txn *txn, struct change *change)
{
	int rc = row_get(env, txn, change);

	change->row.crashes = *change->crashes;
	change->changed = true;
	return rc;
}

static int write_row(struct lmdb_env *env, struct change *change, const char *what,
		     int (*body)(struct lmdb_env *env, MDB_txn *txn, struct change *change),
		     struct err *err)
{
	MDB_txn *txn;
	int rc;

	if (lmdb_env_check(env, what, err))
		return -1;
	lmdb_guard_enter(env->dir_fd);
	rc = lmdb_env_write_begin(env, &txn);
	if (!rc) {
		rc = body(env, txn, change);
		if (!rc && change->changed)
			rc = lmdb_env_partition_put(env, txn, change->key, &change->row);
		if (rc || !change->changed)
			mdb_txn_abort(txn);
		else
			rc = mdb_txn_commit(txn);
	}
	lmdb_guard_leave();
	return rc ? lmdb_env_fail(env, rc, what, err) : 0;
}

/* Its number on disk is now this one. */
static void known_as(struct lmdb_env *env, struct bytes key, uint32_t id)
{
	struct lmdb_part *part;

	pthread_mutex_lock(&env->mutex);
	part = lmdb_env_part_by_key(env, key);
	must(part != NULL);
	if (part->id != id) {
		part->id = id;
		part->t = INT64_MIN;
		part->v = 0;
	}
	pthread_mutex_unlock(&env->mutex);
}

static int store_acquire(struct store *store, struct tp tp, struct store_part *ret_part,
			 bool *ret_has, struct checkpoint *ret_checkpoint,
			 struct crash_count *ret_crashes, struct err *err)
{
	struct lmdb_store *self = lmdb_of(store);
	struct store_part part;
	struct change change;

	change_begin(&change, self->env, tp);
	change.part = &part;
	if (write_row(self->env, &change, "acquire a partition", body_acquire, err))
		return -1;
	must(part.id >= 1 && part.owner >= 1);
	known_as(self->env, change.key, part.id);
	reader_reset(&self->reader);
	*ret_part = part;
	*ret_has = change.row.has_checkpoint;
	*ret_checkpoint = change.row.checkpoint;
	*ret_crashes = change.row.crashes;
	return 0;
}

static bool store_owns(struct store *store, const struct store_part *part)
{
	struct lmdb_env *env = lmdb_of(store)->env;
	const struct lmdb_part *known;
	bool mine;

	pthread_mutex_lock(&env->mutex);
	known = lmdb_env_part_by_id(env, part->id); /* a reset by someone else took the number */
	mine = known && known->owner == part->owner;
	pthread_mutex_unlock(&env->mutex);
	return mine;
}

static int store_reset(struct store *store, struct tp tp, struct store_part *part, struct err *err)
{
	struct lmdb_store *self = lmdb_of(store);
	struct store_part mine = *part;
	struct change change;

	change_begin(&change, self->env, tp);
	change.part = &mine;
	if (write_row(self->env, &change, "reset a partition", body_reset, err))
		return -1;
	if (change.row.id == mine.id)
		known_as(self->env, change.key, mine.id);
	*part = mine;
	return 0;
}

static int store_crash_write(struct store *store, struct tp tp, const struct crash_count *crashes,
			     struct err *err)
{
	struct lmdb_store *self = lmdb_of(store);
	struct change change;

	change_begin(&change, self->env, tp);
	change.crashes = crashes;
	return write_row(self->env, &change, "write the crash count", body_crash, err);
}

/* ---- reading ---- */

static int store_get(struct store *store, uint32_t part, const struct hash128 *id, bool *ret_found,
		     struct entry *ret, struct err *err)
{
	struct lmdb_store *self = lmdb_of(store);
	struct lmdb_reader *reader = &self->reader;
	uint8_t text[LMDB_CODEC_ENTRY_KEY_BYTES];
	MDB_val key = {sizeof(text), text};
	MDB_val value;
	struct entry entry;
	uint32_t stored;
	int rc = 0;

	if (lmdb_env_check(self->env, "look an id up", err))
		return -1;
	lmdb_codec_entry_key(part, id, text);
	pthread_mutex_lock(&reader->lock);
	lmdb_guard_enter(self->env->dir_fd);
	if (!reader->live)
		rc = mdb_txn_renew(reader->txn);
	if (!rc) {
		reader->live = true;
		rc = mdb_get(reader->txn, self->env->dedup, &key, &value);
	}
	if (!rc && !lmdb_codec_entry_read(bytes_of(text, sizeof(text)),
					  bytes_of(value.mv_data, value.mv_size), &stored, &entry))
		rc = MDB_CORRUPTED;
	lmdb_guard_leave();
	pthread_mutex_unlock(&reader->lock);
	if (rc && rc != MDB_NOTFOUND)
		return lmdb_env_fail(self->env, rc, "look an id up", err);
	*ret_found = !rc;
	if (!rc) {
		must(stored == part);
		*ret = entry;
	}
	return 0;
}

/* ---- checkpoints ---- */

static void store_checkpoint_start(struct store *store, const struct overlay *frozen,
				   const struct store_partition *partitions, size_t count)
{
	struct lmdb_store *self = lmdb_of(store);

	/* Set before the hand-over: in NONE the fields are ours. */
	self->job.frozen = frozen;
	self->job.partitions = partitions;
	self->job.count = count;
	self->job.rc = 0;
	lmdb_checkpoint_submit(self->env, &self->job);
}

static int store_checkpoint_poll(struct store *store, bool wait, bool *ret_done, struct err *err)
{
	struct lmdb_store *self = lmdb_of(store);

	if (!lmdb_checkpoint_is_done(self->env, &self->job, wait)) {
		*ret_done = false;
		return 0;
	}
	*ret_done = true;
	if (self->job.state == LMDB_JOB_NONE)
		return 0;
	self->job.state = LMDB_JOB_NONE;
	self->job.frozen = NULL;
	self->job.partitions = NULL;
	if (self->job.rc && err)
		*err = self->job.err;
	return self->job.rc;
}

static void reader_close(struct lmdb_env *env, struct lmdb_reader *reader)
{
	struct lmdb_reader **at;

	pthread_mutex_lock(&env->mutex);
	for (at = &env->readers; *at && *at != reader; at = &(*at)->next)
		;
	if (*at)
		*at = reader->next;
	pthread_mutex_unlock(&env->mutex);
	if (reader->txn)
		mdb_txn_abort(reader->txn);
	must(!pthread_mutex_destroy(&reader->lock));
}

static void store_close(struct store *store)
{
	struct lmdb_store *self = lmdb_of(store);

	if (!self)
		return;
	(void)lmdb_checkpoint_is_done(self->env, &self->job, true);
	reader_close(self->env, &self->reader);
	free(self);
}

static const struct store_ops ops = {
	.secret = store_secret,
	.acquire = store_acquire,
	.owns = store_owns,
	.reset = store_reset,
	.get = store_get,
	.crash_write = store_crash_write,
	.checkpoint_start = store_checkpoint_start,
	.checkpoint_poll = store_checkpoint_poll,
	.close = store_close,
};

int lmdb_store_open(struct lmdb_env *env, struct store **ret, struct err *err)
{
	struct lmdb_store *self = calloc(1, sizeof(*self));
	int rc;

	must(self != NULL);
	self->base.ops = &ops;
	self->env = env;
	must(!pthread_mutex_init(&self->reader.lock, NULL));
	rc = mdb_txn_begin(env->mdb, NULL, MDB_RDONLY, &self->reader.txn);
	if (rc) {
		reader_close(env, &self->reader);
		free(self);
		return lmdb_env_fail(env, rc, "open", err);
	}
	mdb_txn_reset(self->reader.txn);
	pthread_mutex_lock(&env->mutex);
	self->reader.next = env->readers;
	env->readers = &self->reader;
	pthread_mutex_unlock(&env->mutex);
	*ret = &self->base;
	return 0;
}
