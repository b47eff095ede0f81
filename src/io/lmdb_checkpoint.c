/* lmdb_checkpoint: see lmdb_checkpoint.h. */
#include "io/lmdb_checkpoint.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/failpoint.h"
#include "base/must.h"
#include "io/lmdb_err.h"
#include "io/lmdb_guard.h"
#include "io/lmdb_sweep.h"

/* One transaction at work. */
struct work {
	struct lmdb_env *env;
	MDB_txn *txn;
	const struct lmdb_job *job;
	struct lmdb_sweep_part *parts; /* owned: every partition of the environment, by id */
	size_t part_count;
	struct accepted {
		uint32_t id;
		const struct store_partition *partition; /* borrowed from the job */
		size_t key_len;
		uint8_t key[LMDB_CODEC_PARTITION_KEY_MAX];
	} * accepted; /* owned, by id */
	size_t accepted_count;
	const struct overlay_item *
		*items; /* owned: the accepted ones, in the order of their keys */
	size_t item_count;
};

static void work_free(struct work *work)
{
	free(work->parts);
	free(work->accepted);
	free(work->items);
}

static int by_id(const void *a, const void *b)
{
	uint32_t left = ((const struct lmdb_sweep_part *)a)->id;
	uint32_t right = ((const struct lmdb_sweep_part *)b)->id;

	return left < right ? -1 : left > right;
}

static int by_accepted_id(const void *a, const void *b)
{
	uint32_t left = ((const struct accepted *)a)->id;
	uint32_t right = ((const struct accepted *)b)->id;

	return left < right ? -1 : left > right;
}

/* The order of their keys in LMDB: pages are then written one after the other. */
static int by_key(const void *a, const void *b)
{
	const struct overlay_item *left = *(const struct overlay_item *const *)a;
	const struct overlay_item *right = *(const struct overlay_item *const *)b;

	if (left->part != right->part)
		return left->part < right->part ? -1 : 1;
	return memcmp(left->id.bytes, right->id.bytes, sizeof(left->id.bytes));
}

static const struct accepted *accepted_find(const struct work *work, uint32_t id)
{
	const struct accepted wanted = {.id = id};

	return bsearch(&wanted, work->accepted, work->accepted_count, sizeof(wanted),
		       by_accepted_id);
}

/* Which partitions are still this worker's? The write transaction is held, and store_acquire
 * raises the owner in one: so the answer stays true until the commit. */
static int accept_owned(struct work *work)
{
	struct lmdb_env *env = work->env;
	const struct lmdb_job *job = work->job;

	work->accepted = calloc(job->count + 1, sizeof(*work->accepted));
	if (!work->accepted)
		return ENOMEM;
	pthread_mutex_lock(&env->mutex);
	work->parts = calloc(env->part_count + 1, sizeof(*work->parts));
	for (size_t i = 0; i < env->part_count && work->parts; i++)
		if (env->parts[i].id)
			work->parts[work->part_count++] =
				(struct lmdb_sweep_part){env->parts[i].id, env->parts[i].t,
							 env->parts[i].v};
	for (size_t i = 0; i < job->count; i++) {
		const struct store_part *mine = &job->partitions[i].part;
		const struct lmdb_part *part = lmdb_env_part_by_id(env, mine->id);
		struct accepted *accepted;

		if (!part || (part->owner != mine->owner && !WITHOUT("owner")))
			continue;
		accepted = &work->accepted[work->accepted_count++];
		accepted->id = mine->id;
		accepted->partition = &job->partitions[i];
		accepted->key_len = part->key_len;
		memcpy(accepted->key, part->key, part->key_len);
	}
	pthread_mutex_unlock(&env->mutex);
	if (!work->parts)
		return ENOMEM;
	qsort(work->parts, work->part_count, sizeof(*work->parts), by_id);
	qsort(work->accepted, work->accepted_count, sizeof(*work->accepted), by_accepted_id);
	return 0;
}

/* The new K into each row, which keeps its crash count. A row with another number was reset
 * meanwhile: refused like one with a newer owner. */
static int put_partitions(struct work *work)
{
	size_t kept = 0;

	for (size_t i = 0; i < work->accepted_count; i++) {
		struct accepted *accepted = &work->accepted[i];
		struct bytes key = bytes_of(accepted->key, accepted->key_len);
		struct lmdb_codec_partition row;
		struct lmdb_sweep_part *part;
		int rc = lmdb_env_partition_get(work->env, work->txn, key, &row);

		if (rc == MDB_NOTFOUND)
			return MDB_CORRUPTED; /* it was there when it was acquired */
		if (rc)
			return rc;
		if (row.id != accepted->id)
			continue;
		row.has_checkpoint = true;
		row.checkpoint = accepted->partition->checkpoint;
		rc = lmdb_env_partition_put(work->env, work->txn, key, &row);
		if (rc)
			return rc;
		part = bsearch(&(struct lmdb_sweep_part){.id = row.id}, work->parts,
			       work->part_count, sizeof(*work->parts), by_id);
		must(part != NULL);
		part->t = row.checkpoint.window.t;
		part->v = row.checkpoint.v;
		work->accepted[kept++] = *accepted;
	}
	work->accepted_count = kept;
	return 0;
}

/* Entries of partitions that were not accepted or not named stay out: on disk is only what lies
 * below some K's X. */
static int sort_items(struct work *work)
{
	const struct overlay *frozen = work->job->frozen;
	const struct overlay_item *item;

	work->items = calloc(frozen->count + 1, sizeof(*work->items));
	if (!work->items)
		return ENOMEM;
	for (item = overlay_next(frozen, NULL); item; item = overlay_next(frozen, item)) {
		if (!accepted_find(work, item->part))
			continue;
		must(work->item_count < frozen->count);
		work->items[work->item_count++] = item;
	}
	qsort(work->items, work->item_count, sizeof(*work->items), by_key);
	return 0;
}

static int put_items(struct work *work)
{
	MDB_cursor *cursor;
	int rc = mdb_cursor_open(work->txn, work->env->dedup, &cursor);

	if (rc)
		return rc;
	for (size_t i = 0; i < work->item_count && !rc; i++) {
		const struct overlay_item *item = work->items[i];
		uint8_t key[LMDB_CODEC_ENTRY_KEY_BYTES], value[LMDB_CODEC_ENTRY_BYTES];
		MDB_val name = {sizeof(key), key};
		MDB_val data = {sizeof(value), value};

		lmdb_codec_entry_key(item->part, &item->id, key);
		lmdb_codec_entry_write(key, item->entry, value);
		rc = mdb_cursor_put(cursor, &name, &data, 0);
	}
	mdb_cursor_close(cursor);
	return rc;
}

static int fill(struct work *work)
{
	size_t look_max;
	int rc = accept_owned(work);

	if (!rc)
		rc = put_partitions(work);
	if (!rc)
		rc = sort_items(work);
	if (!rc)
		rc = put_items(work);
	look_max = work->item_count * LMDB_SWEEP_PER_PUT;
	if (look_max < LMDB_SWEEP_MIN)
		look_max = LMDB_SWEEP_MIN;
	if (!rc)
		rc = lmdb_sweep_run(work->env, work->txn, work->parts, work->part_count, look_max);
	return rc;
}

/* On disk: now K's T and v hold for the sweeps to come, and no read transaction may stay behind,
 * or it would pin the pages that this one gave up. */
static void publish(struct work *work)
{
	struct lmdb_env *env = work->env;
	struct lmdb_reader *reader;

	pthread_mutex_lock(&env->mutex);
	for (size_t i = 0; i < work->accepted_count; i++) {
		struct lmdb_part *part = lmdb_env_part_by_id(env, work->accepted[i].id);

		if (!part)
			continue; /* reset between the commit and here */
		part->t = work->accepted[i].partition->checkpoint.window.t;
		part->v = work->accepted[i].partition->checkpoint.v;
	}
	for (reader = env->readers; reader; reader = reader->next) {
		pthread_mutex_lock(&reader->lock);
		if (reader->live)
			mdb_txn_reset(reader->txn);
		reader->live = false;
		pthread_mutex_unlock(&reader->lock);
	}
	pthread_mutex_unlock(&env->mutex);
}

int lmdb_checkpoint_run(struct lmdb_env *env, struct lmdb_job *job)
{
	struct work work = {.env = env, .job = job};
	int dead;
	int rc;

	if (lmdb_env_check(env, "checkpoint", &job->err))
		return -1;
	(void)FAILPOINT("checkpoint-begin");
	lmdb_guard_enter(env->dir_fd);
	/* A tool that looked in and was killed would pin pages for ever. */
	(void)mdb_reader_check(env->mdb, &dead);
	rc = lmdb_env_write_begin(env, &work.txn);
	if (!rc) {
		rc = fill(&work);
		(void)FAILPOINT("checkpoint-filled");
		/* A crash before the end of the commit leaves the last checkpoint, after it this
		 * one: LMDB switches by the one write of a meta page. */
		if (rc)
			mdb_txn_abort(work.txn);
		else
			rc = mdb_txn_commit(work.txn);
	}
	(void)FAILPOINT("checkpoint-done");
	if (!rc)
		publish(&work);
	lmdb_guard_leave();
	work_free(&work);
	return rc ? lmdb_env_fail(env, rc, "checkpoint", &job->err) : 0;
}

static void *run(void *argument)
{
	struct lmdb_env *env = argument;

	pthread_mutex_lock(&env->mutex);
	for (;;) {
		struct lmdb_job *job = env->queue;

		if (!job && env->stopping)
			break;
		if (!job) {
			pthread_cond_wait(&env->work, &env->mutex);
			continue;
		}
		env->queue = job->next;
		pthread_mutex_unlock(&env->mutex);
		job->rc = lmdb_checkpoint_run(env, job);
		pthread_mutex_lock(&env->mutex);
		job->state = LMDB_JOB_DONE;
		pthread_cond_broadcast(&env->done);
	}
	pthread_mutex_unlock(&env->mutex);
	return NULL;
}

int lmdb_checkpoint_begin(struct lmdb_env *env, struct err *err)
{
	sigset_t all, before;
	int rc;

	/* Signals are main's, but for those of a crash (lmdb_guard.h): a blocked one kills without
	 * its handler. */
	must(!sigfillset(&all) && !sigdelset(&all, SIGSEGV) && !sigdelset(&all, SIGBUS) &&
	     !sigdelset(&all, SIGFPE) && !sigdelset(&all, SIGABRT));
	must(!pthread_sigmask(SIG_SETMASK, &all, &before));
	rc = pthread_create(&env->thread, NULL, run, env);
	must(!pthread_sigmask(SIG_SETMASK, &before, NULL));
	if (rc)
		return lmdb_err_set(err, rc, env->dir, "start the checkpointer");
	env->thread_runs = true;
	return 0;
}

void lmdb_checkpoint_end(struct lmdb_env *env)
{
	if (!env->thread_runs)
		return;
	pthread_mutex_lock(&env->mutex);
	must(env->queue == NULL);
	env->stopping = true;
	pthread_cond_signal(&env->work);
	pthread_mutex_unlock(&env->mutex);
	must(!pthread_join(env->thread, NULL));
	env->thread_runs = false;
}

void lmdb_checkpoint_submit(struct lmdb_env *env, struct lmdb_job *job)
{
	struct lmdb_job **last;

	pthread_mutex_lock(&env->mutex);
	must(job->state == LMDB_JOB_NONE && !env->stopping);
	job->state = LMDB_JOB_QUEUED;
	job->next = NULL;
	for (last = &env->queue; *last; last = &(*last)->next)
		must(*last != job);
	*last = job;
	pthread_cond_signal(&env->work);
	pthread_mutex_unlock(&env->mutex);
}

bool lmdb_checkpoint_is_done(struct lmdb_env *env, struct lmdb_job *job, bool wait)
{
	bool done;

	pthread_mutex_lock(&env->mutex);
	while (wait && job->state == LMDB_JOB_QUEUED)
		pthread_cond_wait(&env->done, &env->mutex);
	done = job->state != LMDB_JOB_QUEUED;
	pthread_mutex_unlock(&env->mutex);
	return done;
}
