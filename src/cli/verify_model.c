/* verify_model: see verify_model.h. */
#include "cli/verify_model.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/must.h"

#define ARENA_KEPT_BYTES ((size_t)1 << 20)

static int see(void *ctx, struct bytes id, bool *ret_seen, struct err *err)
{
	struct verify_model *model = ctx;

	return verify_seen_ask(&model->seen, (uint32_t)model->part, id, model->now, ret_seen, err);
}

static void rewind_parts(struct verify_model *model)
{
	for (size_t i = 0; i < model->conf.parts->count; i++) {
		struct verify_model_part *part = &model->parts[i];
		uint64_t h = part->window.h;

		memset(part, 0, sizeof(*part));
		part->h_marked = h;
		window_init(&part->window);
	}
}

int verify_model_init(struct verify_model *model, const struct verify_model_conf *conf,
		      struct err *err)
{
	uint64_t records = 0;

	memset(model, 0, sizeof(*model));
	model->conf = *conf;
	model->arena = arena_new(ARENA_KEPT_BYTES);
	model->parts = calloc(conf->parts->count + 1, sizeof(*model->parts));
	must(model->parts != NULL);
	rewind_parts(model);
	for (size_t i = 0; i < conf->parts->count; i++)
		records += (uint64_t)(conf->parts->all[i].end - conf->parts->all[i].start);
	verify_seen_init(&model->seen, pipeline_window_ms(conf->pipeline), conf->parts->count,
			 conf->pipeline->dedup_index < 0 ? 0 : records, conf->memory_bytes,
			 conf->dir, conf->key, conf->sorted && conf->pipeline->dedup_index >= 0);
	if (steps_init(&model->steps, conf->pipeline, conf->engine, model->arena, see, model, err) <
	    0) {
		verify_seen_fini(&model->seen);
		free(TAKE(model->parts));
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
	verify_seen_fini(&model->seen);
	free(TAKE(model->parts));
	arena_free(TAKE(model->arena));
}

int verify_model_reads(const struct verify_model *model)
{
	return model->seen.mode == VERIFY_SEEN_TABLE ? 1 : 2;
}

/* Records come in runs of one partition, and the topic's pointer is the pipeline's. */
static const struct verify_part *find_part(struct verify_model *model, const struct source *source)
{
	const struct verify_parts *parts = model->conf.parts;

	for (size_t i = 0; i < parts->topic_count; i++) {
		size_t at = parts->first[i] + (size_t)source->partition;

		if (at < parts->first[i + 1] && parts->all[at].tp.topic == source->topic) {
			model->part = at;
			return &parts->all[at];
		}
	}
	must(false && "a record of a partition that is read");
	return NULL;
}

/* Was it processed with ids in mind that are deleted? Then it may have been their repeat. */
static bool is_unsure(struct verify_model *model, const struct verify_part *part)
{
	struct verify_model_part *own = &model->parts[model->part];
	int64_t window_ms = pipeline_window_ms(model->conf.pipeline);

	if (!part->cut || window_ms == 0)
		return false;
	if (!own->has_first) {
		own->has_first = true;
		own->before = (struct gap){true, model->now.t, model->now.timestamp};
	}
	gap_advance(&own->before, window_ms, own->window.t);
	return gap_is_hit(&own->before, window_ms, model->now);
}

static int expect(struct verify_model *model, const struct verify_part *part,
		  const struct source *source, const struct output *output, size_t index,
		  bool dead_letter, bool unsure, struct err *err)
{
	const struct pipeline *pipeline = model->conf.pipeline;
	struct verify_item item;

	verify_item_describe(pipeline, model->arena, model->conf.key, output->topic,
			     &output->record, &item);
	/* A result that looks like a dead letter, because the record was one before, is matched by
	 * what it says, as the reader will see it. */
	if (dead_letter || !item.dead) {
		item.dead = dead_letter;
		item.by_source = dead_letter || pipeline->lineage;
		item.source_topic = part->topic;
		item.source_partition = source->partition;
		item.source_offset = source->offset;
		item.source_index = dead_letter ? 0 : (int32_t)index;
	}
	item.sending = false;
	item.optional = source->offset >= part->c;
	item.unsure = unsure;
	return verify_sort_add(model->conf.expected, &item, err);
}

static int refuse(struct verify_model *model, const struct verify_part *part,
		  const struct source *source, const struct record *record,
		  const struct steps_result *result, bool unsure, struct verify_counts *counts,
		  struct err *err)
{
	struct output output;

	if (err->kind != ERR_DATA)
		return err_wrap(err, "%s/%" PRId32 "/%" PRId64, source->topic, source->partition,
				source->offset);
	switch (model->conf.pipeline->errors) {
	case ERRORS_DROP:
		counts->dropped++;
		break;
	case ERRORS_STOP:
		counts->stops++;
		break;
	case ERRORS_TO:
		steps_dead_letter(&model->steps, source, record, result, err, record->timestamp,
				  &output);
		counts->dead_letters++;
		return expect(model, part, source, &output, 0, true, unsure, err);
	}
	return 0;
}

static int run(struct verify_model *model, const struct verify_part *part,
	       const struct source *source, const struct record *record, struct err *err)
{
	struct verify_counts above = {0}; /* not counted: the daemon may not be there yet */
	struct verify_counts *counts = source->offset < part->c ? &model->counts : &above;
	bool unsure = is_unsure(model, part);
	struct steps_result result;
	int rc = 0;

	counts->in++;
	if (steps_run(&model->steps, source, record, &result, err) < 0)
		return refuse(model, part, source, record, &result, unsure, counts, err);
	for (size_t i = 0; i < result.output_count && rc == 0; i++)
		rc = expect(model, part, source, &result.outputs[i], i, false, unsure, err);
	counts->out += result.output_count;
	counts->duplicates += result.duplicates;
	counts->filtered += result.filtered;
	counts->unrouted += result.unrouted;
	return rc;
}

int verify_model_record(void *ctx, const struct source *source, const struct record *record,
			struct err *err)
{
	struct verify_model *model = ctx;
	const struct verify_part *part = find_part(model, source);
	struct verify_model_part *own = &model->parts[model->part];
	struct steps_result result;
	int rc = 0;

	if (!own->is_past_c && source->offset >= part->c) {
		own->at_c = own->window;
		own->is_past_c = true;
	}
	model->now = window_advance(&own->window, pipeline_window_ms(model->conf.pipeline),
				    source->offset, record->timestamp);
	if (model->seen.mode != VERIFY_SEEN_MARKING)
		rc = run(model, part, source, record, err);
	else if (steps_replay(&model->steps, source, record, &result, err) < 0 &&
		 err->kind != ERR_DATA) /* which leaves no mark, and is met again */
		rc = err_wrap(err, "%s/%" PRId32 "/%" PRId64, source->topic, source->partition,
			      source->offset);
	arena_reset(model->arena);
	return rc;
}

int verify_model_end_reading(struct verify_model *model, struct err *err)
{
	if (model->seen.mode == VERIFY_SEEN_MARKING) {
		rewind_parts(model);
		return verify_seen_settle(&model->seen, err);
	}
	for (size_t i = 0; i < model->conf.parts->count; i++) {
		struct verify_model_part *own = &model->parts[i];

		if (!own->is_past_c)
			own->at_c = own->window;
		if (model->seen.mode == VERIFY_SEEN_ANSWERING && own->h_marked != own->window.h)
			return err_set(err, ERR_ABORT, 0,
				       "%s/%" PRId32 ": the input changed between two readings",
				       model->conf.parts->all[i].tp.topic,
				       model->conf.parts->all[i].tp.partition);
	}
	return 0;
}

void verify_model_check_log(struct verify_model *model, struct verify_notes *notes)
{
	if (model->conf.pipeline->dedup_index < 0)
		return; /* M's h then begins wherever the group was taken over */
	for (size_t i = 0; i < model->conf.parts->count; i++) {
		struct verify_part *part = &model->conf.parts->all[i];
		const struct verify_model_part *own = &model->parts[i];

		/* h is chained from the base. After an accept it is not claimed until the daemon
		 * has been there. */
		if (!part->judged || !part->has_m || part->start != part->m.b ||
		    part->m.p == WINDOW_P_UNKNOWN || own->at_c.h == part->m.h)
			continue;
		part->judged = false;
		verify_notes_add(notes,
				 "%s/%" PRId32 ": the log from %" PRId64 " to %" PRId64
				 " is not the one that was processed: the topic was made anew, or "
				 "records were deleted from it",
				 part->tp.topic, part->tp.partition, part->start, part->c);
	}
}
