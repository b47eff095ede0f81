/* test_run: see test_run.h. */
#include "run/test_run.h"

#include <stdlib.h>

#include "base/must.h"
#include "core/overlay.h"
#include "core/steps.h"
#include "core/window.h"

/* What the daemon keeps of an input partition. */
struct partition {
	const char *topic;
	int32_t number;
	int64_t next_offset;
	struct window window;
};

struct model {
	const struct pipeline *pipeline;
	struct partition *partitions; /* owned; the overlay's number of one is its index + 1 */
	size_t partition_count;
	struct overlay seen;
	/* of the record at hand */
	uint32_t part;
	struct entry now;
};

/* Marks whatever reaches it, like the worker. */
static int see(void *ctx, struct bytes id, bool *ret_seen, struct err *err)
{
	struct model *model = ctx;
	struct hash128 hash = hash128(NULL, id.data, id.len);
	struct entry old;
	bool found = overlay_put(&model->seen, model->part, &hash, model->now, &old);

	(void)err; /* memory does not fail */
	*ret_seen =
		found && window_is_duplicate(pipeline_window_ms(model->pipeline), old, model->now);
	return 0;
}

/* The index of the record's partition, which is new at its first record. */
static size_t partition_of(struct model *model, const struct test_record *input)
{
	struct partition *partition;

	for (size_t i = 0; i < model->partition_count; i++)
		if (strcmp(model->partitions[i].topic, input->topic) == 0 &&
		    model->partitions[i].number == input->partition)
			return i;
	model->partitions = realloc(model->partitions,
				    (model->partition_count + 1) * sizeof(*model->partitions));
	must(model->partitions != NULL);
	partition = &model->partitions[model->partition_count];
	*partition = (struct partition){.topic = input->topic, .number = input->partition};
	window_init(&partition->window);
	return model->partition_count++;
}

static void add(struct test_outputs *outputs, const struct output *output)
{
	if (outputs->count == outputs->capacity) {
		outputs->capacity = outputs->capacity ? 2 * outputs->capacity : 16;
		outputs->items =
			realloc(outputs->items, outputs->capacity * sizeof(*outputs->items));
		must(outputs->items != NULL);
	}
	outputs->items[outputs->count++] = *output;
}

static int run_record(struct model *model, struct steps *steps, const struct test_record *input,
		      struct test_outputs *ret, struct err *err)
{
	size_t index = partition_of(model, input);
	struct partition *partition = &model->partitions[index];
	struct source source = {input->topic, input->partition, partition->next_offset++};
	struct steps_result result;
	struct output letter;

	model->part = (uint32_t)index + 1;
	model->now = window_advance(&partition->window, pipeline_window_ms(model->pipeline),
				    source.offset, input->record.timestamp);
	if (steps_run(steps, &source, &input->record, &result, err) == 0) {
		for (size_t i = 0; i < result.output_count; i++)
			add(ret, &result.outputs[i]);
		return 0;
	}
	if (err->kind != ERR_DATA || model->pipeline->errors == ERRORS_STOP)
		return err_wrap(err, "%s", input->where);
	if (model->pipeline->errors == ERRORS_TO) {
		steps_dead_letter(steps, &source, &input->record, &result, err,
				  input->record.timestamp, &letter);
		add(ret, &letter);
	}
	return 0;
}

int test_run(struct expr_engine *engine, const struct pipeline *pipeline,
	     const struct pipeline_test *test, struct arena *arena, struct test_outputs *ret,
	     struct err *err)
{
	struct model model = {.pipeline = pipeline};
	struct steps steps;
	int result;

	*ret = (struct test_outputs){0};
	if (steps_init(&steps, pipeline, engine, arena, see, &model, err) < 0)
		return -1;
	overlay_init(&model.seen);
	result = 0;
	for (size_t i = 0; i < test->input_count && result == 0; i++)
		result = run_record(&model, &steps, &test->input[i], ret, err);
	overlay_fini(&model.seen);
	free(model.partitions);
	steps_fini(&steps);
	return result;
}

void test_outputs_free(struct test_outputs *outputs)
{
	free(outputs->items);
	*outputs = (struct test_outputs){0};
}
