/*
 * onced offsets accept: the operator's word on what the committed offsets mean: they are the truth
 * as they stand.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/must.h"
#include "cli/accept_plan.h"
#include "cli/offsets.h"
#include "cli/takeover.h"

struct work {
	struct accept_plan *plans;       /* owned; one per part */
	struct takeover_commit *commits; /* owned */
	size_t count;
};

static int plan(const struct takeover *takeover, struct work *work, struct err *err)
{
	const struct facts *facts = &takeover->facts;

	work->plans = calloc(facts->count + 1, sizeof(*work->plans));
	work->commits = calloc(facts->count + 1, sizeof(*work->commits));
	must(work->plans && work->commits);
	for (size_t i = 0; i < facts->count; i++) {
		const struct facts_part *part = &facts->parts[i];
		struct accept_plan *what = &work->plans[i];

		accept_plan_make(&part->in, part->is_added, takeover_generation(&part->in), what);
		if (!takeover->wanted[i] || what->kind == ACCEPT_NOTHING)
			continue;
		if (what->kind == ACCEPT_BEYOND)
			return err_set(err, ERR_STOP, EXIT_DATA,
				       "%s/%" PRId32 ": the offset %" PRId64
				       " lies beyond the log's end %" PRId64
				       " and cannot be taken for the truth: move it with `onced "
				       "offsets reset %s %s/%" PRId32 " --to ...`",
				       part->tp.topic, part->tp.partition, what->offset,
				       part->in.high_watermark, takeover->pipeline->name,
				       part->tp.topic, part->tp.partition);
		work->commits[work->count++] =
			(struct takeover_commit){part->tp, what->offset, what->meta};
	}
	if (work->count == 0)
		return err_set(
			err, ERR_STOP, EXIT_DATA,
			"there is nothing to accept: no committed offset and no local state; the "
			"first start begins at `from.start`");
	return 0;
}

static void print_part(const struct facts_part *part, const struct accept_plan *what)
{
	(void)printf("%s/%" PRId32 ": ", part->tp.topic, part->tp.partition);
	switch (what->kind) {
	case ACCEPT_C:
		(void)printf("%" PRId64 " accepted", what->offset);
		break;
	case ACCEPT_LOG_START:
		(void)printf("%" PRId64 " accepted, the log's start (it was %" PRId64
			     "; what lay between is lost)",
			     what->offset, part->in.has_c ? part->in.c : part->in.checkpoint.x);
		break;
	case ACCEPT_X:
		(void)printf("%" PRId64 " accepted, from the local state (the committed "
			     "offset had expired)",
			     what->offset);
		break;
	case ACCEPT_ADDED:
		(void)printf("%" PRId64 " accepted, the start of a partition that was added",
			     what->offset);
		break;
	case ACCEPT_NOTHING:
	case ACCEPT_BEYOND:
		(void)printf("nothing to accept\n");
		return;
	}
	(void)printf("; generation %" PRId64 ", base %" PRId64 "\n", what->meta.g, what->meta.b);
}

int offsets_accept(const struct config *config, const struct pipeline *pipeline, char *const *only,
		   size_t only_count, int64_t timeout_ms)
{
	struct work work = {0};
	struct takeover takeover;
	struct err err;
	int rc = takeover_open(&takeover, config, pipeline, only, only_count, timeout_ms, &err);

	if (rc == 0)
		rc = plan(&takeover, &work, &err);
	if (rc == 0)
		rc = takeover_commit(&takeover, work.commits, work.count, &err);
	for (size_t i = 0; rc == 0 && i < takeover.facts.count; i++)
		if (takeover.wanted[i])
			print_part(&takeover.facts.parts[i], &work.plans[i]);
	if (rc < 0)
		(void)fprintf(stderr, "onced offsets accept %s: %s\n", pipeline->name, err.msg);
	takeover_close(&takeover);
	free(work.plans);
	free(work.commits);
	return rc < 0 ? ask_exit_code(&err) : 0;
}
