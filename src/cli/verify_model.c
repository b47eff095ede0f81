/* verify_model: see verify_model.h. */
#include "cli/verify_model.h"

#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/must.h"

#define ARENA_KEPT_BYTES ((size_t)1 << 20)

/* The same question as the worker's, to one table in place of write set, overlay and store. */
static int see(void *ctx, struct bytes id, bool *ret_seen, struct err *err)
{
	struct verify_model *model = ctx;
	struct hash128 hash = hash128(NULL, id.data, id.len);
	struct entry old;

	(void)err;
	*ret_seen = overlay_put(&model->seen, model->see_part, &hash, model->see_now, &old) &&
		    window_is_duplicate(pipeline_window_ms(model->pipeline), old, model->see_now);
	return 0;
}

int verify_model_init(struct verify_model *model, const struct pipeline *pipeline,
	struct expr_engine *engine, struct verify_part *parts, size_t part_count, struct err *err)
{
	memset(model, 0, sizeof(*model));
	model->pipeline = pipeline;
	model->engine = engine;
	model->parts = parts;
	model->part_count = part_count;
	model->arena = arena_new(ARENA_KEPT_BYTES);
	overlay_init(&model->seen);
	for (size_t i = 0; i < part_count; i++)
		window_init(&parts[i].window);
	if (steps_init(&model->steps, pipeline, engine, model->arena, see, model, err) < 0) {
		arena_free(TAKE(model->arena));
		return -1;
	}
	return 0;
}

void verify_model_fini(struct verify_model *model)
{
	if (!model->arena)
		return;
	steps_fini(&model->steps);
	overlay_fini(&model->seen);
	verify_list_fini(&model->expected);
	arena_free(TAKE(model->arena));
}

static struct verify_part *part_of(
	struct verify_model *model, const struct source *source, uint32_t *ret)
{
	for (size_t i = 0; i < model->part_count; i++)
		if (model->parts[i].tp.partition == source->partition &&
			strcmp(model->parts[i].tp.topic, source->topic) == 0) {
			*ret = (uint32_t)i + 1; /* overlay's parts begin at 1 */
			return &model->parts[i];
		}
	must(false && "a record of a partition that is read");
	return NULL;
}

static void expect(struct verify_model *model, const struct verify_part *part,
	const struct source *source, const struct output *output, size_t index)
{
	struct verify_item item;
	bool dead;

	verify_list_describe(model->pipeline, model->arena, output->topic, &output->record, &item);
	dead = item.dead;
	item.by_source = dead || model->pipeline->lineage;
	item.source_topic = part->topic;
	item.source_partition = source->partition;
	item.source_offset = source->offset;
	item.source_index = dead ? 0 : (int32_t)index;
	item.optional = source->offset >= part->c;
	verify_list_add(&model->expected, &item);
}

static int refuse(struct verify_model *model, const struct verify_part *part,
	const struct source *source, const struct record *record,
	const struct steps_result *result, struct verify_counts *counts, struct err *err)
{
	struct output output;

	if (err->kind != ERR_DATA)
		return err_wrap(err, "%s/%" PRId32 "/%" PRId64, source->topic, source->partition,
			source->offset);
	switch (model->pipeline->errors) {
	case ERRORS_DROP:
		counts->dropped++;
		break;
	case ERRORS_STOP:
		counts->stops++;
		break;
	case ERRORS_TO:
		steps_dead_letter(&model->steps, source, record, result, err, record->timestamp,
			&output);
		expect(model, part, source, &output, 0);
		counts->dead_letters++;
		break;
	}
	return 0;
}

int verify_model_record(
	void *ctx, const struct source *source, const struct record *record, struct err *err)
{
	struct verify_model *model = ctx;
	struct verify_part *part = part_of(model, source, &model->see_part);
	struct verify_counts above = {0}; /* not counted: the daemon may not be there yet */
	struct verify_counts *counts = source->offset < part->c ? &model->counts : &above;
	struct steps_result result;
	int rc = 0;

	model->see_now = window_advance(&part->window, pipeline_window_ms(model->pipeline),
		source->offset, record->timestamp);
	counts->in++;
	if (steps_run(&model->steps, source, record, &result, err) < 0) {
		rc = refuse(model, part, source, record, &result, counts, err);
	} else {
		for (size_t i = 0; i < result.output_count; i++)
			expect(model, part, source, &result.outputs[i], i);
		counts->out += result.output_count;
		counts->duplicates += result.duplicates;
		counts->filtered += result.filtered;
		counts->unrouted += result.unrouted;
	}
	arena_reset(model->arena);
	return rc;
}
