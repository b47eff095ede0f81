/*
 * oracle: what must have come out, worked out anew from the input log by the words of the guarantee
 * alone, in the plainest way, and compared with what a read_committed reader sees. Shares nothing
 * with src/core.
 *
 * Each range of offsets that was committed must have yielded the results of its records under the
 * definition that committed it, with the state that begins at the base of its generation. So a
 * record whose offset an admin moved back to has its results twice, and one that was skipped none.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "lib/sim.h"
#include "lib/tally.h"

#define SPACE 2000 /* records of a partition */

enum expected { NOTHING, REPEAT, OUTPUT, DEAD, IMPOSSIBLE };

struct seen {
	bool known;
	int64_t t, timestamp;
};

struct model { /* of one definition, over one partition */
	struct sim_rule rule;
	struct seen seen[SIM_IDS];
};

/* Log time, by the words of the guarantee. */
struct log_time {
	int64_t t, previous;
};

static void log_time_step(struct log_time *time, int64_t timestamp)
{
	int64_t low = timestamp;

	if (timestamp < 0)
		return;
	if (time->previous >= 0 && time->previous < low)
		low = time->previous;
	if (low > time->t)
		time->t = low;
	time->previous = timestamp;
}

static bool is_error(const struct fk_entry *entry, const struct sim_rule *rule)
{
	switch (entry->value[0]) {
	case 'e':
	case '#':
		return true;
	case '!': /* its own time is refused by the broker, unless it is far in the future */
		return entry->timestamp < 1700000000000;
	case '%':
		return rule->copy;
	default:
		return false;
	}
}

static enum expected failed(const struct sim_rule *rule)
{
	switch (rule->errors) {
	case SIM_ERRORS_DEAD:
		return DEAD;
	case SIM_ERRORS_NOTHING:
		return NOTHING;
	case SIM_ERRORS_NEVER:
		break;
	}
	return IMPOSSIBLE;
}

/* One record through one definition. */
static enum expected judge(struct model *model, const struct fk_entry *entry, int64_t t)
{
	const struct sim_rule *rule = &model->rule;
	struct seen *seen = &model->seen[atoi(entry->key + 1)];
	int64_t timestamp = entry->timestamp < 0 ? t : entry->timestamp;
	char flag = entry->value[0];
	bool repeat;

	if (rule->filter_first && flag == 'x')
		return NOTHING;
	if (rule->filter_first && flag == 'e')
		return failed(rule);
	if (rule->within >= 0) {
		repeat = seen->known && t - seen->t <= rule->within &&
			 timestamp - seen->timestamp <= rule->within;
		*seen = (struct seen){true, t, timestamp};
		if (repeat)
			return REPEAT;
	}
	if (flag == 'x')
		return NOTHING;
	return is_error(entry, rule) ? failed(rule) : OUTPUT;
}

static bool is_record(const struct fk_entry *entry)
{
	return entry->kind == FK_DATA && entry->state == FK_COMMITTED;
}

/* --- what must be there --- */

struct wanted { /* how often; may: so much more is no fault */
	int64_t out, copy, dead, may;
};

/* unsure: records were deleted before they were committed, this one or some before it. Someone had
 * them in hand already, or nobody, and log time is of what was read. */
static void add(struct wanted *wanted, enum expected expected, const struct sim_rule *rule,
		bool unsure, bool gap_accept)
{
	int64_t sure = !unsure;

	wanted->out += expected == OUTPUT && sure;
	wanted->copy += expected == OUTPUT && rule->copy && sure;
	wanted->dead += expected == DEAD && sure;
	/* What a gap forgot may come through again, if the operator said so. */
	wanted->may += (unsure && expected != NOTHING) || (gap_accept && expected == REPEAT);
}

/* All ranges of one base, in one walk over the log from there. */
static void want_from(struct sim *sim, int32_t p, int64_t base, struct wanted wanted[SPACE])
{
	const struct fk_part *part = &sim->in->parts[p];
	struct log_time time = {0, -1};
	struct model models[SIM_DEFS];

	int64_t unsure = part->count;

	for (size_t i = 0; i < part->range_count; i++)
		if (part->ranges[i].deleted > part->ranges[i].from && part->ranges[i].from < unsure)
			unsure = part->ranges[i].from;
	memset(models, 0, sizeof(models));
	for (int d = 0; d < SIM_DEFS; d++)
		models[d].rule = sim_rule(d);
	for (int64_t o = base; o < part->count; o++) {
		const struct fk_entry *entry = &part->entries[o];
		enum expected expected[SIM_DEFS];

		if (!is_record(entry))
			continue;
		log_time_step(&time, entry->timestamp);
		for (int d = 0; d < SIM_DEFS; d++)
			expected[d] = judge(&models[d], entry, time.t);
		for (size_t i = 0; i < part->range_count; i++) {
			const struct fk_range *range = &part->ranges[i];

			if (range->base != base || o < range->from || o >= range->to)
				continue;
			if (expected[range->def] == IMPOSSIBLE && o < unsure)
				sim_complain(sim, "in/%" PRId32 "/%" PRId64 " had to stop it", p,
					     o);
			add(&wanted[o], expected[range->def], &models[range->def].rule, o >= unsure,
			    sim->gap_accept);
		}
	}
}

static void check_ranges(struct sim *sim, int32_t p)
{
	const struct fk_part *part = &sim->in->parts[p];
	int64_t c = -1;

	for (size_t i = 0; i < part->range_count; i++) {
		const struct fk_range *range = &part->ranges[i];
		bool admin = range->def < 0;
		bool first = i == 0 || (part->ranges[i - 1].def < 0 && range->from != c);

		if (!admin && (range->to < range->from || (!first && range->from != c)))
			sim_complain(sim,
				     "partition %" PRId32 ": C went from %" PRId64 " to %" PRId64,
				     p, c, range->to);
		/* A generation begins at the first start, or at the log's start. */
		if (!admin && !sim->retention_used && range->base != 0 &&
		    range->base != part->ranges[0].from && !sim->offsets_moved)
			sim_complain(sim, "partition %" PRId32 ": base %" PRId64, p, range->base);
		if (i == 0 && p >= sim->partitions && range->from != 0)
			sim_complain(sim,
				     "partition %" PRId32
				     " was added later, and begins at %" PRId64,
				     p, range->from);
		c = range->to;
	}
}

/* --- what is there --- */

/* How often `value` can be read from the topic, and at the offset of the last. */
static int64_t find(const struct fk_topic *topic, const char *value, int32_t *ret_partition,
		    int64_t *ret_offset)
{
	int64_t count = 0;

	for (int32_t p = 0; p < topic->count; p++) {
		const struct fk_part *part = &topic->parts[p];

		for (int64_t o = 0; o < part->count; o++) {
			if (!is_record(&part->entries[o]) ||
			    strcmp(part->entries[o].value, value) != 0)
				continue;
			count++;
			*ret_partition = p;
			*ret_offset = o;
		}
	}
	return count;
}

static bool is_right(int64_t found, int64_t wanted, int64_t may)
{
	return found >= wanted && found <= wanted + may;
}

static void check_record(struct sim *sim, int32_t p, int64_t offset, const struct wanted *wanted,
			 int64_t last[2])
{
	const struct fk_part *part = &sim->in->parts[p];
	const struct fk_entry *entry = &part->entries[offset];
	int32_t partition = 0, ignored;
	int64_t at = 0, nowhere;
	int64_t dead = find(sim->dead, entry->value, &ignored, &nowhere);
	int64_t copy = find(sim->copy, entry->value, &ignored, &nowhere);
	int64_t out = find(sim->out, entry->value, &partition, &at);

	if (!is_right(out, wanted->out, wanted->may) ||
	    !is_right(copy, wanted->copy, wanted->may) ||
	    !is_right(dead, wanted->dead, wanted->may))
		sim_complain(sim,
			     "in/%" PRId32 "/%" PRId64 " (%s, key %s, time %" PRId64 ", C %" PRId64
			     "): %" PRId64 " outputs for %" PRId64 ", %" PRId64
			     " copies for %" PRId64 ", %" PRId64 " dead letters for %" PRId64,
			     p, offset, entry->value, entry->key, entry->timestamp, part->c, out,
			     wanted->out, copy, wanted->copy, dead, wanted->dead);
	if (out == 1 && !sim->offsets_moved) {
		if (at < last[partition])
			sim_complain(sim, "in/%" PRId32 "/%" PRId64 " overtook an earlier record",
				     p, offset);
		last[partition] = at;
	}
}

static int64_t check_partition(struct sim *sim, int32_t p)
{
	const struct fk_part *part = &sim->in->parts[p];
	struct wanted *wanted = calloc(SPACE, sizeof(*wanted));
	int64_t last[2] = {-1, -1};
	int64_t records = 0;

	must(wanted != NULL && part->count <= SPACE);
	check_ranges(sim, p);
	for (size_t i = 0; i < part->range_count; i++) {
		bool done = part->ranges[i].base < 0;

		for (size_t j = 0; j < i; j++)
			done = done || part->ranges[j].base == part->ranges[i].base;
		if (!done)
			want_from(sim, p, part->ranges[i].base, wanted);
	}
	for (int64_t o = 0; o < part->count; o++) {
		if (!is_record(&part->entries[o]))
			continue;
		check_record(sim, p, o, &wanted[o], last);
		records++;
	}
	free(wanted);
	return records;
}

/* Nothing may be readable that no record of the input explains. */
static void check_nothing_else(struct sim *sim, const struct fk_topic *topic)
{
	for (int32_t p = 0; p < topic->count; p++) {
		const struct fk_part *part = &topic->parts[p];

		for (int64_t o = 0; o < part->count; o++) {
			const struct fk_entry *entry = &part->entries[o];
			int32_t partition;
			int64_t offset;

			if (is_record(entry) &&
			    find(sim->in, entry->value, &partition, &offset) != 1)
				sim_complain(sim, "%s/%" PRId32 "/%" PRId64 ": nobody sent %s",
					     topic->name, p, o, entry->value);
		}
	}
}

bool oracle_check(struct sim *sim, bool must_end)
{
	int64_t records = 0;

	fake_kafka_settle(sim->kafka);
	for (int32_t p = 0; p < sim->in->count; p++) {
		const struct fk_part *part = &sim->in->parts[p];

		records += check_partition(sim, p);
		if (must_end && part->c != part->count)
			sim_complain(sim, "in/%" PRId32 ": C is %" PRId64 ", the end %" PRId64, p,
				     part->c, part->count);
	}
	check_nothing_else(sim, sim->out);
	check_nothing_else(sim, sim->copy);
	check_nothing_else(sim, sim->dead);
	if (records == 0)
		sim_complain(sim, "nothing was checked");
	return sim->complaint[0] == '\0';
}

/* --- the marks on disk --- */

static void check_marks(struct sim *sim, int32_t p, const struct fake_disk *disk)
{
	const struct fk_part *part = &sim->in->parts[p];
	struct log_time time = {0, -1};
	struct model model = {.rule = sim_rule(sim->def)};
	struct tp tp = {sim_pipeline(0)->topics[0], p};
	const char *b = strstr(part->metadata, " b=");
	int64_t base = b ? strtoll(b + 3, NULL, 10) : 0;

	for (int64_t o = base; o < part->count; o++) {
		if (!is_record(&part->entries[o]))
			continue;
		log_time_step(&time, part->entries[o].timestamp);
		(void)judge(&model, &part->entries[o], time.t);
	}
	for (int i = 0; i < SIM_IDS; i++) {
		const struct seen *seen = &model.seen[i];
		struct entry entry;
		char id[24];
		int length = snprintf(id, sizeof(id), "%ck%d", 0, i);
		bool found = fake_disk_entry(disk, tp, bytes_of(id, (size_t)length), &entry);

		if (!seen->known || time.t - seen->t > model.rule.within) {
			if (found && time.t - entry.t <= model.rule.within)
				sim_complain(sim, "in/%" PRId32 ": a mark of k%d that is none", p,
					     i);
			continue;
		}
		tally(TALLY_MARK);
		if (!found || entry.t != seen->t || entry.timestamp != seen->timestamp)
			sim_complain(sim,
				     "in/%" PRId32 ": the mark of k%d is %" PRId64 ", %" PRId64
				     ", not %" PRId64 ", %" PRId64,
				     p, i, found ? entry.t : -1, found ? entry.timestamp : -1,
				     seen->t, seen->timestamp);
	}
}

bool oracle_check_disks(struct sim *sim)
{
	for (int i = 0; i < sim->host_count && sim_rule(sim->def).within >= 0; i++) {
		const struct fake_disk *disk = sim->hosts[i].disk;

		for (int32_t p = 0; p < sim->in->count && disk; p++) {
			const struct fk_part *part = &sim->in->parts[p];
			struct tp tp = {sim_pipeline(0)->topics[0], p};
			char g[40];
			struct checkpoint k;

			if (!fake_disk_checkpoint(disk, tp, &k) || k.x != part->c ||
			    k.d != sim_pipeline(sim->def)->prefix_hash)
				continue;
			(void)snprintf(g, sizeof(g), " g=%" PRId64 " ", k.g);
			if (strstr(part->metadata, g))
				check_marks(sim, p, disk);
		}
	}
	return sim->complaint[0] == '\0';
}
