/* lmdb_sweep: see lmdb_sweep.h. */
#include "io/lmdb_sweep.h"

#include <string.h>

#include "base/must.h"

static const struct lmdb_sweep_part *find(const struct lmdb_sweep_part *parts, size_t count,
					  uint32_t id)
{
	size_t low = 0;

	while (low < count) {
		size_t middle = low + (count - low) / 2;

		if (parts[middle].id == id)
			return &parts[middle];
		if (parts[middle].id < id)
			low = middle + 1;
		else
			count = middle;
	}
	return NULL;
}

static bool may_go(const struct lmdb_sweep_part *part, struct entry entry)
{
	if (!part)
		return true;
	return window_is_expired(part->v, entry, part->t);
}

/* Where the last look stopped, or the first entry; MDB_NOTFOUND: there is none at all. */
static int position(const struct lmdb_sweep *sweep, MDB_cursor *cursor, MDB_val *key,
		    MDB_val *value)
{
	int rc = MDB_NOTFOUND;

	if (sweep->begun) {
		*key = (MDB_val){sizeof(sweep->next), (void *)(uintptr_t)sweep->next};
		rc = mdb_cursor_get(cursor, key, value, MDB_SET_RANGE);
	}
	return rc == MDB_NOTFOUND ? mdb_cursor_get(cursor, key, value, MDB_FIRST) : rc;
}

static int look(struct lmdb_sweep *sweep, MDB_cursor *cursor, const struct lmdb_sweep_part *parts,
		size_t part_count, size_t look_max)
{
	const struct lmdb_sweep_part *part = NULL;
	uint32_t last = 0;
	MDB_val key, value;
	int rc = position(sweep, cursor, &key, &value);

	for (size_t looked = 0; !rc && looked < look_max; looked++) {
		struct entry entry;
		uint32_t id;

		if (!lmdb_codec_entry_read(bytes_of(key.mv_data, key.mv_size),
					   bytes_of(value.mv_data, value.mv_size), &id, &entry))
			return MDB_CORRUPTED;
		if (id != last) {
			part = find(parts, part_count, id);
			last = id;
		}
		if (may_go(part, entry))
			rc = mdb_cursor_del(cursor, 0);
		/* After a deletion the cursor stands before the next entry: NEXT is right in both
		 * cases. */
		if (!rc)
			rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
	}
	sweep->begun = !rc;
	if (!rc) {
		if (key.mv_size != sizeof(sweep->next))
			return MDB_CORRUPTED;
		memcpy(sweep->next, key.mv_data, sizeof(sweep->next));
	}
	return rc == MDB_NOTFOUND ? 0 : rc; /* the end: from the beginning next time */
}

int lmdb_sweep_run(struct lmdb_env *env, MDB_txn *txn, const struct lmdb_sweep_part *parts,
		   size_t part_count, size_t look_max)
{
	MDB_cursor *cursor;
	int rc = mdb_cursor_open(txn, env->dedup, &cursor);

	if (rc)
		return rc;
	for (size_t i = 1; i < part_count; i++)
		must(parts[i - 1].id < parts[i].id);
	rc = look(&env->sweep, cursor, parts, part_count, look_max);
	mdb_cursor_close(cursor);
	return rc;
}
