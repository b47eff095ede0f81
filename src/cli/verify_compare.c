/* verify_compare: see verify_compare.h. */
#include "cli/verify_compare.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"

#define REFUSED_MAX ((size_t)1 << 20)
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

void verify_report_find(struct verify_report *report, enum verify_kind kind,
			const struct verify_item *item)
{
	uint64_t at = report->counts[kind]++;

	if (at < VERIFY_EXAMPLES_MAX)
		report->examples[kind][at] = *item;
}

static int compare_refused(const void *left, const void *right)
{
	const struct verify_refused_source *a = left, *b = right;

	COMPARE(a->part, b->part);
	COMPARE(a->offset, b->offset);
	return 0;
}

static void refused_add(struct verify_refused *refused, uint32_t part, int64_t offset)
{
	if (refused->count == REFUSED_MAX)
		return;
	if (refused->count == refused->room) {
		refused->room = refused->room ? refused->room * 2 : 64;
		refused->all = realloc(refused->all, refused->room * sizeof(*refused->all));
		must(refused->all != NULL);
	}
	refused->all[refused->count++] =
		(struct verify_refused_source){.part = part, .offset = offset};
}

void verify_refused_fini(struct verify_refused *refused)
{
	free(refused->all);
	*refused = (struct verify_refused){0};
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

/* Of those that match each other, what must be there stands before what may be. */
int verify_compare_items(const void *left, const void *right)
{
	const struct verify_item *a = left, *b = right;
	int order = compare_match(a, b);

	if (order != 0)
		return order;
	COMPARE(a->optional, b->optional);
	COMPARE(a->unsure, b->unsure);
	COMPARE(a->partition, b->partition);
	COMPARE(a->offset, b->offset);
	return compare_source(a, b);
}

struct merge {
	const struct verify_compare_in *in;
	struct verify_report *report;
	bool all_judged; /* every output comes from input that is judged ... */
	bool no_past;    /* ... and that is there */
	bool has_e, has_f;
	struct verify_item e, f; /* the next of each */
};

static int next(struct verify_sort *sort, bool *has, struct verify_item *item, struct err *err)
{
	const void *data;

	if (verify_sort_next(sort, &data, err) < 0)
		return -1;
	*has = data != NULL;
	if (data)
		memcpy(item, data, sizeof(*item));
	return 0;
}

static int next_e(struct merge *merge, struct err *err)
{
	return next(merge->in->expected, &merge->has_e, &merge->e, err);
}

static int next_f(struct merge *merge, struct err *err)
{
	return next(merge->in->found, &merge->has_f, &merge->f, err);
}

static bool is_refused(const struct verify_compare_in *in, const struct verify_item *item)
{
	int64_t part = verify_parts_find(in->parts, item->source_topic, item->source_partition);
	struct verify_refused_source source = {.part = (uint32_t)part,
					       .offset = item->source_offset};

	return part >= 0 && in->refused->count > 0 &&
	       bsearch(&source, in->refused->all, in->refused->count, sizeof(source),
		       compare_refused) != NULL;
}

static bool is_judged(const struct verify_compare_in *in, const struct verify_item *item)
{
	int64_t part = verify_parts_find(in->parts, item->source_topic, item->source_partition);

	return part < 0 || in->parts->all[part].judged;
}

/* An expected one that is not there. */
static void miss(struct merge *merge, const struct verify_item *item)
{
	const struct verify_compare_in *in = merge->in;
	int64_t part = verify_parts_find(in->parts, item->source_topic, item->source_partition);

	if (item->optional || is_refused(in, item))
		return;
	if (item->unsure || !is_judged(in, item) ||
	    (part >= 0 && verify_loss_explains(in->loss, item, (uint32_t)part)))
		merge->report->maybe_missing++;
	else
		verify_report_find(merge->report, VERIFY_MISSING, item);
}

/* A found one that nothing asks for. again: one of the same source lies before it. */
static void find_unexpected(struct merge *merge, const struct verify_item *item, bool again)
{
	struct verify_report *report = merge->report;
	const struct verify_part *part;
	int64_t at;

	if (!item->by_source) {
		if (merge->in->lineage)
			report->foreign++;
		else if (!merge->all_judged || !merge->no_past)
			report->maybe_ours++;
		else
			verify_report_find(report, VERIFY_UNEXPECTED, item);
		return;
	}
	at = verify_parts_find(merge->in->parts, item->source_topic, item->source_partition);
	part = at >= 0 ? &merge->in->parts->all[at] : NULL;
	if (part && (!part->judged || item->source_offset < part->start))
		report->maybe_ours++;
	else if (part && item->dead && item->sending && item->source_offset < part->end && !again)
		report->refused++;
	else if (part && item->dead && item->sending && item->source_offset < part->end)
		verify_report_find(report, VERIFY_REPEATED, item);
	else
		verify_report_find(report, VERIFY_UNEXPECTED, item);
}

static int judge_unexpected(struct merge *merge, struct err *err)
{
	struct verify_item first = merge->f;
	bool again = false;

	while (merge->has_f && compare_match(&first, &merge->f) == 0) {
		find_unexpected(merge, &merge->f, again);
		again = true;
		if (next_f(merge, err) < 0)
			return -1;
	}
	return 0;
}

static bool same_content(const struct verify_item *a, const struct verify_item *b)
{
	return memcmp(&a->content, &b->content, sizeof(a->content)) == 0;
}

/* A found one that matches an expected one whose source cannot be judged. */
static int pass_over(struct merge *merge, struct err *err)
{
	struct verify_item first = merge->e;

	while (merge->has_f && compare_match(&first, &merge->f) == 0) {
		merge->report->maybe_ours++;
		if (next_f(merge, err) < 0)
			return -1;
	}
	while (merge->has_e && compare_match(&first, &merge->e) == 0)
		if (next_e(merge, err) < 0)
			return -1;
	return 0;
}

/* All that match the first expected one, step by step. */
struct match {
	struct verify_item first, altered, last_f;
	bool has_altered, has_same;
	uint64_t spare; /* found ones that took the place of a refused one */
};

static void judge_found(struct merge *merge, struct match *match, bool is_expected)
{
	match->last_f = merge->f;
	if (same_content(&match->first, &merge->f)) {
		match->has_same = true;
	} else if (!match->has_altered) {
		match->altered = merge->f;
		match->has_altered = true;
	}
	if (is_expected && is_refused(merge->in, &merge->e))
		match->spare++;
	else if (!is_expected && !match->first.by_source && !merge->all_judged)
		merge->report->maybe_ours++;
	else if (!is_expected)
		verify_report_find(merge->report, VERIFY_REPEATED, &merge->f);
}

/* With equal contents it cannot be told which one is missing: the last sources are named. */
static int judge(struct merge *merge, struct err *err)
{
	struct match match = {.first = merge->e};

	if (match.first.by_source && !is_judged(merge->in, &match.first))
		return pass_over(merge, err);
	for (;;) {
		bool e = merge->has_e && compare_match(&match.first, &merge->e) == 0;
		bool f = merge->has_f && compare_match(&match.first, &merge->f) == 0;

		if (!e && !f)
			break;
		if (f)
			judge_found(merge, &match, e);
		else if (match.spare > 0 && !is_refused(merge->in, &merge->e))
			match.spare--;
		else
			miss(merge, &merge->e);
		if ((e && next_e(merge, err) < 0) || (f && next_f(merge, err) < 0))
			return -1;
	}
	if (match.has_altered && !match.has_same)
		verify_report_find(merge->report, VERIFY_ALTERED, &match.altered);
	/* A record's results are all or nothing: they are not beside its dead letter. */
	for (; match.spare > 0; match.spare--)
		verify_report_find(merge->report, VERIFY_UNEXPECTED, &match.last_f);
	return 0;
}

void verify_report_place(struct verify_report *report, const struct verify_parts *parts,
			 struct verify_order *order, struct verify_refused *refused,
			 const struct verify_item *item)
{
	const struct verify_part *part;
	int64_t at;

	if (!item->by_source)
		return;
	at = verify_parts_find(parts, item->source_topic, item->source_partition);
	if (at < 0)
		return;
	part = &parts->all[at];
	if (item->dead && item->sending)
		refused_add(refused, (uint32_t)at, item->source_offset);
	if (verify_order_see(order, item, (uint32_t)at) && part->judged &&
	    (!part->has_m || item->source_offset >= part->m.b))
		verify_report_find(report, VERIFY_DISORDERED, item);
}

int verify_compare(const struct verify_compare_in *in, struct verify_report *report,
		   struct err *err)
{
	struct merge merge = {.in = in, .report = report, .all_judged = true, .no_past = true};

	for (size_t i = 0; i < in->parts->count; i++) {
		merge.all_judged = merge.all_judged && in->parts->all[i].judged;
		merge.no_past = merge.no_past && !in->parts->all[i].has_past;
	}
	if (in->refused->count > 1)
		qsort(in->refused->all, in->refused->count, sizeof(*in->refused->all),
		      compare_refused);
	if (next_e(&merge, err) < 0 || next_f(&merge, err) < 0)
		return -1;
	while (merge.has_e || merge.has_f) {
		bool expected =
			merge.has_e && (!merge.has_f || compare_match(&merge.e, &merge.f) <= 0);

		if ((expected ? judge : judge_unexpected)(&merge, err) < 0)
			return -1;
	}
	return 0;
}
