/*
 * prefix: see prefix.h. The text is stored nowhere, but its hash is, with every committed offset:
 * to change one byte of what is written here makes every state of every installation be rebuilt.
 */
#include "config/prefix.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/must.h"
#include "port/hash.h"

/* Raised when the meaning of a step changes, so that older state is not taken for equal. */
#define PREFIX_VERSION 1

/* With its length, so that no text can look like two. */
static void put(FILE *out, const char *name, const char *text)
{
	fprintf(out, "%s %zu:%s\n", name, strlen(text), text);
}

static void put_step(FILE *out, const struct step *step)
{
	switch (step->kind) {
	case STEP_FILTER:
		put(out, "filter", step->text);
		return;
	case STEP_MAP:
		put(out, "map", step->text);
		return;
	case STEP_KEY:
		put(out, "key", step->text);
		return;
	case STEP_HEADERS:
		for (size_t i = 0; i < step->remove_count; i++)
			put(out, "remove", step->remove[i]);
		for (size_t i = 0; i < step->set_count; i++) {
			put(out, "set", step->set[i].name);
			put(out, "to", step->set[i].text);
		}
		return;
	case STEP_DEDUP:
		if (step->text)
			put(out, "dedup", step->text);
		else
			fprintf(out, "dedup key\n");
		fprintf(out, "within %" PRId64 "\nmissing %s\n", step->within_ms,
			step->missing_pass ? "pass" : "error");
		return;
	}
	must(false && "a kind of step");
}

/* Offsets count the entries that match, so other matches make another log. */
static void put_journal(FILE *out, const struct journal_source *journal)
{
	fprintf(out, "journal\n");
	for (size_t i = 0; i < journal->unit_count; i++)
		put(out, "unit", journal->units[i]);
	for (size_t i = 0; i < journal->match_count; i++) {
		put(out, "field", journal->matches[i].field);
		for (size_t j = 0; j < journal->matches[i].value_count; j++)
			put(out, "value", journal->matches[i].values[j]);
	}
}

char *prefix_text(const struct pipeline *pipeline, uint64_t engine_revision)
{
	static const char *const formats[] = {
		[FORMAT_JSON] = "json", [FORMAT_TEXT] = "text", [FORMAT_BYTES] = "bytes"};
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	must(out != NULL);
	fprintf(out, "onced prefix %d\nformat %s\nengine %" PRIu64 "\n", PREFIX_VERSION,
		formats[pipeline->format], engine_revision);
	if (pipeline->journal)
		put_journal(out, pipeline->journal);
	for (int i = 0; i <= pipeline->dedup_index; i++)
		if (pipeline->steps[i].text || pipeline->steps[i].kind == STEP_DEDUP ||
		    pipeline->steps[i].kind == STEP_HEADERS)
			put_step(out, &pipeline->steps[i]);
	must(fclose(out) == 0);
	return text;
}

uint64_t prefix_hash(const struct pipeline *pipeline, uint64_t engine_revision)
{
	CLEANUP(free) char *text = prefix_text(pipeline, engine_revision);

	return hash64(NULL, text, strlen(text));
}
