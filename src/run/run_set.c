/* run_set: see run_set.h. */
#include "run/run_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"

static int64_t workers_of(const struct config *config)
{
	int64_t workers = 0;

	for (size_t i = 0; i < config->pipeline_count; i++)
		workers += config->pipelines[i].pipeline.workers;
	return workers;
}

static bool is_gone(const struct pipeline_run *run)
{
	enum run_state state = pipeline_run_state(run);

	return state == RUN_PARKED || state == RUN_DONE;
}

int run_set_init(struct run_set *set, struct config *config, struct clock *clock, struct err *err)
{
	*set = (struct run_set){.clock = clock, .config = config};
	must(config->pipeline_count > 0);
	if (memory_split(config->memory_bytes, workers_of(config), &set->share, err) < 0)
		return -1;
	set->runs = calloc(config->pipeline_count, sizeof(struct pipeline_run *));
	must(set->runs != NULL);
	for (size_t i = 0; i < config->pipeline_count; i++)
		set->runs[set->count++] = pipeline_run_new(config, &config->pipelines[i].pipeline,
							   &set->share, clock);
	return 0;
}

void run_set_fini(struct run_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		pipeline_run_free(set->runs[i]);
	free(set->runs);
	config_free(set->next);
	config_free(set->config);
	*set = (struct run_set){0};
}

struct pipeline_run *run_set_find(const struct run_set *set, const char *pipeline)
{
	for (size_t i = 0; i < set->count; i++)
		if (strcmp(pipeline_run_name(set->runs[i]), pipeline) == 0)
			return set->runs[i];
	return NULL;
}

/* Does it go on as it is? */
static bool stays(const struct pipeline_run *run, const struct diff *diff)
{
	const struct diff_item *item = diff_find(diff, pipeline_run_name(run));

	must(item != NULL);
	return item->kind == DIFF_SAME && pipeline_run_state(run) != RUN_PARKED;
}

int run_set_plan(const struct run_set *set, const struct config *next, const struct diff *diff,
		 const char **ret_anew, struct memory_share *ret_share, struct err *err)
{
	int64_t kept = 0, kept_bytes = 0;
	bool anew = false;

	for (size_t i = 0; i < set->count && !diff->all; i++) {
		if (!stays(set->runs[i], diff))
			continue;
		kept += pipeline_run_workers(set->runs[i]);
		kept_bytes += pipeline_run_bytes(set->runs[i]);
	}
	must(workers_of(next) >= kept);
	if (memory_join(next->memory_bytes, kept_bytes, kept, workers_of(next) - kept, ret_share,
			&anew, err) < 0)
		return -1;
	*ret_anew = diff->all ? diff->all : anew ? "memory" : NULL;
	return 0;
}

void run_set_swap(struct run_set *set, struct config *next, const struct diff *diff,
		  const char *anew, const struct memory_share *share)
{
	must(!set->next && !set->stopping);
	set->next = config_hold(next);
	set->share = *share;
	for (size_t i = 0; i < set->count; i++) {
		struct pipeline_run *run = set->runs[i];

		if (anew || !stays(run, diff))
			pipeline_run_stop(run);
		else if (pipeline_run_state(run) == RUN_WAITING)
			pipeline_run_hurry(run);
	}
}

bool run_set_is_swapping(const struct run_set *set)
{
	return set->next != NULL;
}

/* Those that were asked to leave have left. */
static bool all_left(const struct run_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		if (pipeline_run_is_leaving(set->runs[i]) && !is_gone(set->runs[i]))
			return false;
	return true;
}

/* The one that stays, or a new one. */
static struct pipeline_run *next_run(struct run_set *set, const struct pipeline *pipeline)
{
	for (size_t i = 0; i < set->count; i++) {
		struct pipeline_run *run = set->runs[i];

		if (run && !pipeline_run_is_leaving(run) &&
		    strcmp(pipeline_run_name(run), pipeline->name) == 0) {
			set->runs[i] = NULL;
			return run;
		}
	}
	return pipeline_run_new(set->next, pipeline, &set->share, set->clock);
}

static void finish_swap(struct run_set *set)
{
	size_t count = set->next->pipeline_count;
	struct pipeline_run **runs = calloc(count, sizeof(struct pipeline_run *));

	must(runs != NULL);
	for (size_t i = 0; i < count; i++)
		runs[i] = next_run(set, &set->next->pipelines[i].pipeline);
	for (size_t i = 0; i < set->count; i++) {
		must(!set->runs[i] || pipeline_run_is_leaving(set->runs[i]));
		pipeline_run_free(set->runs[i]);
	}
	free(set->runs);
	set->runs = runs;
	set->count = count;
	config_free(set->config);
	set->config = set->next;
	set->next = NULL;
}

void run_set_tick(struct run_set *set, int64_t now_ms)
{
	for (size_t i = 0; i < set->count; i++)
		pipeline_run_tick(set->runs[i], now_ms);
	if (!set->next || set->stopping || !all_left(set))
		return;
	finish_swap(set);
	for (size_t i = 0; i < set->count; i++)
		pipeline_run_tick(set->runs[i], now_ms); /* the new ones start */
}

void run_set_stop(struct run_set *set)
{
	set->stopping = true;
	for (size_t i = 0; i < set->count; i++)
		pipeline_run_stop(set->runs[i]);
}

bool run_set_is_ready(const struct run_set *set)
{
	if (set->next)
		return false;
	for (size_t i = 0; i < set->count; i++)
		if (!pipeline_run_is_live(set->runs[i]))
			return false;
	return true;
}

bool run_set_is_over(const struct run_set *set, int *ret_code)
{
	const struct pipeline_run *first = NULL;

	if (set->next && !set->stopping)
		return false; /* what comes next may well have something to do */
	for (size_t i = 0; i < set->count; i++) {
		const struct pipeline_run *run = set->runs[i];

		if (!is_gone(run))
			return false;
		if (pipeline_run_state(run) == RUN_PARKED &&
		    (!first || pipeline_run_parked_ms(run) < pipeline_run_parked_ms(first)))
			first = run;
	}
	*ret_code = set->stopping || !first ? 0 : pipeline_run_exit_code(first);
	return true;
}
