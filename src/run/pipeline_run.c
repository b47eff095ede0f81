/* pipeline_run: see pipeline_run.h. */
#include "run/pipeline_run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "run/log.h"
#include "run/policy.h"
#include "run/wiring.h"
#include "run/run_thread.h"

#define TROUBLE_MAX 256

struct pipeline_run {
	struct config *config; /* held */
	const struct pipeline *pipeline;
	struct memory_share share;
	struct clock *clock; /* borrowed */
	enum run_state state;
	bool stopping;
	struct lmdb_env *env; /* open while threads run; one without state has it for its lock and
			       * its crash counter */
	struct run_thread *threads;
	int started; /* threads[0..started) are to be joined */
	bool was_ready;
	bool failed; /* err holds the first failure of this run */
	struct err err;
	int failed_worker;
	int64_t start_ms;   /* UP: when it began */
	int64_t due_ms;     /* WAITING: when to start */
	int64_t backoff_ms; /* the last wait, 0 = none yet */
	int64_t parked_ms;
};

static struct log_where where_of(const struct pipeline_run *run, int worker)
{
	struct log_where where = LOG_NOWHERE;

	where.pipeline = run->pipeline->name;
	where.worker = worker;
	return where;
}

struct pipeline_run *pipeline_run_new(struct config *config, const struct pipeline *pipeline,
				      const struct memory_share *share, struct clock *clock)
{
	struct pipeline_run *run = calloc(1, sizeof(*run));

	must(run != NULL);
	must(pipeline->workers >= 1);
	run->config = config_hold(config);
	run->pipeline = pipeline;
	run->share = *share;
	run->clock = clock;
	run->state = RUN_WAITING;
	run->threads = calloc((size_t)pipeline->workers, sizeof(*run->threads));
	must(run->threads != NULL);
	return run;
}

void pipeline_run_free(struct pipeline_run *run)
{
	if (!run)
		return;
	must(run->started == 0);
	free(run->threads);
	config_free(run->config);
	free(run);
}

static void fail(struct pipeline_run *run, int worker, const struct err *err)
{
	struct log_where where = where_of(run, worker);

	where.error = err;
	if (run->failed) {
		log_event(LOG_LEVEL_WARNING, "worker-ended", &where, "%s", err->msg);
		return;
	}
	run->failed = true;
	run->err = *err;
	run->failed_worker = worker;
}

static void report_env(const char *dir, const char *what)
{
	log_event(LOG_LEVEL_WARNING, "state-aside", NULL, "state in %s: %s", dir, what);
}

static void drain(struct pipeline_run *run)
{
	run->state = RUN_DRAINING;
	for (int i = 0; i < run->started; i++)
		if (run->threads[i].started) /* not the one that failed: it is joined already */
			run_thread_stop(&run->threads[i]);
}

static void start(struct pipeline_run *run, int64_t now_ms)
{
	struct err err = {0};

	must(run->started == 0 && !run->env);
	run->failed = false;
	run->start_ms = now_ms;
	run->state = RUN_UP;
	if (wiring_env_open(run->config, run->pipeline, report_env, &run->env, &err) < 0) {
		fail(run, -1, &err);
		drain(run);
		return;
	}
	for (int i = 0; i < run->pipeline->workers; i++) {
		struct run_thread *thread = &run->threads[i];

		thread->config = run->config;
		thread->pipeline = run->pipeline;
		thread->share = &run->share;
		thread->clock = run->clock;
		thread->env = run->env;
		thread->index = i;
		run_thread_init(thread);
		if (run_thread_start(thread, now_ms, &err) < 0) {
			run_thread_join(thread);
			fail(run, i, &err);
			drain(run);
			return;
		}
		run->started = i + 1;
	}
}

/* What settles a STOP that its own message does not say. */
static const char *hint(int code)
{
	switch (code) {
	case EXIT_FENCED:
		return "; give each running daemon an `instance` of its own, then restart onced";
	case EXIT_PERMISSION:
		return "; correct the credentials or the ACLs, then `onced reload`";
	case EXIT_CONFIG:
		return "; correct the file (`onced check` tells), then `onced reload`";
	}
	return "";
}

/* The journal's name for a STOP that has none of its own. */
static const char *event_of(const struct err *err)
{
	if (err->event)
		return err->event;
	switch (policy_exit_code(err)) {
	case EXIT_DATA:
		return "bad-data";
	case EXIT_STATE:
		return "state-unusable";
	case EXIT_FENCED:
		return "fenced";
	case EXIT_PERMISSION:
		return "permission";
	case EXIT_CONFIG:
		return "configuration";
	}
	return "internal";
}

static void park(struct pipeline_run *run, int64_t now_ms)
{
	struct log_where where = where_of(run, run->failed_worker);

	where.error = &run->err;
	run->state = RUN_PARKED;
	run->parked_ms = now_ms;
	log_event(LOG_LEVEL_ERROR, event_of(&run->err), &where, "stopped (%d): %s%s",
		  policy_exit_code(&run->err), run->err.msg, hint(run->err.code));
}

/* All threads are joined: what next? */
static void settle(struct pipeline_run *run, int64_t now_ms)
{
	struct log_where where = where_of(run, run->failed_worker);

	lmdb_env_close(run->env);
	run->env = NULL;
	if (run->failed && policy_decide(&run->err, run->was_ready) == POLICY_PARK) {
		park(run, now_ms);
		return;
	}
	if (run->stopping) {
		if (run->failed)
			log_event(LOG_LEVEL_WARNING, "worker-ended", &where, "%s", run->err.msg);
		run->state = RUN_DONE;
		return;
	}
	must(run->failed);
	run->backoff_ms = policy_backoff_ms(run->backoff_ms, now_ms - run->start_ms);
	run->due_ms = now_ms + run->backoff_ms;
	run->state = RUN_WAITING;
	where.error = &run->err;
	log_event(LOG_LEVEL_ERROR, "restart", &where, "failed, restarts in %" PRId64 " s: %s",
		  run->backoff_ms / 1000, run->err.msg);
}

/* The first failure drains the other workers of the pipeline: their partitions would only be
 * assigned to one that cannot take them. */
static void collect(struct pipeline_run *run, int64_t now_ms)
{
	int running = 0;

	for (int i = 0; i < run->started; i++) {
		struct run_thread *thread = &run->threads[i];
		struct err err;

		if (!run_thread_has_ended(thread)) {
			running++;
			continue;
		}
		if (!thread->started)
			continue;
		run_thread_join(thread);
		if (thread->result < 0) {
			fail(run, i, &thread->err);
		} else if (run->state == RUN_UP) {
			(void)err_set(&err, ERR_STOP, EXIT_INTERNAL, "the worker ended unasked");
			fail(run, i, &err);
		}
	}
	if (run->failed && run->state == RUN_UP)
		drain(run);
	if (run->state == RUN_DRAINING && running == 0) {
		run->started = 0;
		settle(run, now_ms);
	}
}

static bool all_ready(const struct pipeline_run *run)
{
	if (run->state != RUN_UP)
		return false;
	for (int i = 0; i < run->started; i++)
		if (!run->threads[i].stats.ready)
			return false;
	return true;
}

static bool all_live(const struct pipeline_run *run)
{
	if (!all_ready(run))
		return false;
	for (int i = 0; i < run->started; i++)
		if (!run->threads[i].stats.live)
			return false;
	return true;
}

void pipeline_run_tick(struct pipeline_run *run, int64_t now_ms)
{
	if (run->state == RUN_WAITING && !run->stopping && now_ms >= run->due_ms)
		start(run, now_ms);
	if (run->state != RUN_UP && run->state != RUN_DRAINING)
		return;
	for (int i = 0; i < run->started; i++)
		if (run->threads[i].started)
			run_thread_watch(&run->threads[i]);
	if (all_ready(run))
		run->was_ready = true;
	collect(run, now_ms);
}

void pipeline_run_stop(struct pipeline_run *run)
{
	run->stopping = true;
	switch (run->state) {
	case RUN_WAITING:
		run->state = RUN_DONE;
		break;
	case RUN_UP:
		drain(run);
		break;
	case RUN_DRAINING:
	case RUN_PARKED:
	case RUN_DONE:
		break;
	}
}

bool pipeline_run_is_leaving(const struct pipeline_run *run)
{
	return run->stopping;
}

void pipeline_run_hurry(struct pipeline_run *run)
{
	must(run->state == RUN_WAITING);
	run->due_ms = 0;
}

enum run_state pipeline_run_state(const struct pipeline_run *run)
{
	return run->state;
}

bool pipeline_run_is_live(const struct pipeline_run *run)
{
	return run->state == RUN_PARKED || all_live(run);
}

int pipeline_run_exit_code(const struct pipeline_run *run)
{
	must(run->state == RUN_PARKED);
	return policy_exit_code(&run->err);
}

int64_t pipeline_run_parked_ms(const struct pipeline_run *run)
{
	must(run->state == RUN_PARKED);
	return run->parked_ms;
}

int64_t pipeline_run_still_ms(struct pipeline_run *run, int64_t now_ms, int *ret_worker)
{
	int64_t longest_ms = 0;

	for (int i = 0; i < run->started; i++) {
		struct run_thread *thread = &run->threads[i];
		int64_t still_ms;

		if (!thread->started)
			continue;
		still_ms = pulse_still_ms(&thread->pulse, thread->stats.turns, now_ms);
		if (still_ms > longest_ms) {
			longest_ms = still_ms;
			*ret_worker = i;
		}
	}
	return longest_ms;
}

int64_t pipeline_run_bytes(const struct pipeline_run *run)
{
	return memory_share_bytes(&run->share) * run->pipeline->workers;
}

int pipeline_run_workers(const struct pipeline_run *run)
{
	return run->pipeline->workers;
}

int64_t pipeline_run_rebuild_records(const struct pipeline_run *run, bool whole)
{
	int64_t sum = 0;

	if (run->state != RUN_UP)
		return -1;
	for (int i = 0; i < run->started; i++) {
		const struct worker_stats *stats = &run->threads[i].stats;
		int64_t records = whole ? stats->since_begin : stats->since_marker;

		if (stats->partitions < 0 || records < 0)
			return -1;
		sum += records;
	}
	return sum;
}

void pipeline_run_trouble(struct pipeline_run *run, char *text, size_t size)
{
	must(size > 0);
	text[0] = '\0';
	if (run->state == RUN_PARKED || (run->state == RUN_WAITING && run->failed))
		(void)snprintf(text, size, "%s", run->err.msg);
	if (run->state != RUN_UP)
		return;
	for (int i = 0; i < run->started && !*text; i++)
		if (run->threads[i].started)
			run_thread_trouble(&run->threads[i], text, size);
}

void pipeline_run_status(struct pipeline_run *run, struct status *status)
{
	status->pipelines++;
	switch (run->state) {
	case RUN_PARKED:
		status->parked++;
		status_add_trouble(status, run->pipeline->name, -1, run->err.msg);
		return;
	case RUN_WAITING:
		status->restarting += run->failed;
		if (run->failed)
			status_add_trouble(status, run->pipeline->name, -1, run->err.msg);
		return;
	case RUN_DONE:
		return;
	case RUN_UP:
	case RUN_DRAINING:
		break;
	}
	for (int i = 0; i < run->started; i++) {
		const struct worker_stats *stats = &run->threads[i].stats;
		char trouble[TROUBLE_MAX] = "";

		if (run->threads[i].started)
			run_thread_trouble(&run->threads[i], trouble, sizeof(trouble));
		status_add(status, stats->partitions, stats->lag, stats->replay_left,
			   stats->last_commit_ms);
		status_add_trouble(status, run->pipeline->name, i, trouble);
	}
}

const char *pipeline_run_name(const struct pipeline_run *run)
{
	return run->pipeline->name;
}
