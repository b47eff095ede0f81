/*
 * sim_admin: what people do to a cluster and to its hosts: other definitions, other disks, offsets
 * moved or gone, partitions added, input deleted; and `onced offsets accept`, by its real plan.
 */
#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "cli/accept_plan.h"
#include "cli/takeover.h"
#include "lib/sim.h"
#include "lib/tally.h"

/* Everybody goes down, in order or not. Only then does Kafka let an admin move offsets. */
static void all_down(struct sim *sim)
{
	for (int i = 0; i < sim->host_count; i++) {
		struct sim_host *host = &sim->hosts[i];

		if (!host->broker)
			continue;
		if (host->frozen_turns == 0 && rng_chance(&sim->rng, 600))
			(void)sim_drain(sim, host);
		else
			sim_kill(sim, host);
	}
}

void sim_change_definition(struct sim *sim)
{
	const struct pipeline *before = sim_pipeline(sim->def), *after;

	if (sim_needs_accept(sim))
		return; /* first things first: without state they would just go on */
	all_down(sim);
	sim->def = (int)rng_below(&sim->rng, SIM_DEFS);
	after = sim_pipeline(sim->def);
	if (before == after)
		return;
	if (before->prefix_hash == after->prefix_hash)
		tally(TALLY_DEF_SAME_PREFIX);
	else if (pipeline_window_ms(before) == pipeline_window_ms(after))
		tally(TALLY_DEF_PREFIX);
	else
		tally(TALLY_DEF_WINDOW);
}

void sim_change_disk(struct sim *sim, struct sim_host *host)
{
	struct sim_host *other = &sim->hosts[rng_below(&sim->rng, (uint32_t)sim->host_count)];
	struct fake_disk *disk = NULL;

	if (sim_needs_accept(sim) || !host->disk)
		return; /* what has to be found is found by K */
	for (int i = 0; i < sim->host_count && sim->one_process; i++)
		if (sim->hosts[i].broker)
			return;
	switch (rng_below(&sim->rng, 5)) {
	case 0:
		disk = fake_disk_new();
		tally(TALLY_DISK_LOST);
		break;
	case 1:
		if (!host->old_disk)
			return;
		disk = host->old_disk;
		host->old_disk = NULL;
		tally(TALLY_DISK_OLD);
		break;
	case 2:
		if (other == host || !other->disk)
			return;
		disk = fake_disk_copy(other->disk);
		tally(TALLY_DISK_COPIED);
		break;
	default:
		if (!host->old_disk)
			host->old_disk = fake_disk_copy(host->disk);
		return;
	}
	fake_disk_free(host->disk);
	host->disk = disk;
}

static bool m_of(const struct fk_part *part, struct meta *ret)
{
	return meta_read(bytes_str(part->metadata), ret) == META_OURS;
}

static struct tp tp_of(int32_t p)
{
	return (struct tp){sim_pipeline(0)->topics[0], p};
}

/* Has every disk a K of p, and so far that C at `below` is found to be moved back? */
static bool all_know(struct sim *sim, int32_t p, int64_t below, const char *metadata)
{
	for (int i = 0; i < sim->host_count; i++) {
		struct checkpoint k;
		struct meta m;

		if (!fake_disk_checkpoint(sim_disk(sim, &sim->hosts[i]), tp_of(p), &k))
			return false;
		if (below >= 0 &&
		    (k.x <= below || meta_read(bytes_str(metadata), &m) != META_OURS || m.g != k.g))
			return false;
	}
	return true;
}

static void mark_reset(struct sim *sim, int32_t p, enum sim_reset reset)
{
	sim->reset[p] = reset;
	sim->reset_ranges[p] = (int64_t)sim->in->parts[p].range_count;
}

/* With someone else's metadata, or none: to any place of the log. */
static void reset_foreign(struct sim *sim, int32_t p)
{
	static const char *const texts[] = {"", "onced0 is not ours", "streams 7", "onced1 k=1"};
	struct fk_part *part = &sim->in->parts[p];
	int64_t to = part->log_start +
		     (int64_t)rng_below(&sim->rng, (uint32_t)(part->count - part->log_start) + 1);

	tally(to < part->c ? TALLY_RESET_BACK : TALLY_RESET_FORWARD);
	fake_kafka_set_offset(part, to, texts[rng_below(&sim->rng, 4)]);
	mark_reset(sim, p, SIM_RESET_FOREIGN);
}

/* To the end of the log, over records, with the metadata of where C was. False: it says too little
 * (accepted or adopted without a log time), or there is nothing to be passed over. */
static bool reset_forward(struct sim *sim, int32_t p)
{
	struct fk_part *part = &sim->in->parts[p];
	int64_t to = fake_kafka_lso(part);
	char metadata[FK_META];
	int64_t next = part->c;

	while (next < to &&
	       (part->entries[next].kind != FK_DATA || part->entries[next].state != FK_COMMITTED))
		next++;
	if (sim->def == SIM_STATELESS || sim->retention_used || next >= to ||
	    strstr(part->metadata, " p=-2 "))
		return false;
	memcpy(metadata, part->metadata, FK_META);
	fake_kafka_set_offset(part, to, metadata);
	tally(TALLY_RESET_KEEPS_M);
	mark_reset(sim, p, SIM_RESET_OURS);
	return true;
}

void sim_reset_offsets(struct sim *sim)
{
	int32_t p = (int32_t)rng_below(&sim->rng, (uint32_t)sim->in->count);
	struct fk_part *part = &sim->in->parts[p];

	if (part->has_c && part->saved_c < 0 && part->c > 0) { /* a backup, for later */
		part->saved_c = part->c;
		memcpy(part->saved_metadata, part->metadata, FK_META);
		return;
	}
	all_down(sim);
	fake_kafka_settle(sim->kafka);
	fake_kafka_tick(sim->kafka, 1); /* a generation is named by its millisecond */
	sim_watch_resets(sim);          /* an adoption may have ended just now */
	if (!part->has_c || sim->reset[p] != SIM_RESET_NONE)
		return;
	sim->offsets_moved = true;
	sim->adopt = rng_chance(&sim->rng, 500);
	switch (rng_below(&sim->rng, 5)) {
	case 0:
		if (sim->def == SIM_STATELESS || !all_know(sim, p, -1, NULL))
			break;
		fake_kafka_set_offset(part, -1, "");
		tally(TALLY_OFFSETS_EXPIRED);
		mark_reset(sim, p, SIM_RESET_OURS);
		return;
	case 1:
	case 2:
		if (sim->def == SIM_STATELESS || part->saved_c < 0 || part->saved_c >= part->c ||
		    !all_know(sim, p, part->saved_c, part->saved_metadata))
			break;
		fake_kafka_set_offset(part, part->saved_c, part->saved_metadata);
		tally(TALLY_RESET_OLD_M);
		mark_reset(sim, p, SIM_RESET_OURS);
		return;
	case 3:
		if (!reset_forward(sim, p))
			break;
		return;
	default:
		break;
	}
	reset_foreign(sim, p);
}

/* M's of the others say n: a pipeline with state stops at them, and the new one begins at its
 * beginning, wherever from.start says. */
void sim_add_partition(struct sim *sim)
{
	if (sim->in->count == SIM_PARTITIONS_MAX + 1)
		return;
	all_down(sim);
	fake_kafka_settle(sim->kafka);
	for (int32_t p = 0; p < sim->in->count; p++)
		if (!sim->in->parts[p].has_c || sim->reset[p] != SIM_RESET_NONE)
			return;
	for (int32_t p = 0; p < sim->in->count; p++)
		mark_reset(sim, p, SIM_RESET_COUNT);
	fake_kafka_add_partition(sim->kafka, sim->in);
}

bool sim_needs_accept(const struct sim *sim)
{
	for (int32_t p = 0; p < sim->in->count; p++)
		if (sim->reset[p] != SIM_RESET_NONE)
			return true;
	return false;
}

void sim_watch_resets(struct sim *sim)
{
	for (int32_t p = 0; p < sim->in->count; p++) {
		const struct fk_part *part = &sim->in->parts[p];
		int def;

		if (sim->reset[p] == SIM_RESET_NONE ||
		    (int64_t)part->range_count == sim->reset_ranges[p])
			continue;
		def = part->ranges[part->range_count - 1].def;
		if (sim->reset[p] == SIM_RESET_FOREIGN && sim->adopt && def != SIM_STATELESS)
			tally(TALLY_ADOPTED);
		else if (def != SIM_STATELESS)
			sim_complain(sim,
				     "in/%d: went on after its offsets were reset, with definition "
				     "%d",
				     (int)p, def);
		/* Without a state the count is no matter; with one it still is afterwards. */
		mark_reset(sim, p,
			   sim->reset[p] == SIM_RESET_COUNT ? SIM_RESET_COUNT : SIM_RESET_NONE);
	}
}

/* Do the others' M's know of fewer partitions? */
static bool is_added(const struct sim *sim, int32_t p)
{
	struct meta m;

	for (int32_t i = 0; i < sim->in->count; i++)
		if (sim->in->parts[i].has_c && m_of(&sim->in->parts[i], &m) && m.n <= p)
			return !sim->in->parts[p].has_c;
	return false;
}

static void gather(struct sim *sim, int32_t p, struct recover_in *in)
{
	const struct pipeline *pipeline = sim_pipeline(sim->def);
	const struct fk_part *part = &sim->in->parts[p];

	memset(in, 0, sizeof(*in));
	in->stateful = pipeline->dedup_index >= 0;
	in->d = pipeline->prefix_hash;
	in->window_ms = pipeline_window_ms(pipeline);
	in->k = FK_CLUSTER;
	in->n = sim->in->count;
	in->log_start = part->log_start;
	in->high_watermark = part->count;
	in->has_c = part->has_c;
	in->c = part->c;
	in->m_form = META_FOREIGN;
	if (part->has_c)
		in->m_form = meta_read(bytes_str(part->metadata), &in->m);
	in->has_checkpoint =
		fake_disk_checkpoint(sim_disk(sim, &sim->hosts[0]), tp_of(p), &in->checkpoint);
	in->now_ms = fake_kafka_clock(sim->kafka)->ops->wall_ms(fake_kafka_clock(sim->kafka));
}

void sim_accept(struct sim *sim)
{
	struct accept_plan plans[FK_PARTITIONS];

	all_down(sim);
	fake_kafka_settle(sim->kafka);
	fake_kafka_tick(sim->kafka, 1); /* a generation is named by its millisecond */
	for (int32_t p = 0; p < sim->in->count; p++) {
		struct recover_in in;

		gather(sim, p, &in);
		accept_plan_make(&in, is_added(sim, p), takeover_generation(&in), &plans[p]);
	}
	for (int32_t p = 0; p < sim->in->count; p++) {
		char text[META_MAX];

		sim->reset[p] = SIM_RESET_NONE;
		if (plans[p].kind == ACCEPT_NOTHING)
			continue;
		if (plans[p].kind == ACCEPT_BEYOND)
			sim_complain(sim, "in/%d: nothing that could be accepted", (int)p);
		(void)meta_write(&plans[p].meta, text);
		fake_kafka_set_offset(&sim->in->parts[p], plans[p].offset, text);
		tally(TALLY_ACCEPTED);
	}
}

void sim_delete_records(struct sim *sim, bool beyond)
{
	struct fk_part *part = &sim->in->parts[rng_below(&sim->rng, (uint32_t)sim->in->count)];
	int64_t to = part->log_start;

	if (!part->has_c)
		return;
	if (part->c > part->log_start)
		to += 1 + (int64_t)rng_below(&sim->rng, (uint32_t)(part->c - part->log_start));
	if (beyond && rng_chance(&sim->rng, 200))
		to = part->c + (int64_t)rng_below(&sim->rng, 3);
	if (to > fake_kafka_lso(part))
		to = fake_kafka_lso(part);
	if (to <= part->log_start)
		return;
	sim->retention_used = true;
	tally(to > part->c ? TALLY_DELETED_UNREAD : TALLY_RETENTION);
	part->log_start = to;
}

bool sim_make_anew(struct sim *sim)
{
	int32_t p = (int32_t)rng_below(&sim->rng, (uint32_t)sim->in->count);
	struct fk_part *part = &sim->in->parts[p];
	int64_t last = part->c - 1;

	while (last >= 0 &&
	       (part->entries[last].kind != FK_DATA || part->entries[last].state != FK_COMMITTED))
		last--;
	/* p=-2: accepted or adopted without a log time, and not used with a state since. */
	if (last < 0 || sim->def == SIM_STATELESS || strstr(part->metadata, " p=-2 "))
		return false;
	part->entries[last].timestamp++;
	fake_kafka_append(sim->kafka, sim->in, p, "k0", ".anew", sim->timestamp, false);
	mark_reset(sim, p, SIM_RESET_OURS);
	tally(TALLY_MADE_ANEW);
	return true;
}

bool sim_cut_log(struct sim *sim)
{
	int32_t p = (int32_t)rng_below(&sim->rng, (uint32_t)sim->in->count);
	struct fk_part *part = &sim->in->parts[p];

	if (part->c <= part->log_start)
		return false;
	part->count = part->c - 1;
	mark_reset(sim, p, SIM_RESET_OURS);
	tally(TALLY_LOG_CUT);
	return true;
}
