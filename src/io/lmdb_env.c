/* lmdb_env: see lmdb_env.h and lmdb_store.h. */
#include "io/lmdb_env.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/must.h"
#include "io/clock_ms.h"
#include "io/lmdb_aside.h"
#include "io/lmdb_checkpoint.h"
#include "io/lmdb_err.h"
#include "io/lmdb_guard.h"

#define LOCK_FILE "lock" /* ours; lock.mdb is LMDB's */
#define DATABASES 3

int lmdb_env_check(struct lmdb_env *env, const char *what, struct err *err)
{
	if (!atomic_load(&env->corrupt))
		return 0;
	return lmdb_err_set(err, MDB_CORRUPTED, env->dir, what);
}

int lmdb_env_fail(struct lmdb_env *env, int rc, const char *what, struct err *err)
{
	/* LMDB passes only what its pages say to file calls: a bad offset is a damaged page. */
	if (rc == EINVAL)
		rc = MDB_CORRUPTED;
	if (lmdb_err_is_corrupt(rc) && !atomic_exchange(&env->corrupt, true)) {
		int flagged = lmdb_aside_flag(env->dir_fd);

		if (flagged)
			return err_set(err, ERR_STOP, EXIT_INTERNAL,
				       "state in %s: %s: it is corrupt and could not be flagged so "
				       "(%s): delete data.mdb there; it is rebuilt from the input",
				       env->dir, what, strerror(flagged));
	}
	return lmdb_err_set(err, rc, env->dir, what);
}

/* ---- the directory and its lock ---- */

/* Makes it with its parents: a user's own state directory begins with none of them. */
static int env_directory(struct lmdb_env *env, struct err *err)
{
	char path[PATH_MAX];
	size_t len = strlen(env->dir);

	if (len == 0 || len >= sizeof(path))
		return lmdb_err_set(err, len ? ENAMETOOLONG : ENOENT, env->dir, "open");
	memcpy(path, env->dir, len + 1);
	for (size_t i = 1; i <= len; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		path[i] = '\0';
		if (mkdir(path, 0700) && errno != EEXIST)
			return lmdb_err_set(err, errno, path, "make the directory");
		path[i] = env->dir[i];
	}
	env->dir_fd = open(env->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (env->dir_fd < 0)
		return lmdb_err_set(err, errno, env->dir, "open");
	return 0;
}

static int lock_held(struct lmdb_env *env, struct err *err)
{
	char text[32] = "";
	ssize_t len = pread(env->lock_fd, text, sizeof(text) - 1, 0);
	long pid = len > 0 ? strtol(text, NULL, 10) : 0;

	if (pid == (long)getpid())
		return err_set(err, ERR_STOP, EXIT_STATE,
			       "state in %s: this onced has it open already: two pipelines cannot "
			       "share a name",
			       env->dir);
	return err_set(err, ERR_STOP, EXIT_STATE,
		       "state in %s: another onced (pid %ld) holds it: stop that one, or give this "
		       "one a state_dir of its own",
		       env->dir, pid);
}

static int env_lock(struct lmdb_env *env, struct err *err)
{
	char text[32];
	int len;

	env->lock_fd =
		openat(env->dir_fd, LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (env->lock_fd < 0)
		return lmdb_err_set(err, errno, env->dir, "open the lock file");
	if (flock(env->lock_fd, LOCK_EX | LOCK_NB)) {
		if (errno == EWOULDBLOCK)
			return lock_held(env, err);
		return lmdb_err_set(err, errno, env->dir, "lock");
	}
	/* The number is for the message above only: that it cannot be written is no reason. */
	len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	if (!ftruncate(env->lock_fd, 0))
		(void)!pwrite(env->lock_fd, text, (size_t)len, 0);
	return 0;
}

/* ---- partitions ---- */

struct lmdb_part *lmdb_env_part_by_key(struct lmdb_env *env, struct bytes key)
{
	for (size_t i = 0; i < env->part_count; i++) {
		struct lmdb_part *part = &env->parts[i];

		if (bytes_equal(bytes_of(part->key, part->key_len), key))
			return part;
	}
	return NULL;
}

struct lmdb_part *lmdb_env_part_by_id(struct lmdb_env *env, uint32_t id)
{
	for (size_t i = 0; i < env->part_count; i++)
		if (env->parts[i].id == id)
			return &env->parts[i];
	return NULL;
}

struct lmdb_part *lmdb_env_part_add(struct lmdb_env *env, struct bytes key)
{
	struct lmdb_part *part = lmdb_env_part_by_key(env, key);

	if (part)
		return part;
	must(key.len <= sizeof(part->key));
	if (env->part_count == env->part_capacity) {
		env->part_capacity = env->part_capacity ? env->part_capacity * 2 : 16;
		env->parts = realloc(env->parts, env->part_capacity * sizeof(*env->parts));
		must(env->parts != NULL);
	}
	part = &env->parts[env->part_count++];
	memset(part, 0, sizeof(*part));
	memcpy(part->key, key.data, key.len);
	part->key_len = key.len;
	part->t = INT64_MIN;
	return part;
}

int lmdb_env_partition_get(struct lmdb_env *env, MDB_txn *txn, struct bytes key,
			   struct lmdb_codec_partition *ret)
{
	MDB_val name = {key.len, (void *)(uintptr_t)key.data};
	MDB_val value;
	int rc = mdb_get(txn, env->partitions, &name, &value);

	if (!rc && !lmdb_codec_partition_read(key, bytes_of(value.mv_data, value.mv_size), ret))
		rc = MDB_CORRUPTED;
	return rc;
}

int lmdb_env_partition_put(struct lmdb_env *env, MDB_txn *txn, struct bytes key,
			   const struct lmdb_codec_partition *partition)
{
	uint8_t text[LMDB_CODEC_PARTITION_BYTES];
	MDB_val name = {key.len, (void *)(uintptr_t)key.data};
	MDB_val value = {sizeof(text), text};

	lmdb_codec_partition_write(key, partition, text);
	return mdb_put(txn, env->partitions, &name, &value, 0);
}

/* ---- meta ---- */

static int header_get(struct lmdb_env *env, MDB_txn *txn, struct lmdb_codec_header *ret)
{
	MDB_val key = {strlen(LMDB_CODEC_HEADER_KEY), (void *)(uintptr_t)LMDB_CODEC_HEADER_KEY};
	MDB_val value;
	int rc = mdb_get(txn, env->meta, &key, &value);

	if (rc == MDB_NOTFOUND)
		return MDB_INVALID;
	if (!rc && !lmdb_codec_header_read(bytes_of(value.mv_data, value.mv_size), ret))
		rc = MDB_INVALID;
	return rc;
}

static int header_put(struct lmdb_env *env, MDB_txn *txn, const struct lmdb_codec_header *header)
{
	uint8_t text[LMDB_CODEC_HEADER_BYTES];
	MDB_val key = {strlen(LMDB_CODEC_HEADER_KEY), (void *)(uintptr_t)LMDB_CODEC_HEADER_KEY};
	MDB_val value = {sizeof(text), text};

	lmdb_codec_header_write(header, text);
	return mdb_put(txn, env->meta, &key, &value, 0);
}

int lmdb_env_next_id(struct lmdb_env *env, MDB_txn *txn, uint32_t *ret)
{
	struct lmdb_codec_header header;
	int rc = header_get(env, txn, &header);

	if (rc)
		return rc;
	must(header.next_id < UINT32_MAX);
	*ret = header.next_id++;
	return header_put(env, txn, &header);
}

static int header_new(struct lmdb_env *env, MDB_txn *txn)
{
	struct lmdb_codec_header header = {.next_id = 1, .created_ms = clock_ms(CLOCK_REALTIME)};

	must(sodium_init() >= 0);
	randombytes_buf(header.uuid, sizeof(header.uuid));
	randombytes_buf(header.secret, sizeof(header.secret));
	return header_put(env, txn, &header);
}

/* ---- opening ---- */

/* LMDB would find a truncated file only by a SIGBUS on the missing page. */
static int check_size(struct lmdb_env *env)
{
	MDB_envinfo info;
	MDB_stat pages;
	struct stat file;
	int fd;
	int rc = mdb_env_info(env->mdb, &info);

	if (!rc)
		rc = mdb_env_stat(env->mdb, &pages);
	if (!rc)
		rc = mdb_env_get_fd(env->mdb, &fd);
	if (rc)
		return rc;
	if (fstat(fd, &file))
		return errno;
	if ((uint64_t)file.st_size / pages.ms_psize <= info.me_last_pgno)
		return MDB_CORRUPTED;
	return 0;
}

static int load_partitions(struct lmdb_env *env, MDB_txn *txn)
{
	MDB_cursor *cursor;
	MDB_val key, value;
	int rc = mdb_cursor_open(txn, env->partitions, &cursor);

	if (rc)
		return rc;
	while (!(rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))) {
		struct bytes name = bytes_of(key.mv_data, key.mv_size);
		struct lmdb_codec_partition row;
		struct lmdb_part *part;

		if (!lmdb_codec_partition_read(name, bytes_of(value.mv_data, value.mv_size),
					       &row) ||
		    lmdb_env_part_by_id(env, row.id)) {
			rc = MDB_CORRUPTED;
			break;
		}
		part = lmdb_env_part_add(env, name);
		part->id = row.id;
		if (row.has_checkpoint) {
			part->t = row.checkpoint.window.t;
			part->v = row.checkpoint.v;
		}
	}
	mdb_cursor_close(cursor);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* An environment without any database is new; one with others than ours is foreign. */
static int open_databases(struct lmdb_env *env, MDB_txn *txn)
{
	static const char *const names[DATABASES] = {"meta", "partitions", "dedup"};
	MDB_dbi *const handles[DATABASES] = {&env->meta, &env->partitions, &env->dedup};
	struct lmdb_codec_header header;
	MDB_stat stat;
	bool is_new;
	MDB_dbi all;
	int rc = mdb_dbi_open(txn, NULL, 0, &all);

	if (!rc)
		rc = mdb_stat(txn, all, &stat);
	is_new = !rc && stat.ms_entries == 0;
	for (int i = 0; i < DATABASES && !rc; i++)
		rc = mdb_dbi_open(txn, names[i], is_new ? MDB_CREATE : 0, handles[i]);
	if (rc == MDB_NOTFOUND)
		return MDB_INVALID;
	if (!rc && is_new)
		rc = header_new(env, txn);
	if (!rc)
		rc = header_get(env, txn, &header);
	if (!rc)
		memcpy(env->secret, header.secret, sizeof(env->secret));
	return rc ? rc : load_partitions(env, txn);
}

/* LMDB sizes its map by the file's meta page if that is larger than what was asked for. So, if the
 * map cannot be had, but one as large as we asked for can, it is the meta page that is wrong. */
static int blame(struct lmdb_env *env, int rc)
{
	void *map;

	if (rc != ENOMEM && rc != EINVAL && rc != EOVERFLOW)
		return rc;
	map = mmap(NULL, env->map_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
		   0);
	if (map == MAP_FAILED)
		return rc;
	must(munmap(map, env->map_bytes) == 0);
	return MDB_CORRUPTED;
}

static int env_map(struct lmdb_env *env)
{
	MDB_txn *txn;
	int rc = mdb_env_create(&env->mdb);

	if (!rc)
		rc = mdb_env_set_mapsize(env->mdb, env->map_bytes);
	if (!rc)
		rc = mdb_env_set_maxdbs(env->mdb, DATABASES);
	if (!rc)
		rc = mdb_env_set_maxreaders(env->mdb, LMDB_ENV_READERS_MAX);
	if (rc)
		return rc;
	/* NOMETASYNC: a power failure may undo the last transaction, never more; being behind is
	 * what the whole design allows. Not NOSYNC, which could tear it; not NOMEMINIT, which would
	 * put what the process had in memory into the file. */
	rc = mdb_env_open(env->mdb, env->dir, MDB_NOMETASYNC | MDB_NOTLS, 0600);
	if (rc)
		return blame(env, rc);
	rc = check_size(env);
	if (!rc)
		rc = mdb_txn_begin(env->mdb, NULL, 0, &txn);
	if (rc)
		return rc;
	rc = open_databases(env, txn);
	if (rc) {
		mdb_txn_abort(txn);
		return rc;
	}
	return mdb_txn_commit(txn);
}

static void env_unmap(struct lmdb_env *env)
{
	if (env->mdb)
		mdb_env_close(env->mdb);
	env->mdb = NULL;
	env->part_count = 0;
}

static int move_aside(struct lmdb_env *env, const char *why, struct err *err)
{
	char name[64], text[256];
	int rc = lmdb_aside_move(env->dir_fd, name);

	if (rc)
		return lmdb_err_set(err, rc, env->dir, "move the corrupt state aside");
	(void)snprintf(text, sizeof(text), "%s: moved aside to %s, to be rebuilt from the input",
		       why, name);
	if (env->report)
		env->report(env->dir, text);
	return 0;
}

/* Opens what is there or begins anew. Twice at most: what is empty cannot be corrupt. */
static int env_settle(struct lmdb_env *env, struct err *err)
{
	const char *why = lmdb_aside_reason(env->dir_fd);
	int rc;

	if (why && move_aside(env, why, err))
		return -1;
	for (int tries = 1;; tries++) {
		int opened;

		rc = lmdb_aside_opening(env->dir_fd);
		if (rc)
			return lmdb_err_set(err, rc, env->dir, "open");
		rc = env_map(env);
		/* A crash up to here leaves the flag behind, which is its purpose. */
		opened = lmdb_aside_opened(env->dir_fd);
		if (!rc && !opened)
			return 0;
		env_unmap(env);
		if (!lmdb_err_is_corrupt(rc) || tries == 2)
			return lmdb_err_set(err, rc ? rc : opened, env->dir, "open");
		if (move_aside(env, mdb_strerror(rc), err))
			return -1;
	}
}

int lmdb_env_write_begin(struct lmdb_env *env, MDB_txn **ret)
{
	MDB_envinfo info;
	MDB_stat pages;
	struct stat file;
	uint64_t wanted;
	int fd;
	int rc = mdb_txn_begin(env->mdb, NULL, 0, ret);

	if (rc)
		return rc;
	must(!mdb_env_info(env->mdb, &info) && !mdb_env_stat(env->mdb, &pages));
	must(!mdb_env_get_fd(env->mdb, &fd));
	/* LMDB does not write a page that a transaction allocated and freed again, so a sound
	 * file may end before the last page that its meta page counts. Holes ahead of it keep
	 * check_size true. Only here: nobody else writes now, so the file cannot be cut short by
	 * it. Failing is harmless: at worst a sound state is rebuilt. */
	wanted = ((uint64_t)info.me_last_pgno + 1) * pages.ms_psize + LMDB_ENV_AHEAD_BYTES;
	if (!fstat(fd, &file) && (uint64_t)file.st_size < wanted)
		(void)!ftruncate(fd, (off_t)(wanted + LMDB_ENV_AHEAD_BYTES));
	return 0;
}

int lmdb_env_open(const struct lmdb_env_conf *conf, struct lmdb_env **ret, struct err *err)
{
	struct lmdb_env *env = calloc(1, sizeof(*env));

	must(env != NULL);
	lmdb_guard_install();
	env->dir = strdup(conf->dir);
	env->group = strdup(conf->group);
	must(env->dir && env->group);
	env->dir_fd = env->lock_fd = -1;
	env->report = conf->report;
	env->map_bytes = conf->map_bytes ? conf->map_bytes : LMDB_ENV_MAP_BYTES;
	must(!pthread_mutex_init(&env->mutex, NULL));
	must(!pthread_cond_init(&env->work, NULL));
	must(!pthread_cond_init(&env->done, NULL));
	if (env_directory(env, err) || env_lock(env, err) || env_settle(env, err) ||
	    lmdb_checkpoint_begin(env, err)) {
		lmdb_env_close(env);
		return -1;
	}
	*ret = env;
	return 0;
}

void lmdb_env_close(struct lmdb_env *env)
{
	if (!env)
		return;
	must(env->readers == NULL);
	lmdb_checkpoint_end(env);
	if (env->mdb)
		/* The last meta page. If it fails, we are behind by one checkpoint. */
		(void)mdb_env_sync(env->mdb, 1);
	env_unmap(env);
	if (env->lock_fd >= 0)
		(void)close(env->lock_fd); /* lets the flock go; after LMDB is closed */
	if (env->dir_fd >= 0)
		(void)close(env->dir_fd);
	must(!pthread_cond_destroy(&env->done));
	must(!pthread_cond_destroy(&env->work));
	must(!pthread_mutex_destroy(&env->mutex));
	free(env->parts);
	free(env->group);
	free(env->dir);
	free(env);
}
