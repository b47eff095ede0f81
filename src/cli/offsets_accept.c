/*
 * onced offsets accept: the operator's word on what the committed offsets mean. The state's lock
 * keeps the daemon of this host out, and the group under the daemon's own names those with the same
 * names elsewhere. C is read after joining: nobody can move it then. A crash on the way leaves some
 * partitions accepted and others not; accept again.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/must.h"
#include "cli/accept_plan.h"
#include "cli/facts.h"
#include "cli/members.h"
#include "cli/offsets.h"
#include "run/wiring.h"

struct work {
	struct facts facts;
	struct accept_plan *plans; /* owned; one per part */
	bool *wanted;              /* owned; one per part */
	struct tp_offset *offsets; /* owned; what is to be committed */
	char (*texts)[META_MAX];   /* owned; their metadata */
	size_t count;
};

static void work_fini(struct work *work)
{
	facts_fini(&work->facts);
	free(work->plans);
	free(work->wanted);
	free(work->offsets);
	free(work->texts);
}

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

static int choose(struct work *work, char *const *only, size_t only_count, struct err *err)
{
	work->wanted = calloc(work->facts.count + 1, sizeof(*work->wanted));
	must(work->wanted != NULL);
	for (size_t i = 0; i < work->facts.count; i++)
		work->wanted[i] = only_count == 0;
	for (size_t j = 0; j < only_count; j++) {
		bool found = false;

		for (size_t i = 0; i < work->facts.count; i++)
			if (is_named(&work->facts.parts[i].tp, only[j]))
				found = work->wanted[i] = true;
		if (!found)
			return err_set(err, ERR_STOP, EXIT_USAGE,
				       "'%s' is no TOPIC/PARTITION of this pipeline's inputs",
				       only[j]);
	}
	return 0;
}

static int plan(struct work *work, struct err *err)
{
	work->plans = calloc(work->facts.count + 1, sizeof(*work->plans));
	work->offsets = calloc(work->facts.count + 1, sizeof(*work->offsets));
	work->texts = calloc(work->facts.count + 1, sizeof(*work->texts));
	must(work->plans && work->offsets && work->texts);
	work->count = 0;
	for (size_t i = 0; i < work->facts.count; i++) {
		const struct facts_part *part = &work->facts.parts[i];
		struct accept_plan *what = &work->plans[i];

		accept_plan_make(&part->in, 0, what);
		if (!work->wanted[i] || what->kind == ACCEPT_NOTHING)
			continue;
		if (what->kind == ACCEPT_BEYOND)
			return err_set(
				err, ERR_STOP, EXIT_DATA,
				"%s/%" PRId32 ": the offset %" PRId64
				" lies beyond the log's end %" PRId64
				" and cannot be taken for the truth: set it with Kafka's own "
				"kafka-consumer-groups --reset-offsets, then accept",
				part->tp.topic, part->tp.partition, what->offset,
				part->in.high_watermark);
		(void)meta_write(&what->meta, work->texts[work->count]);
		work->offsets[work->count] =
			(struct tp_offset){part->tp, what->offset, work->texts[work->count]};
		work->count++;
	}
	if (work->count == 0)
		return err_set(
			err, ERR_STOP, EXIT_DATA,
			"there is nothing to accept: no committed offset and no local state; the "
			"first start begins at `from.start`");
	return 0;
}

static void print(const struct work *work)
{
	for (size_t i = 0; i < work->facts.count; i++) {
		const struct facts_part *part = &work->facts.parts[i];
		const struct accept_plan *what = &work->plans[i];

		if (!work->wanted[i])
			continue;
		(void)printf("%s/%" PRId32 ": ", part->tp.topic, part->tp.partition);
		switch (what->kind) {
		case ACCEPT_C:
			(void)printf("%" PRId64 " accepted", what->offset);
			break;
		case ACCEPT_LOG_START:
			(void)printf("%" PRId64 " accepted, the log's start (it was %" PRId64
				     "; what lay between is lost)",
				     what->offset,
				     part->in.has_c ? part->in.c : part->in.checkpoint.x);
			break;
		case ACCEPT_X:
			(void)printf("%" PRId64 " accepted, from the local state (the committed "
				     "offset had expired)",
				     what->offset);
			break;
		case ACCEPT_NOTHING:
		case ACCEPT_BEYOND:
			(void)printf("nothing to accept\n");
			continue;
		}
		(void)printf("; generation %" PRId64 ", base %" PRId64 "\n", what->meta.g,
			     what->meta.b);
	}
}

/* Every partition of the group must be ours before C is read. */
static int join_all(struct members *members, const struct work *work, struct err *err)
{
	struct tp_offset *all = calloc(work->facts.count + 1, sizeof(*all));
	int rc;

	must(all != NULL);
	for (size_t i = 0; i < work->facts.count; i++)
		all[i].tp = work->facts.parts[i].tp;
	rc = members_join(members, all, work->facts.count, err);
	free(all);
	return rc;
}

static int accept_all(struct members *members, struct store *store, const struct pipeline *pipeline,
		      const struct ask *ask, char *const *only, size_t only_count,
		      struct work *work, struct err *err)
{
	struct broker *broker = members_broker(members);

	if (facts_read(broker, NULL, pipeline, ask, &work->facts, err) < 0 ||
	    choose(work, only, only_count, err) < 0 || join_all(members, work, err) < 0)
		return -1;
	/* Again, now that nobody else can commit. */
	facts_fini(&work->facts);
	free(TAKE(work->wanted));
	if (facts_read(broker, store, pipeline, ask, &work->facts, err) < 0 ||
	    choose(work, only, only_count, err) < 0 || plan(work, err) < 0)
		return -1;
	return members_commit(members, work->offsets, work->count, err);
}

int offsets_accept(const struct config *config, const struct pipeline *pipeline, char *const *only,
		   size_t only_count, int64_t timeout_ms)
{
	struct members *members = NULL;
	struct lmdb_env *env = NULL;
	struct store *store = NULL;
	struct work work = {0};
	struct ask ask;
	struct err err;
	int rc;

	ask_begin(&ask, timeout_ms);
	rc = wiring_env_open(config, pipeline, NULL, &env, &err);
	if (rc == 0)
		rc = lmdb_store_open(env, &store, &err);
	if (rc == 0)
		rc = members_open(config, pipeline, &ask, &members, &err);
	if (rc == 0)
		rc = accept_all(members, store, pipeline, &ask, only, only_count, &work, &err);
	if (rc == 0)
		print(&work);
	else
		(void)fprintf(stderr, "onced offsets accept %s: %s\n", pipeline->name, err.msg);
	work_fini(&work);
	members_close(members);
	if (store)
		store->ops->close(store);
	lmdb_env_close(env);
	return rc < 0 ? ask_exit_code(&err) : 0;
}
