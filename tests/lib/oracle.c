/*
 * oracle: what must have come out, worked out anew from the input log by the words of the guarantee
 * alone, in the plainest way, and compared with what a read_committed reader sees. Shares nothing
 * with src/core.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "lib/sim.h"

#define KEYS 64

enum expected { NOTHING, OUTPUT, DEAD };

struct seen {
	bool known;
	int64_t t, timestamp;
};

struct model { /* of one definition, over one partition */
	bool filter_first;
	int64_t within;
	struct seen seen[KEYS];
};

static const struct {
	bool filter_first;
	int64_t within;
} rules[SIM_DEFS] = {{true, 1000}, {false, 1000}, {true, 3000}, {true, 300}};

/* One record through one definition. */
static enum expected judge(struct model *model, const struct fk_entry *entry, int64_t t)
{
	struct seen *seen = &model->seen[atoi(entry->key + 1)];
	int64_t timestamp = entry->timestamp < 0 ? t : entry->timestamp;
	char flag = entry->value[0];
	bool repeat;

	if (model->filter_first && flag == 'x')
		return NOTHING;
	if (model->filter_first && flag == 'e')
		return DEAD;
	repeat = seen->known && t - seen->t <= model->within &&
		 timestamp - seen->timestamp <= model->within;
	*seen = (struct seen){true, t, timestamp};
	if (repeat || flag == 'x')
		return NOTHING;
	/* '!': its own time is refused by the broker, unless it is far in the future. */
	if (flag == 'e' || (flag == '!' && entry->timestamp < 1700000000000))
		return DEAD;
	return OUTPUT;
}

static int def_of(const struct fk_part *part, int64_t offset)
{
	int def = -1;

	for (size_t i = 0; i < part->range_count; i++)
		if (offset >= part->ranges[i].from && offset < part->ranges[i].to)
			def = part->ranges[i].def;
	return def;
}

/* How often `value` can be read from the topic, and at the offset of the last. */
static int64_t find(const struct fk_topic *topic, const char *value, int32_t *ret_partition,
		    int64_t *ret_offset)
{
	int64_t count = 0;

	for (int32_t p = 0; p < topic->count; p++) {
		const struct fk_part *part = &topic->parts[p];

		for (int64_t o = 0; o < part->count; o++) {
			const struct fk_entry *entry = &part->entries[o];

			if (entry->kind != FK_DATA || entry->state != FK_COMMITTED ||
			    strcmp(entry->value, value) != 0)
				continue;
			count++;
			*ret_partition = p;
			*ret_offset = o;
		}
	}
	return count;
}

static void check_ranges(struct sim *sim, int32_t p)
{
	const struct fk_part *part = &sim->in->parts[p];
	int64_t c = 0;

	for (size_t i = 0; i < part->range_count; i++) {
		if (part->ranges[i].from != c || part->ranges[i].to < c)
			sim_complain(sim,
				     "partition %" PRId32 ": C went from %" PRId64 " to %" PRId64,
				     p, c, part->ranges[i].to);
		c = part->ranges[i].to;
	}
}

static void check_record(struct sim *sim, int32_t p, int64_t offset, enum expected expected,
			 int64_t last[2])
{
	const struct fk_part *part = &sim->in->parts[p];
	const struct fk_entry *entry = &part->entries[offset];
	int32_t out_partition = 0, dead_partition = 0;
	int64_t at = 0, dead_at = 0;
	int64_t out = find(sim->out, entry->value, &out_partition, &at);
	int64_t dead = find(sim->dead, entry->value, &dead_partition, &dead_at);
	int64_t want_out = offset < part->c && expected == OUTPUT;
	int64_t want_dead = offset < part->c && expected == DEAD;

	if (out != want_out || dead != want_dead)
		sim_complain(sim,
			     "in/%" PRId32 "/%" PRId64 " (%s, key %s, time %" PRId64 ", C %" PRId64
			     ", def %d): %" PRId64 " outputs for %" PRId64 ", %" PRId64
			     " dead letters for %" PRId64,
			     p, offset, entry->value, entry->key, entry->timestamp, part->c,
			     def_of(part, offset), out, want_out, dead, want_dead);
	if (out == 1) {
		if (at < last[out_partition])
			sim_complain(sim, "in/%" PRId32 "/%" PRId64 " overtook an earlier record",
				     p, offset);
		last[out_partition] = at;
	}
}

/* Calls check_record, or counts, for every record; T by the words of the guarantee. */
static int64_t walk(struct sim *sim, int32_t p)
{
	const struct fk_part *part = &sim->in->parts[p];
	struct model models[SIM_DEFS];
	int64_t t = 0, previous = -1, records = 0;
	int64_t last[2] = {-1, -1};

	memset(models, 0, sizeof(models));
	for (int d = 0; d < SIM_DEFS; d++) {
		models[d].filter_first = rules[d].filter_first;
		models[d].within = rules[d].within;
	}
	for (int64_t o = 0; o < part->count; o++) {
		const struct fk_entry *entry = &part->entries[o];
		enum expected expected[SIM_DEFS];
		int def = def_of(part, o);

		if (entry->kind != FK_DATA || entry->state != FK_COMMITTED)
			continue;
		if (entry->timestamp >= 0) {
			int64_t low = entry->timestamp;

			if (previous >= 0 && previous < low)
				low = previous;
			if (low > t)
				t = low;
			previous = entry->timestamp;
		}
		for (int d = 0; d < SIM_DEFS; d++)
			expected[d] = judge(&models[d], entry, t);
		check_record(sim, p, o, def < 0 ? NOTHING : expected[def], last);
		records++;
	}
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

			if (entry->kind == FK_DATA && entry->state == FK_COMMITTED &&
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
		check_ranges(sim, p);
		records += walk(sim, p);
		if (must_end && sim->in->parts[p].c != sim->in->parts[p].count)
			sim_complain(sim, "in/%" PRId32 ": C is %" PRId64 ", the end %" PRId64, p,
				     sim->in->parts[p].c, sim->in->parts[p].count);
	}
	check_nothing_else(sim, sim->out);
	check_nothing_else(sim, sim->dead);
	if (records == 0)
		sim_complain(sim, "nothing was checked");
	return sim->complaint[0] == '\0';
}
