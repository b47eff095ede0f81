/*
 * onced offsets reset: the operator moves C on purpose. First it only looks and says what it would
 * do; then, after a yes, it takes the daemon's place and does just that, or nothing if C has moved
 * meanwhile.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/must.h"
#include "cli/offsets.h"
#include "cli/takeover.h"
#include "run/wiring.h"

/* Queues that hold nothing: no record is read. */
static const struct memory_share no_records = {(size_t)1 << 20, (size_t)1 << 20, (size_t)1 << 20,
					       (size_t)1 << 20};

struct work {
	const struct pipeline *pipeline;
	const struct offsets_reset_request *request;
	struct facts facts;       /* of the look */
	bool *wanted;             /* owned; one per part */
	struct reset_plan *plans; /* owned; one per part */
	size_t count;             /* wanted ones */
};

static void work_fini(struct work *work)
{
	facts_fini(&work->facts);
	free(work->wanted);
	free(work->plans);
}

static int resolve(struct broker *broker, const struct ask *ask, const struct reset_to *to,
		   const struct facts_part *part, int64_t *ret, struct err *err)
{
	int rc = 0;

	switch (to->target) {
	case RESET_TO_OFFSET:
		*ret = to->value;
		break;
	case RESET_TO_EARLIEST:
		*ret = part->in.log_start;
		break;
	case RESET_TO_LATEST:
		*ret = part->in.high_watermark;
		break;
	case RESET_TO_TIME:
		do
			rc = broker->ops->offset_at(broker, part->tp, to->value, ret, err);
		while (ask_again(ask, rc, err));
		break;
	}
	return rc;
}

static int make_plan(const struct work *work, const struct facts_part *part, int64_t to,
		     struct reset_plan *ret, struct err *err)
{
	if (reset_plan_make(&part->in, to, work->request->state, takeover_generation(&part->in),
			    ret))
		return 0;
	return err_set(err, ERR_STOP, EXIT_DATA,
		       "%s/%" PRId32 ": %" PRId64 " lies outside of the log, which is %" PRId64
		       " to %" PRId64,
		       part->tp.topic, part->tp.partition, to, part->in.log_start,
		       part->in.high_watermark);
}

static int plan_all(struct work *work, struct broker *broker, const struct ask *ask,
		    struct err *err)
{
	if (facts_read(broker, NULL, work->pipeline, ask, &work->facts, err) < 0 ||
	    takeover_choose(&work->facts, work->request->only, work->request->only_count,
			    &work->wanted, err) < 0)
		return -1;
	work->plans = calloc(work->facts.count + 1, sizeof(*work->plans));
	must(work->plans != NULL);
	for (size_t i = 0; i < work->facts.count; i++) {
		const struct facts_part *part = &work->facts.parts[i];
		int64_t to;

		if (!work->wanted[i])
			continue;
		if (resolve(broker, ask, &work->request->to, part, &to, err) < 0 ||
		    make_plan(work, part, to, &work->plans[i], err) < 0)
			return -1;
		work->count++;
	}
	return 0;
}

static void print_state(const struct work *work, const struct facts_part *part,
			const struct reset_plan *plan)
{
	if (!part->in.stateful)
		return;
	if (work->request->state == RESET_EMPTY)
		(void)printf("; nothing below it counts as seen");
	else
		(void)printf("; what lies from %" PRId64 " to %" PRId64 " counts as seen%s",
			     plan->meta.b, plan->to,
			     part->in.compacted ? ", but the topic is compacted: its state "
						  "cannot be rebuilt and is empty"
						: "");
}

static void print_plan(const struct work *work)
{
	for (size_t i = 0; i < work->facts.count; i++) {
		const struct facts_part *part = &work->facts.parts[i];
		const struct reset_plan *plan = &work->plans[i];

		if (!work->wanted[i])
			continue;
		(void)printf("%s/%" PRId32 ": ", part->tp.topic, part->tp.partition);
		if (plan->has_from)
			(void)printf("from %" PRId64 " to %" PRId64, plan->from, plan->to);
		else
			(void)printf("from nothing to %" PRId64, plan->to);
		if (plan->has_from && plan->from > part->in.high_watermark)
			(void)printf(" (it lay beyond the log's end %" PRId64 ")",
				     part->in.high_watermark);
		if (plan->again)
			(void)printf("; up to %" PRId64 " records are processed again",
				     plan->again);
		if (plan->skipped)
			(void)printf("; up to %" PRId64 " records are skipped", plan->skipped);
		if (plan->gone)
			(void)printf("; %" PRId64 " are deleted and lost", plan->gone);
		print_state(work, part, plan);
		(void)putchar('\n');
	}
}

/* Steps one: nothing is locked, joined or changed. */
static int look(struct work *work, const struct config *config, int64_t timeout_ms, struct err *err)
{
	struct broker *broker = NULL;
	struct wiring wiring;
	struct ask ask;
	int rc;

	ask_begin(&ask, timeout_ms);
	wiring_init(&wiring, config, work->pipeline, 0, &no_records, NULL);
	rc = wiring_broker_open(&wiring, &broker, err);
	if (rc == 0)
		rc = plan_all(work, broker, &ask, err);
	if (broker)
		broker->ops->close(broker);
	wiring_fini(&wiring);
	return rc;
}

/* The operator's yes: given on the command line, or on the terminal. */
static bool is_wanted(const struct work *work)
{
	char answer[8];

	if (work->request->yes)
		return true;
	if (isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1) {
		(void)fprintf(stderr, "nothing was changed: --yes does it\n");
		return false;
	}
	(void)printf("Do it? Type yes: ");
	(void)fflush(stdout);
	if (fgets(answer, sizeof(answer), stdin) && strcmp(answer, "yes\n") == 0)
		return true;
	(void)printf("nothing was changed\n");
	return false;
}

/* What was shown must still be so: a commit in between would be undone unseen. */
static int check_unmoved(const struct work *work, const struct facts *now, struct err *err)
{
	if (now->count != work->facts.count)
		return err_set(err, ERR_STOP, EXIT_DATA,
			       "the topics' partitions have changed meanwhile: look again");
	for (size_t i = 0; i < now->count; i++) {
		const struct facts_part *part = &now->parts[i];
		const struct reset_plan *plan = &work->plans[i];

		if (work->wanted[i] && (part->in.has_c != plan->has_from ||
					(plan->has_from && part->in.c != plan->from)))
			return err_set(err, ERR_STOP, EXIT_DATA,
				       "%s/%" PRId32 ": the committed offset has moved meanwhile: "
				       "stop the pipeline on every host and look again",
				       part->tp.topic, part->tp.partition);
	}
	return 0;
}

static int reset_all(struct work *work, struct takeover *takeover, struct err *err)
{
	struct takeover_commit *commits = calloc(work->count + 1, sizeof(*commits));
	size_t count = 0;
	int rc = check_unmoved(work, &takeover->facts, err);

	must(commits != NULL);
	for (size_t i = 0; rc == 0 && i < takeover->facts.count; i++) {
		const struct facts_part *part = &takeover->facts.parts[i];
		struct reset_plan plan;

		if (!work->wanted[i])
			continue;
		rc = make_plan(work, part, work->plans[i].to, &plan, err);
		if (rc == 0)
			commits[count++] = (struct takeover_commit){part->tp, plan.to, plan.meta};
	}
	if (rc == 0)
		rc = takeover_commit(takeover, commits, count, err);
	for (size_t i = 0; rc == 0 && i < count; i++)
		(void)printf("%s/%" PRId32 ": %" PRId64 " set; generation %" PRId64
			     ", base %" PRId64 "\n",
			     commits[i].tp.topic, commits[i].tp.partition, commits[i].offset,
			     commits[i].meta.g, commits[i].meta.b);
	free(commits);
	return rc;
}

static int refuse_journal(const struct pipeline *pipeline)
{
	(void)fprintf(stderr,
		      "onced offsets reset %s: offsets of a journal count its entries, and only "
		      "the committed one has a place: it cannot be moved. To begin at "
		      "`from.start`, give the pipeline another group\n",
		      pipeline->name);
	return EXIT_DATA;
}

int offsets_reset(const struct config *config, const struct pipeline *pipeline,
		  const struct offsets_reset_request *request, int64_t timeout_ms)
{
	struct work work = {.pipeline = pipeline, .request = request};
	struct takeover takeover;
	struct err err;
	int code = 0, rc;

	if (pipeline->journal)
		return refuse_journal(pipeline);
	if (pipeline->dedup_index >= 0 && request->state == RESET_UNSAID) {
		(void)fprintf(stderr,
			      "onced offsets reset: this pipeline drops repeats: say --rebuild "
			      "(what lies below counts as seen) or --empty (it does not)\n");
		return EXIT_USAGE;
	}
	rc = look(&work, config, timeout_ms, &err);
	if (rc == 0) {
		print_plan(&work);
		(void)fflush(stdout);
		if (!is_wanted(&work)) {
			work_fini(&work);
			return EXIT_USAGE;
		}
		rc = takeover_open(&takeover, config, pipeline, request->only, request->only_count,
				   timeout_ms, &err);
		if (rc == 0)
			rc = reset_all(&work, &takeover, &err);
		takeover_close(&takeover);
	}
	if (rc < 0) {
		(void)fprintf(stderr, "onced offsets reset %s: %s\n", pipeline->name, err.msg);
		code = ask_exit_code(&err);
	}
	work_fini(&work);
	return code;
}
