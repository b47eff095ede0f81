/*
 * fuzz_headers: whatever reads or writes a record's headers: lineage, dead letters, and verify's
 * reader of both. Header names and values come from whoever may write to the input. What holds: the
 * record's own headers stay, byte for byte and in order; what onced adds tells verify the source;
 * verify takes nothing else for onced's than what onced writes.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/must.h"
#include "cli/verify_item.h"
#include "core/steps.h"
#include "fuzz/fuzz.h"
#include "lib/fake_expr.h"

static const uint8_t key[HASH_KEY_BYTES];
static const char *const topics[] = {"in", "payments.in"};
static const struct target to = {.topic = "out", .slot = -1};
static const struct pipeline pipeline = {.name = "p",
					 .topics = topics,
					 .topic_count = 2,
					 .targets = &to,
					 .target_count = 1,
					 .dedup_index = -1,
					 .errors = ERRORS_TO,
					 .errors_topic = "dead",
					 .lineage = true};

static bool same_headers(const struct header *a, const struct header *b, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!bytes_equal(a[i].name, b[i].name) || !bytes_equal(a[i].value, b[i].value))
			return false;
	return true;
}

static struct bytes last_header(const struct record *record, const char *name)
{
	struct bytes value = BYTES_NULL;

	for (size_t i = 0; i < record->header_count; i++)
		if (bytes_equal(record->headers[i].name, bytes_str(name)))
			value = record->headers[i].value;
	return value;
}

/* What verify finds on an output: it may name a source only in the form that onced writes. */
static void found(struct arena *arena, const struct record *record)
{
	struct verify_item item;
	const char *text;

	verify_item_describe(&pipeline, arena, key, "out", record, &item);
	must(!item.dead);
	if (item.by_source) {
		text = arena_printf(arena, "%s/%" PRId32 "/%" PRId64 "/%" PRId32,
				    topics[item.source_topic], item.source_partition,
				    item.source_offset, item.source_index);
		must(bytes_equal(bytes_str(text), last_header(record, "onced.source")));
	}
	verify_item_describe(&pipeline, arena, key, "dead", record, &item);
	if (item.dead) {
		text = arena_printf(arena, "%" PRId64, item.source_offset);
		must(bytes_equal(bytes_str(text), last_header(record, "onced.error.offset")));
		text = arena_printf(arena, "%" PRId32, item.source_partition);
		must(bytes_equal(bytes_str(text), last_header(record, "onced.error.partition")));
	}
}

static void from_source(const struct verify_item *item, const struct source *source)
{
	must(item->by_source && item->source_offset == source->offset);
	must(item->source_partition == source->partition && item->source_index == 0);
	must(topics[item->source_topic] == source->topic);
}

static void written(struct steps *steps, const struct source *source, const struct record *record)
{
	const struct err why = {.kind = ERR_DATA, .msg = "value: not UTF-8"};
	struct steps_result result;
	struct verify_item item;
	struct output dead;
	struct err err;
	size_t kept = 0;

	must(steps_run(steps, source, record, &result, &err) == 0 && result.output_count == 1);
	verify_item_describe(&pipeline, steps->arena, key, "out", &result.outputs[0].record, &item);
	from_source(&item, source);
	for (size_t i = 0; i < record->header_count; i++) {
		if (bytes_equal(record->headers[i].name, bytes_str("onced.source")))
			continue;
		must(same_headers(&result.outputs[0].record.headers[kept++], &record->headers[i],
				  1));
	}
	must(kept + 1 == result.outputs[0].record.header_count);

	steps_dead_letter(steps, source, record, &result, &why, 1, &dead);
	must(dead.record.header_count == record->header_count + 6);
	must(same_headers(dead.record.headers, record->headers, record->header_count));
	verify_item_describe(&pipeline, steps->arena, key, "dead", &dead.record, &item);
	must(item.dead);
	from_source(&item, source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct take take = {data, size};
	struct arena *arena = arena_new(0);
	struct header headers[TAKE_HEADERS_MAX];
	struct source source = {.topic = topics[take_byte(&take) & 1]};
	struct record record = {.headers = headers};
	struct steps steps;
	struct err err;

	source.partition = (int32_t)(take_number(&take, 4) >> 1);
	source.offset = (int64_t)(take_number(&take, 8) >> 1);
	record.header_count = take_headers(&take, headers);
	record.key = take_field(&take);
	record.value = take_field(&take);
	must(steps_init(&steps, &pipeline, &fake_expr, arena, NULL, NULL, &err) == 0);
	found(arena, &record);
	written(&steps, &source, &record);
	steps_fini(&steps);
	take_headers_free(headers, record.header_count);
	free((void *)(uintptr_t)record.key.data);
	free((void *)(uintptr_t)record.value.data);
	arena_free(arena);
	return 0;
}
