/* diff: see diff.h. */
#include "config/diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "config/options.h"

static const struct setting *find(const struct setting *settings, size_t count, const char *path)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(settings[i].path, path) == 0)
			return &settings[i];
	return NULL;
}

static bool is_equal(const struct setting *a, const struct setting *b)
{
	return strcmp(a->path, b->path) == 0 && strcmp(a->value, b->value) == 0;
}

/* Counts the settings that differ. visit is called with each; one that is in both is told once. */
static void compare(const struct setting *before, size_t before_count, const struct setting *after,
		    size_t after_count, void (*visit)(void *ctx, const char *path), void *ctx)
{
	size_t same = 0, told = 0;

	/* Nearly always all of them, or all but a few: the rest need not be fast. */
	while (same < before_count && same < after_count && is_equal(&before[same], &after[same]))
		same++;
	for (size_t i = same; i < after_count; i++) {
		const struct setting *old = find(before, before_count, after[i].path);

		if (!old || strcmp(old->value, after[i].value) != 0) {
			visit(ctx, after[i].path);
			told++;
		}
	}
	for (size_t i = same; i < before_count; i++)
		if (!find(after, after_count, before[i].path)) {
			visit(ctx, before[i].path);
			told++;
		}
	/* The same in another order: headers are set in the order of the file. */
	if (told == 0 && same < after_count)
		visit(ctx, after[same].path);
}

/* ---- the main file ---- */

struct main_diff {
	const struct config *before, *after;
	const char *all, *refused;
};

static void visit_main(void *ctx, const char *path)
{
	struct main_diff *diff = ctx;
	const struct option_rule *option = options_find(OPTION_MAIN, path);

	if (!option && strncmp(path, "kafka.", 6) == 0) {
		option = options_find(OPTION_MAIN, "kafka");
		path += 6; /* properties are known by their own names */
	}
	must(option != NULL);
	switch (option->reload) {
	case OPTION_RELOAD_ALL:
		diff->all = diff->all ? diff->all : path;
		return;
	case OPTION_RELOAD_REFUSED:
		diff->refused = diff->refused ? diff->refused : path;
		return;
	case OPTION_RELOAD_NOW:
		return;
	case OPTION_RELOAD_PIPELINE:
		break;
	}
	must(false && "a key of the main file is no pipeline's");
}

/* Settings do not show secrets. */
static const char *changed_secret(const struct config *before, const struct config *after)
{
	for (size_t i = 0; i < after->kafka_count; i++)
		for (size_t j = 0; j < before->kafka_count; j++)
			if (strcmp(after->kafka[i].name, before->kafka[j].name) == 0 &&
			    strcmp(after->kafka[i].value, before->kafka[j].value) != 0)
				return after->kafka[i].name;
	return NULL;
}

static const char *main_value(const struct config *config, const char *path)
{
	const struct setting *setting = find(config->settings, config->setting_count, path);

	return setting ? setting->value : "";
}

static int compare_main(const struct config *before, const struct config *after, struct diff *ret,
			struct err *err)
{
	struct main_diff diff = {.before = before, .after = after};

	compare(before->settings, before->setting_count, after->settings, after->setting_count,
		visit_main, &diff);
	if (diff.refused)
		return err_set(err, ERR_STOP, EXIT_CONFIG,
			       "%s: %s: cannot be changed by a reload (from %s to %s): restart "
			       "onced, or take it back",
			       after->file ? after->file : "onced", diff.refused,
			       main_value(before, diff.refused), main_value(after, diff.refused));
	ret->all = diff.all ? diff.all : changed_secret(before, after);
	return 0;
}

/* ---- pipelines ---- */

static void visit_pipeline(void *ctx, const char *path)
{
	struct diff_item *item = ctx;

	if (item->key_count++ == 0)
		item->key = path;
}

static enum diff_kind kind_of_change(const struct pipeline *before, const struct pipeline *after)
{
	if (strcmp(before->group, after->group) != 0)
		return DIFF_GROUP;
	if (after->dedup_index >= 0 && before->prefix_hash != after->prefix_hash)
		return DIFF_REBUILT;
	return DIFF_CHANGED;
}

static const struct pipeline_config *find_pipeline(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->pipeline_count; i++)
		if (strcmp(config->pipelines[i].pipeline.name, name) == 0)
			return &config->pipelines[i];
	return NULL;
}

static void compare_pipeline(const struct pipeline_config *before,
			     const struct pipeline_config *after, struct diff_item *ret)
{
	*ret = (struct diff_item){.kind = DIFF_ADDED, .before = before, .after = after};
	if (!before)
		return;
	compare(before->settings, before->setting_count, after->settings, after->setting_count,
		visit_pipeline, ret);
	/* What is in the hash is in the settings. It decides about state, so it has a say all the
	 * same. */
	ret->kind =
		ret->key_count > 0 || before->pipeline.prefix_hash != after->pipeline.prefix_hash
			? kind_of_change(&before->pipeline, &after->pipeline)
			: DIFF_SAME;
}

int diff_make(const struct config *before, const struct config *after, struct diff *ret,
	      struct err *err)
{
	struct diff diff = {0};

	if (compare_main(before, after, &diff, err) < 0)
		return -1;
	diff.items =
		calloc(before->pipeline_count + after->pipeline_count + 1, sizeof(*diff.items));
	must(diff.items != NULL);
	for (size_t i = 0; i < after->pipeline_count; i++) {
		const struct pipeline_config *pipeline = &after->pipelines[i];

		compare_pipeline(find_pipeline(before, pipeline->pipeline.name), pipeline,
				 &diff.items[diff.count++]);
	}
	for (size_t i = 0; i < before->pipeline_count; i++) {
		const struct pipeline_config *pipeline = &before->pipelines[i];

		if (!find_pipeline(after, pipeline->pipeline.name))
			diff.items[diff.count++] =
				(struct diff_item){.kind = DIFF_REMOVED, .before = pipeline};
	}
	*ret = diff;
	return 0;
}

void diff_free(struct diff *diff)
{
	free(diff->items);
	*diff = (struct diff){0};
}

const struct diff_item *diff_find(const struct diff *diff, const char *pipeline)
{
	for (size_t i = 0; i < diff->count; i++) {
		const struct diff_item *item = &diff->items[i];
		const struct pipeline_config *config = item->after ? item->after : item->before;

		if (strcmp(config->pipeline.name, pipeline) == 0)
			return item;
	}
	return NULL;
}

bool diff_needs_more_than_window(const struct diff_item *item)
{
	if (!item->before || !item->after || item->before->pipeline.dedup_index < 0)
		return true;
	return pipeline_window_ms(&item->after->pipeline) >
	       pipeline_window_ms(&item->before->pipeline);
}
