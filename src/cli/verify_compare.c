/* verify_compare: see verify_compare.h. Both lists are sorted by what is matched, then merged. */
#include "cli/verify_compare.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"

#define COMPARE(a, b)                                                                              \
	do {                                                                                       \
		if ((a) != (b))                                                                    \
			return (a) < (b) ? -1 : 1;                                                 \
	} while (0)

const char *verify_kind_name(enum verify_kind kind)
{
	static const char *const names[VERIFY_KINDS] = {"missing", "repeated", "altered",
							"unexpected", "disordered"};

	must(kind < VERIFY_KINDS);
	return names[kind];
}

/* Source partition, then place in it. */
static int compare_source(const struct verify_item *a, const struct verify_item *b)
{
	COMPARE(a->source_topic, b->source_topic);
	COMPARE(a->source_partition, b->source_partition);
	COMPARE(a->source_offset, b->source_offset);
	COMPARE(a->source_index, b->source_index);
	return 0;
}

/* Equal: they are to be matched with each other. */
static int compare_match(const struct verify_item *a, const struct verify_item *b)
{
	COMPARE(a->topic, b->topic);
	COMPARE(a->by_source, b->by_source);
	if (!a->by_source)
		return memcmp(&a->content, &b->content, sizeof(a->content));
	COMPARE(a->dead, b->dead);
	return compare_source(a, b);
}

static int sort_match(const void *left, const void *right)
{
	const struct verify_item *a = left, *b = right;
	int order = compare_match(a, b);

	if (order != 0)
		return order;
	COMPARE(a->partition, b->partition);
	COMPARE(a->offset, b->offset);
	return compare_source(a, b);
}

/* As they lie in the outputs, one source partition after the other. */
static int sort_place(const void *left, const void *right)
{
	const struct verify_item *a = left, *b = right;

	COMPARE(a->by_source, b->by_source);
	COMPARE(a->topic, b->topic);
	COMPARE(a->partition, b->partition);
	COMPARE(a->source_topic, b->source_topic);
	COMPARE(a->source_partition, b->source_partition);
	COMPARE(a->offset, b->offset);
	return 0;
}

static void find(struct verify_report *report, enum verify_kind kind,
		 const struct verify_item *item)
{
	report->counts[kind]++;
	if (report->finding_count < VERIFY_FINDINGS_MAX)
		report->findings[report->finding_count++] = (struct verify_finding){kind, *item};
}

struct ranges {
	const struct verify_range *all;
	size_t count;
};

static const struct verify_range *range_of(const struct ranges *ranges,
					   const struct verify_item *item)
{
	for (size_t i = 0; i < ranges->count; i++)
		if (ranges->all[i].topic == item->source_topic &&
		    ranges->all[i].partition == item->source_partition)
			return &ranges->all[i];
	return NULL;
}

/* A found record that nothing asks for. */
static void find_unexpected(struct verify_report *report, const struct ranges *ranges, bool lineage,
			    const struct verify_item *item)
{
	const struct verify_range *range;

	if (!item->by_source) {
		if (lineage)
			report->foreign++;
		else
			find(report, VERIFY_UNEXPECTED, item);
		return;
	}
	range = range_of(ranges, item);
	if (range && item->source_offset < range->start)
		report->before++;
	else if (range && item->source_offset >= range->end)
		report->after++;
	else
		find(report, VERIFY_UNEXPECTED, item);
}

/* What is expected, and what was found (perhaps nothing) in its place. */
static void judge(struct verify_report *report, const struct verify_item *expected,
		  size_t expected_count, const struct verify_item *found, size_t found_count)
{
	size_t same = 0;

	must(expected_count > 0);
	for (size_t i = 0; i < found_count; i++)
		same += memcmp(&found[i].content, &expected[0].content, sizeof(found[i].content)) ==
			0;
	/* With equal contents it cannot be told which one is missing: the last sources are named.
	 */
	for (size_t i = 0, there = found_count; i < expected_count; i++) {
		if (expected[i].optional)
			continue;
		if (there > 0)
			there--;
		else
			find(report, VERIFY_MISSING, &expected[i]);
	}
	if (found_count > 0 && same == 0)
		find(report, VERIFY_ALTERED, &found[0]);
	for (size_t i = expected_count; i < found_count; i++)
		find(report, VERIFY_REPEATED, &found[i]);
}

static size_t group_length(const struct verify_list *list, size_t at)
{
	size_t end = at + 1;

	while (end < list->count && compare_match(&list->items[at], &list->items[end]) == 0)
		end++;
	return end - at;
}

static void check_order(struct verify_report *report, struct verify_list *found)
{
	if (found->count > 1)
		qsort(found->items, found->count, sizeof(*found->items), sort_place);
	for (size_t i = 1; i < found->count; i++) {
		const struct verify_item *a = &found->items[i - 1], *b = &found->items[i];

		if (b->by_source && a->by_source && a->topic == b->topic &&
		    a->partition == b->partition && a->source_topic == b->source_topic &&
		    a->source_partition == b->source_partition && compare_source(a, b) > 0)
			find(report, VERIFY_DISORDERED, b);
	}
}

void verify_compare(struct verify_list *expected, struct verify_list *found,
		    const struct verify_range *ranges, size_t range_count, bool lineage,
		    struct verify_report *ret)
{
	const struct ranges all = {ranges, range_count};
	size_t e = 0, f = 0;

	memset(ret, 0, sizeof(*ret));
	if (expected->count > 1)
		qsort(expected->items, expected->count, sizeof(*expected->items), sort_match);
	if (found->count > 1)
		qsort(found->items, found->count, sizeof(*found->items), sort_match);
	while (e < expected->count || f < found->count) {
		size_t e_count = e < expected->count ? group_length(expected, e) : 0;
		size_t f_count = f < found->count ? group_length(found, f) : 0;
		int order = e_count == 0 ? 1 : -1;

		if (e_count > 0 && f_count > 0)
			order = compare_match(&expected->items[e], &found->items[f]);
		if (order > 0) {
			for (size_t i = 0; i < f_count; i++)
				find_unexpected(ret, &all, lineage, &found->items[f + i]);
			f += f_count;
			continue;
		}
		judge(ret, &expected->items[e], e_count, &found->items[order == 0 ? f : 0],
		      order == 0 ? f_count : 0);
		e += e_count;
		f += order == 0 ? f_count : 0;
	}
	check_order(ret, found);
}
