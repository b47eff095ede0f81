/* verify_print: see verify_print.h. */
#include "cli/verify_print.h"

#include <inttypes.h>
#include <stdio.h>

#define SCHEMA 1 /* of the JSON; raised when a key changes its meaning or goes */

static uint64_t findings(const struct verify_report *report)
{
	uint64_t sum = 0;

	for (int kind = 0; kind < VERIFY_KINDS; kind++)
		sum += report->counts[kind];
	return sum;
}

enum verify_verdict verify_verdict(const struct verify_result *result)
{
	if (findings(&result->report) > 0)
		return VERIFY_FOUND;
	if (result->notes.count > 0 || result->report.maybe_missing > 0 ||
	    result->report.maybe_ours > 0)
		return VERIFY_NOT_CHECKABLE;
	return VERIFY_OK;
}

static const char *verdict_text(enum verify_verdict verdict)
{
	switch (verdict) {
	case VERIFY_OK:
		return "ok";
	case VERIFY_FOUND:
		return "found";
	case VERIFY_NOT_CHECKABLE:
		break;
	}
	return "not checkable";
}

/* A missing one's source is known by the model, a found one's only by what it says. */
static bool has_source(enum verify_kind kind, const struct verify_item *item)
{
	return kind == VERIFY_MISSING || item->by_source;
}

static size_t example_count(const struct verify_report *report, enum verify_kind kind)
{
	return report->counts[kind] < VERIFY_EXAMPLES_MAX ? (size_t)report->counts[kind]
							  : VERIFY_EXAMPLES_MAX;
}

static void print_examples(const struct verify_result *result, enum verify_kind kind)
{
	const struct pipeline *pipeline = result->pipeline;
	size_t count = example_count(&result->report, kind);

	for (size_t i = 0; i < count; i++) {
		const struct verify_item *item = &result->report.examples[kind][i];

		(void)printf("  %-10s %s", verify_kind_name(kind),
			     verify_item_topic(pipeline, item->topic));
		if (kind != VERIFY_MISSING)
			(void)printf("/%" PRId32 "/%" PRId64, item->partition, item->offset);
		if (has_source(kind, item))
			(void)printf(", from %s/%" PRId32 "/%" PRId64 " (output %" PRId32 "%s)",
				     pipeline->topics[item->source_topic], item->source_partition,
				     item->source_offset, item->source_index,
				     item->dead ? ", dead letter" : "");
		(void)putchar('\n');
	}
	if (result->report.counts[kind] > count)
		(void)printf("  %-10s and %" PRIu64 " more\n", verify_kind_name(kind),
			     result->report.counts[kind] - count);
}

static void print_counts(const struct verify_result *result)
{
	const struct verify_counts *counts = &result->counts;
	const struct verify_report *report = &result->report;

	(void)printf("%s: %" PRIu64 " records in, %" PRIu64 " out, %" PRIu64
		     " duplicates dropped, %" PRIu64 " dead letters, %" PRIu64 " filtered, %" PRIu64
		     " not routed, %" PRIu64 " errors dropped\n",
		     result->pipeline->name, counts->in, counts->out, counts->duplicates,
		     counts->dead_letters, counts->filtered, counts->unrouted, counts->dropped);
	(void)printf("missing %" PRIu64 ", repeated %" PRIu64 ", altered %" PRIu64
		     ", unexpected %" PRIu64 ", out of order %" PRIu64 "%s\n",
		     report->counts[VERIFY_MISSING], report->counts[VERIFY_REPEATED],
		     report->counts[VERIFY_ALTERED], report->counts[VERIFY_UNEXPECTED],
		     report->counts[VERIFY_DISORDERED],
		     result->pipeline->lineage ? ""
					       : " (order is checked with `lineage: true` only)");
}

void verify_print_text(const struct verify_result *result)
{
	const struct verify_report *report = &result->report;
	const struct verify_notes *notes = &result->notes;

	print_counts(result);
	for (int kind = 0; kind < VERIFY_KINDS; kind++)
		print_examples(result, (enum verify_kind)kind);
	if (report->counts[VERIFY_UNEXPECTED] && !result->pipeline->lineage)
		(void)printf("what other pipelines or programs wrote to these topics counts as "
			     "unexpected; `lineage: true` tells it apart\n");
	if (report->foreign)
		(void)printf("%" PRIu64 " records in the outputs are not ours\n", report->foreign);
	if (report->refused)
		(void)printf("%" PRIu64 " dead letters of records whose results were refused\n",
			     report->refused);
	for (size_t i = 0; i < notes->count; i++)
		(void)printf("not checkable: %s\n", notes->lines[i]);
	if (notes->more)
		(void)printf("not checkable: and %zu more\n", notes->more);
	if (report->maybe_missing)
		(void)printf("not checkable: %" PRIu64
			     " results are not there, which may be due to that\n",
			     report->maybe_missing);
	if (report->maybe_ours)
		(void)printf("not checkable: %" PRIu64
			     " records in the outputs come from input that is not judged\n",
			     report->maybe_ours);
	switch (verify_verdict(result)) {
	case VERIFY_OK:
		(void)printf("ok: every record's result is there exactly once\n");
		break;
	case VERIFY_FOUND:
		(void)printf("NOT ok\n");
		break;
	case VERIFY_NOT_CHECKABLE:
		(void)printf("NOT ok: nothing was found, but not all of it is checkable\n");
		break;
	}
}

/* Names and notes hold no control characters, but may hold quotes. */
static void print_string(const char *text)
{
	(void)putchar('"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			(void)putchar('\\');
		if ((unsigned char)*text >= 0x20)
			(void)putchar(*text);
	}
	(void)putchar('"');
}

static void print_example_json(const struct pipeline *pipeline, enum verify_kind kind,
			       const struct verify_item *item)
{
	(void)printf("{\"kind\":\"%s\",\"topic\":", verify_kind_name(kind));
	print_string(verify_item_topic(pipeline, item->topic));
	if (kind != VERIFY_MISSING)
		(void)printf(",\"partition\":%" PRId32 ",\"offset\":%" PRId64, item->partition,
			     item->offset);
	if (has_source(kind, item)) {
		(void)printf(",\"source\":{\"topic\":");
		print_string(pipeline->topics[item->source_topic]);
		(void)printf(",\"partition\":%" PRId32 ",\"offset\":%" PRId64 ",\"index\":%" PRId32
			     "}",
			     item->source_partition, item->source_offset, item->source_index);
	}
	(void)printf(",\"dead\":%s}", item->dead ? "true" : "false");
}

static void print_not_checkable_json(const struct verify_result *result)
{
	(void)printf(",\"not_checkable\":{\"missing\":%" PRIu64 ",\"found\":%" PRIu64
		     ",\"more_reasons\":%zu,\"reasons\":[",
		     result->report.maybe_missing, result->report.maybe_ours, result->notes.more);
	for (size_t i = 0; i < result->notes.count; i++) {
		if (i)
			(void)putchar(',');
		print_string(result->notes.lines[i]);
	}
	(void)printf("]}");
}

void verify_print_json(const struct verify_result *result)
{
	const struct verify_counts *counts = &result->counts;
	const struct verify_report *report = &result->report;
	enum verify_verdict verdict = verify_verdict(result);
	bool first = true;

	(void)printf("{\"schema\":%d,\"pipeline\":", SCHEMA);
	print_string(result->pipeline->name);
	(void)printf(",\"ok\":%s,\"result\":\"%s\",\"records\":{\"in\":%" PRIu64 ",\"out\":%" PRIu64
		     ",\"duplicates\":%" PRIu64 ",\"dead_letters\":%" PRIu64
		     ",\"filtered\":%" PRIu64 ",\"unrouted\":%" PRIu64
		     ",\"errors_dropped\":%" PRIu64 ",\"refused\":%" PRIu64 ",\"foreign\":%" PRIu64
		     "}",
		     verdict == VERIFY_OK ? "true" : "false", verdict_text(verdict), counts->in,
		     counts->out, counts->duplicates, counts->dead_letters, counts->filtered,
		     counts->unrouted, counts->dropped, report->refused, report->foreign);
	for (int kind = 0; kind < VERIFY_KINDS; kind++)
		(void)printf(",\"%s\":%" PRIu64, verify_kind_name((enum verify_kind)kind),
			     report->counts[kind]);
	(void)printf(",\"order_checked\":%s", result->pipeline->lineage ? "true" : "false");
	print_not_checkable_json(result);
	(void)printf(",\"examples\":[");
	for (int kind = 0; kind < VERIFY_KINDS; kind++)
		for (size_t i = 0; i < example_count(report, (enum verify_kind)kind); i++) {
			if (!first)
				(void)putchar(',');
			first = false;
			print_example_json(result->pipeline, (enum verify_kind)kind,
					   &report->examples[kind][i]);
		}
	(void)printf("]}\n");
}
