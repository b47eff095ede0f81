/*
 * fuzz_record: a record as anybody may write it, through example pipelines with the real engine and
 * JSON gate. What holds, for every record:
 *
 *   - it has outputs, or is a DATA error (never a STOP) and a dead letter that verify knows again
 *   - a replay marks the same ids as the first run, in the same order, whatever fails after dedup
 *   - a value that passes `map: .` equals the record's by canonical form; text and bytes pass
 *     byte for byte
 *   - what is printed is taken by the gate, prints the same again, and is the same id
 */
#include <stdlib.h>

#include "base/must.h"
#include "cli/verify_item.h"
#include "config/config.h"
#include "core/steps.h"
#include "fuzz/fuzz.h"
#include "io/expr_jq.h"

enum { PAYMENTS, QUICKSTART, JSON, TEXT, BYTES, PIPELINES };
#define IDS_BYTES_MAX ((size_t)1 << 20)

static struct expr_engine *engine;
static struct config *config;
static struct arena *arena;
static struct steps steps[PIPELINES];

/* The ids that dedup marked, each behind its length. */
static struct ids {
	size_t len;
	char bytes[IDS_BYTES_MAX];
} ids;

static int see(void *ctx, struct bytes id, bool *ret_seen, struct err *err)
{
	(void)ctx;
	(void)err;
	must(id.data && id.len && ids.len + sizeof(id.len) + id.len <= sizeof(ids.bytes));
	memcpy(ids.bytes + ids.len, &id.len, sizeof(id.len));
	memcpy(ids.bytes + ids.len + sizeof(id.len), id.data, id.len);
	ids.len += sizeof(id.len) + id.len;
	*ret_seen = id.len % 8 == 5; /* any function of the id */
	return 0;
}

/* libjq keeps its stacks by their ends, which LeakSanitizer does not follow. */
static void end(void)
{
	for (int i = 0; i < PIPELINES; i++)
		steps_fini(&steps[i]);
	arena_free(arena);
	config_free(config);
	engine->ops->close(engine);
}

static void begin(void)
{
	static const struct expr_jq_conf conf = {.run_ms_max = 60000, .text_bytes_max = 1 << 18};
	static const char *const files[PIPELINES] = {TEST_SRCDIR "/examples/payments.yaml",
						     TEST_SRCDIR "/examples/quickstart.yaml",
						     TEST_SRCDIR "/tests/fuzz/pipelines/json.yaml",
						     TEST_SRCDIR "/tests/fuzz/pipelines/text.yaml",
						     TEST_SRCDIR
						     "/tests/fuzz/pipelines/bytes.yaml"};
	struct config_request request = {.pipelines = files, .pipeline_count = PIPELINES};
	struct config_errors errors;
	struct err err;

	must(expr_jq_open(&conf, &engine, &err) == 0);
	request.engine = engine;
	must(config_load(&request, &config, &errors) == 0);
	config_errors_free(&errors);
	arena = arena_new((size_t)1 << 20);
	for (int i = 0; i < PIPELINES; i++)
		must(steps_init(&steps[i], &config->pipelines[i].pipeline, engine, arena, see, NULL,
				&err) == 0);
	must(atexit(end) == 0);
}

static void dead_letter(struct steps *way, const struct source *source, const struct record *record,
			const struct steps_result *result, const struct err *why)
{
	static const uint8_t key[HASH_KEY_BYTES];
	const char *topic = way->pipeline->errors_topic;
	struct verify_item item;
	struct output dead;

	must(why->kind == ERR_DATA);
	for (const char *c = why->msg; *c; c++)
		must((unsigned char)*c >= 0x20 && (unsigned char)*c < 0x7f);
	steps_dead_letter(way, source, record, result, why, record->timestamp, &dead);
	must(bytes_equal(dead.record.value, record->value));
	must(dead.record.header_count == record->header_count + 6);
	verify_item_describe(way->pipeline, arena, key, topic, &dead.record, &item);
	must(item.dead && item.source_offset == source->offset);
	must(item.source_partition == source->partition);
}

/* false: the gate refuses it. *ret_text: printed again. */
static bool canonical(struct bytes value, struct bytes *ret, struct bytes *ret_text)
{
	struct expr_value *parsed;
	struct err err;

	if (engine->ops->parse(engine, FORMAT_JSON, value, &parsed, &err))
		return false;
	must(engine->ops->canonical(engine, parsed, arena, ret, &err) == 0);
	must(engine->ops->text(engine, parsed, false, arena, ret_text, &err) == 0);
	engine->ops->value_free(engine, parsed);
	return true;
}

static void same_value(const struct record *record, const struct record *output)
{
	struct bytes id, again, text, printed;

	must((record->value.data == NULL) == (output->value.data == NULL));
	if (!record->value.data)
		return;
	must(canonical(record->value, &id, &text) && canonical(output->value, &again, &printed));
	must(bytes_equal(id, again) && bytes_equal(printed, output->value));
	/* The canonical form is JSON itself, and its own canonical form. */
	must(canonical(id, &again, &text) && bytes_equal(id, again));
}

static void run(int which, const struct source *source, const struct record *record)
{
	struct steps *way = &steps[which];
	struct steps_result result, replayed;
	static struct ids first;
	struct err err;

	ids.len = 0;
	if (steps_run(way, source, record, &result, &err))
		dead_letter(way, source, record, &result, &err);
	first.len = ids.len;
	memcpy(first.bytes, ids.bytes, ids.len);
	ids.len = 0;
	if (steps_replay(way, source, record, &replayed, &err))
		must(err.kind == ERR_DATA && ids.len == 0);
	must(ids.len == first.len && memcmp(ids.bytes, first.bytes, ids.len) == 0);
	must(replayed.marked == result.marked && replayed.duplicates == result.duplicates);
	for (size_t i = 0; i < result.output_count; i++) {
		const struct record *output = &result.outputs[i].record;

		must(output->timestamp == record->timestamp);
		if (which == JSON)
			same_value(record, output);
		if (which == TEXT || which == BYTES)
			must(bytes_equal(record->value, output->value));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct take take = {data, size};
	struct header headers[TAKE_HEADERS_MAX];
	struct record record = {.headers = headers};
	struct source source = {.topic = "in", .partition = 3};
	int which = take_byte(&take) % PIPELINES;

	if (!engine)
		begin();
	source.topic = steps[which].pipeline->topics[0];
	record.timestamp = (int64_t)take_number(&take, 8);
	source.offset = record.timestamp & INT64_MAX;
	record.key = take_field(&take);
	record.header_count = take_headers(&take, headers);
	record.value = take_byte(&take) == 255 ? BYTES_NULL : take_rest(&take);
	run(which, &source, &record);
	take_headers_free(headers, record.header_count);
	free((void *)(uintptr_t)record.key.data);
	free((void *)(uintptr_t)record.value.data);
	arena_reset(arena);
	return 0;
}
