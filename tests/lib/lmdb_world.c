/* lmdb_world: see lmdb_world.h. */
#include "lib/lmdb_world.h"

#include <dirent.h>
#include <ftw.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/must.h"

const struct tp lmdb_world_tp = {"payments", 0};

static int reports;
static char report_text[512];

static void report(const char *pipeline_dir, const char *what)
{
	reports++;
	(void)snprintf(report_text, sizeof(report_text), "%s: %s", pipeline_dir, what);
}

int lmdb_world_reports(void)
{
	return reports;
}

const char *lmdb_world_report(void)
{
	return report_text;
}

static void succeeds(const struct lmdb_world *world, int rc)
{
	if (rc)
		(void)fprintf(stderr, "%s\n", world->err.msg);
	must(rc == 0);
}

void lmdb_world_begin(struct lmdb_world *world)
{
	const char *base = getenv("TMPDIR");

	memset(world, 0, sizeof(*world));
	(void)snprintf(world->root, sizeof(world->root), "%s/onced-store-XXXXXX",
		       base && strlen(base) < 32 ? base : "/tmp");
	must(mkdtemp(world->root) != NULL);
	(void)snprintf(world->dir, sizeof(world->dir), "%s/state/pay", world->root);
	overlay_init(&world->overlay);
}

static int delete (const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
	(void)stat;
	(void)type;
	(void)ftw;
	return remove(path);
}

void lmdb_world_end(struct lmdb_world *world)
{
	lmdb_world_close(world);
	overlay_fini(&world->overlay);
	must(nftw(world->root, delete, 16, FTW_DEPTH | FTW_PHYS) == 0);
}

static int delete_below(const char *path, const struct stat *file, int type, struct FTW *ftw)
{
	return ftw->level == 0 ? 0 : delete (path, file, type, ftw);
}

void lmdb_world_wipe(struct lmdb_world *world)
{
	must(world->env == NULL);
	must(nftw(world->dir, delete_below, 16, FTW_DEPTH | FTW_PHYS) == 0);
}

int lmdb_world_try(struct lmdb_world *world)
{
	struct lmdb_env_conf conf = {.dir = world->dir,
				     .group = "onced.pay",
				     .map_bytes = world->map_bytes,
				     .report = report};

	reports = 0;
	report_text[0] = '\0';
	world->err.kind = ERR_NONE;
	return lmdb_env_open(&conf, &world->env, &world->err);
}

void lmdb_world_open(struct lmdb_world *world)
{
	succeeds(world, lmdb_world_try(world));
	succeeds(world, lmdb_store_open(world->env, &world->store, &world->err));
}

void lmdb_world_close(struct lmdb_world *world)
{
	if (world->store)
		world->store->ops->close(world->store);
	world->store = NULL;
	lmdb_env_close(world->env);
	world->env = NULL;
}

void lmdb_world_path(const struct lmdb_world *world, const char *name, char path[160])
{
	(void)snprintf(path, 160, "%s/%s", world->dir, name);
}

bool lmdb_world_has(const struct lmdb_world *world, const char *name)
{
	char path[160];

	lmdb_world_path(world, name, path);
	return access(path, F_OK) == 0;
}

int lmdb_world_asides(const struct lmdb_world *world)
{
	DIR *dir = opendir(world->dir);
	struct dirent *item;
	int count = 0;

	must(dir != NULL);
	while ((item = readdir(dir)) != NULL)
		count += !strncmp(item->d_name, "aside-", 6);
	closedir(dir);
	return count;
}

size_t lmdb_world_rows(const struct lmdb_world *world)
{
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
	MDB_stat stat;

	must(world->env == NULL);
	must(mdb_env_create(&env) == 0);
	must(mdb_env_set_maxdbs(env, 3) == 0);
	must(mdb_env_open(env, world->dir, MDB_RDONLY, 0600) == 0);
	must(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn) == 0);
	must(mdb_dbi_open(txn, "dedup", 0, &dbi) == 0);
	must(mdb_stat(txn, dbi, &stat) == 0);
	mdb_txn_abort(txn);
	mdb_env_close(env);
	return stat.ms_entries;
}

size_t lmdb_world_bytes(const struct lmdb_world *world)
{
	char path[160];
	struct stat file;

	lmdb_world_path(world, "data.mdb", path);
	must(stat(path, &file) == 0);
	return (size_t)file.st_blocks * 512;
}

struct hash128 lmdb_world_id(uint64_t number)
{
	return hash128(NULL, &number, sizeof(number));
}

struct store_part lmdb_world_acquire(struct lmdb_world *world, bool *ret_has,
				     struct checkpoint *ret_checkpoint)
{
	struct checkpoint checkpoint;
	struct crash_count crashes;
	struct store_part part;
	bool has;

	succeeds(world, world->store->ops->acquire(world->store, lmdb_world_tp, &part, &has,
						   &checkpoint, &crashes, &world->err));
	if (ret_has)
		*ret_has = has;
	if (ret_checkpoint)
		*ret_checkpoint = checkpoint;
	return part;
}

void lmdb_world_put(struct lmdb_world *world, struct store_part part, uint64_t number, int64_t t)
{
	struct hash128 id = lmdb_world_id(number);

	(void)overlay_put(&world->overlay, part.id, &id, (struct entry){t, t}, NULL);
}

int lmdb_world_checkpoint(struct lmdb_world *world, struct store_part part, int64_t x, int64_t t,
			  int64_t within_ms)
{
	struct store_partition partition = {.part = part};
	bool done = false;
	int rc;

	partition.checkpoint.x = x;
	partition.checkpoint.v = within_ms;
	window_init(&partition.checkpoint.window);
	partition.checkpoint.window.t = partition.checkpoint.window.p = t;
	world->store->ops->checkpoint_start(world->store, &world->overlay, &partition, 1);
	rc = world->store->ops->checkpoint_poll(world->store, true, &done, &world->err);
	must(done);
	if (!rc)
		overlay_clear(&world->overlay);
	return rc;
}

int lmdb_world_get(struct lmdb_world *world, struct store_part part, uint64_t number,
		   int64_t *ret_t)
{
	struct hash128 id = lmdb_world_id(number);
	struct entry entry;
	bool found;

	if (world->store->ops->get(world->store, part.id, &id, &found, &entry, &world->err))
		return -1;
	if (found && ret_t)
		*ret_t = entry.t;
	return found;
}
