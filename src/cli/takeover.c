/* takeover: see takeover.h. */
#include "cli/takeover.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/must.h"
#include "run/wiring.h"

static bool is_named(const struct tp *tp, const char *name)
{
	size_t length = strlen(tp->topic);
	char *end;
	long partition;

	if (strncmp(name, tp->topic, length) != 0 || name[length] != '/')
		return false;
	partition = strtol(name + length + 1, &end, 10);
	return end != name + length + 1 && *end == '\0' && partition == tp->partition;
}

int takeover_choose(const struct facts *facts, char *const *only, size_t only_count, bool **ret,
		    struct err *err)
{
	bool *wanted = calloc(facts->count + 1, sizeof(*wanted));

	must(wanted != NULL);
	for (size_t i = 0; i < facts->count; i++)
		wanted[i] = only_count == 0;
	for (size_t j = 0; j < only_count; j++) {
		bool found = false;

		for (size_t i = 0; i < facts->count; i++)
			if (is_named(&facts->parts[i].tp, only[j]))
				found = wanted[i] = true;
		if (found)
			continue;
		free(wanted);
		return err_set(err, ERR_STOP, EXIT_USAGE,
			       "'%s' is no TOPIC/PARTITION of this pipeline's inputs", only[j]);
	}
	*ret = wanted;
	return 0;
}

int64_t takeover_generation(const struct recover_in *in)
{
	int64_t g = in->now_ms;

	if (in->has_c && in->m_form == META_OURS && in->m.g >= g)
		g = in->m.g + 1;
	if (in->has_checkpoint && in->checkpoint.g >= g)
		g = in->checkpoint.g + 1;
	return g;
}

/* Every partition of the group must be ours before C is read. */
static int join_all(struct takeover *takeover, struct err *err)
{
	struct tp_offset *all = calloc(takeover->facts.count + 1, sizeof(*all));
	int rc;

	must(all != NULL);
	for (size_t i = 0; i < takeover->facts.count; i++)
		all[i].tp = takeover->facts.parts[i].tp;
	rc = members_join(takeover->members, all, takeover->facts.count, err);
	free(all);
	return rc;
}

static int read_all(struct takeover *takeover, char *const *only, size_t only_count,
		    struct err *err)
{
	struct broker *broker = takeover_broker(takeover);

	/* Once for the partitions' names, before anything is joined for them. */
	if (facts_read(broker, NULL, takeover->pipeline, &takeover->ask, &takeover->facts, err) <
		    0 ||
	    takeover_choose(&takeover->facts, only, only_count, &takeover->wanted, err) < 0 ||
	    join_all(takeover, err) < 0)
		return -1;
	/* Again, now that nobody else can commit. */
	facts_fini(&takeover->facts);
	free(TAKE(takeover->wanted));
	if (facts_read(broker, takeover->store, takeover->pipeline, &takeover->ask,
		       &takeover->facts, err) < 0)
		return -1;
	return takeover_choose(&takeover->facts, only, only_count, &takeover->wanted, err);
}

int takeover_open(struct takeover *takeover, const struct config *config,
		  const struct pipeline *pipeline, char *const *only, size_t only_count,
		  int64_t timeout_ms, struct err *err)
{
	memset(takeover, 0, sizeof(*takeover));
	takeover->pipeline = pipeline;
	ask_begin(&takeover->ask, timeout_ms);
	if (wiring_env_open(config, pipeline, NULL, &takeover->env, err) < 0 ||
	    lmdb_store_open(takeover->env, &takeover->store, err) < 0 ||
	    members_open(config, pipeline, &takeover->ask, &takeover->members, err) < 0)
		return -1;
	return read_all(takeover, only, only_count, err);
}

void takeover_close(struct takeover *takeover)
{
	facts_fini(&takeover->facts);
	free(TAKE(takeover->wanted));
	members_close(TAKE(takeover->members));
	if (takeover->store)
		takeover->store->ops->close(TAKE(takeover->store));
	lmdb_env_close(TAKE(takeover->env));
}

struct broker *takeover_broker(struct takeover *takeover)
{
	return members_broker(takeover->members);
}

/* With the operator's word a record that ended the process is tried afresh. */
static int forget_crashes(struct takeover *takeover, const struct takeover_commit *commits,
			  size_t count, struct err *err)
{
	static const struct crash_count none = {.offset = -1};

	for (size_t i = 0; i < count; i++)
		if (takeover->store->ops->crash_write(takeover->store, commits[i].tp, &none, err))
			return err_wrap(err, "the offsets are committed, the count of crashes "
					     "stands: do it again");
	return 0;
}

int takeover_commit(struct takeover *takeover, const struct takeover_commit *commits, size_t count,
		    struct err *err)
{
	struct tp_offset *offsets = calloc(count + 1, sizeof(*offsets));
	char(*texts)[META_MAX] = calloc(count + 1, sizeof(*texts));
	int rc;

	must(offsets && texts);
	for (size_t i = 0; i < count; i++) {
		(void)meta_write(&commits[i].meta, texts[i]);
		offsets[i] = (struct tp_offset){commits[i].tp, commits[i].offset, texts[i]};
	}
	rc = members_commit(takeover->members, offsets, count, err);
	if (rc == 0)
		rc = forget_crashes(takeover, commits, count, err);
	free(offsets);
	free(texts);
	return rc;
}
