/* verify_print: see verify_print.h. */
#include "cli/verify_print.h"

#include <inttypes.h>
#include <stdio.h>

bool verify_print_is_ok(const struct verify_report *report, const struct verify_notes *notes)
{
	for (int kind = 0; kind < VERIFY_KINDS; kind++)
		if (report->counts[kind])
			return false;
	return notes->count == 0;
}

static bool lies_somewhere(const struct verify_finding *finding)
{
	return finding->kind != VERIFY_MISSING;
}

/* A missing one's source is known by the model, a found one's only by what it says. */
static bool has_source(const struct verify_finding *finding)
{
	return finding->kind == VERIFY_MISSING || finding->item.by_source;
}

static void print_finding(const struct pipeline *pipeline, const struct verify_finding *finding)
{
	const struct verify_item *item = &finding->item;

	(void)printf("  %-10s %s", verify_kind_name(finding->kind),
		verify_list_topic(pipeline, item->topic));
	if (lies_somewhere(finding))
		(void)printf("/%" PRId32 "/%" PRId64, item->partition, item->offset);
	if (has_source(finding))
		(void)printf(", from %s/%" PRId32 "/%" PRId64 " (output %" PRId32 "%s)",
			pipeline->topics[item->source_topic], item->source_partition,
			item->source_offset, item->source_index,
			item->dead ? ", dead letter" : "");
	(void)putchar('\n');
}

void verify_print_text(const struct pipeline *pipeline, const struct verify_counts *counts,
	const struct verify_report *report, const struct verify_notes *notes)
{
	uint64_t found = 0;

	(void)printf("%s: %" PRIu64 " records in, %" PRIu64 " out, %" PRIu64
		     " duplicates dropped, %" PRIu64 " dead letters, %" PRIu64 " filtered, %" PRIu64
		     " not routed, %" PRIu64 " errors dropped\n",
		pipeline->name, counts->in, counts->out, counts->duplicates, counts->dead_letters,
		counts->filtered, counts->unrouted, counts->dropped);
	(void)printf("lost %" PRIu64 ", repeated %" PRIu64 ", altered %" PRIu64
		     ", unexpected %" PRIu64 ", out of order %" PRIu64 "%s\n",
		report->counts[VERIFY_MISSING], report->counts[VERIFY_REPEATED],
		report->counts[VERIFY_ALTERED], report->counts[VERIFY_UNEXPECTED],
		report->counts[VERIFY_DISORDERED],
		pipeline->lineage ? "" : " (order is checked with `lineage: true` only)");
	for (int kind = 0; kind < VERIFY_KINDS; kind++)
		found += report->counts[kind];
	for (size_t i = 0; i < report->finding_count; i++)
		print_finding(pipeline, &report->findings[i]);
	if (found > report->finding_count)
		(void)printf("  and %" PRIu64 " more\n", found - report->finding_count);
	if (report->counts[VERIFY_UNEXPECTED] && !pipeline->lineage)
		(void)printf("records that other pipelines or programs wrote to these topics count as "
			     "unexpected; `lineage: true` tells them apart\n");
	if (report->foreign)
		(void)printf("%" PRIu64 " records of other origin in the outputs were left out\n",
			report->foreign);
	for (size_t i = 0; i < notes->count; i++)
		(void)printf("not checkable: %s\n", notes->lines[i]);
	if (notes->more)
		(void)printf("not checkable: and %zu more\n", notes->more);
	if (verify_print_is_ok(report, notes))
		(void)printf("ok: every record's result is there exactly once\n");
	else
		(void)printf("NOT ok\n");
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

static void print_finding_json(
	const struct pipeline *pipeline, const struct verify_finding *finding)
{
	const struct verify_item *item = &finding->item;

	(void)printf("{\"kind\":\"%s\",\"topic\":", verify_kind_name(finding->kind));
	print_string(verify_list_topic(pipeline, item->topic));
	if (lies_somewhere(finding))
		(void)printf(",\"partition\":%" PRId32 ",\"offset\":%" PRId64, item->partition,
			item->offset);
	if (has_source(finding)) {
		(void)printf(",\"source\":{\"topic\":");
		print_string(pipeline->topics[item->source_topic]);
		(void)printf(",\"partition\":%" PRId32 ",\"offset\":%" PRId64 ",\"index\":%" PRId32
			     "}",
			item->source_partition, item->source_offset, item->source_index);
	}
	(void)printf(",\"dead\":%s}", item->dead ? "true" : "false");
}

void verify_print_json(const struct pipeline *pipeline, const struct verify_counts *counts,
	const struct verify_report *report, const struct verify_notes *notes)
{
	(void)printf("{\"pipeline\":");
	print_string(pipeline->name);
	(void)printf(",\"ok\":%s,\"in\":%" PRIu64 ",\"out\":%" PRIu64 ",\"duplicates\":%" PRIu64
		     ",\"dead_letters\":%" PRIu64 ",\"filtered\":%" PRIu64 ",\"unrouted\":%" PRIu64
		     ",\"errors_dropped\":%" PRIu64,
		verify_print_is_ok(report, notes) ? "true" : "false", counts->in, counts->out,
		counts->duplicates, counts->dead_letters, counts->filtered, counts->unrouted,
		counts->dropped);
	for (int kind = 0; kind < VERIFY_KINDS; kind++)
		(void)printf(",\"%s\":%" PRIu64, verify_kind_name((enum verify_kind)kind),
			report->counts[kind]);
	(void)printf(",\"foreign\":%" PRIu64 ",\"order_checked\":%s,\"not_checkable\":[",
		report->foreign, pipeline->lineage ? "true" : "false");
	for (size_t i = 0; i < notes->count; i++) {
		if (i)
			(void)putchar(',');
		print_string(notes->lines[i]);
	}
	(void)printf("],\"findings\":[");
	for (size_t i = 0; i < report->finding_count; i++) {
		if (i)
			(void)putchar(',');
		print_finding_json(pipeline, &report->findings[i]);
	}
	(void)printf("]}\n");
}
