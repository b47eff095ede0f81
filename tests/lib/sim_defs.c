/*
 * sim_defs: the definitions that the simulation's hosts run, and what the oracle has to know of
 * each. Neighbours differ in one thing only, so that every kind of change happens.
 */
#include "base/must.h"
#include "lib/sim.h"

static const char *const topics[] = {"in"};

#define FILTER                                                                                     \
	{                                                                                          \
		.kind = STEP_FILTER, .where = "filter", .text = "f", .slot = 0                     \
	}
#define DEDUP(within)                                                                              \
	{                                                                                          \
		.kind = STEP_DEDUP, .where = "dedup", .slot = -1, .within_ms = (within)            \
	}

static const struct step filter_first[] = {FILTER, DEDUP(1000)};
static const struct step dedup_first[] = {DEDUP(1000), FILTER};
static const struct step wide[] = {FILTER, DEDUP(3000)};
static const struct step narrow[] = {FILTER, DEDUP(300)};
static const struct step stateless[] = {FILTER};
static const struct target targets[] = {{.topic = "out", .where = "to", .slot = -1},
					{.topic = "copy", .where = "to", .slot = -1}};
static const struct expr_source exprs[] = {{"filter", "f"}};

#define DEFINITION(steps_, count, hash, dedup, target_count_, errors_)                             \
	{                                                                                          \
		.name = "sim", .file = "sim.yaml", .workers = 1, .topics = topics,                 \
		.topic_count = 1, .group = "g", .start = START_EARLIEST, .format = FORMAT_TEXT,    \
		.on_gap = GAP_STOP, .steps = (steps_), .step_count = (count),                      \
		.dedup_index = (dedup), .prefix_hash = (hash), .targets = targets,                 \
		.target_count = (target_count_), .errors = (errors_), .errors_topic = "dead",      \
		.commit_every_ms = 20, .commit_records = 8, .commit_bytes = 4096, .exprs = exprs,  \
		.expr_count = 1,                                                                   \
	}

static const struct pipeline definitions[SIM_DEFS] = {
	DEFINITION(filter_first, 2, 0xA0, 1, 1, ERRORS_TO),
	DEFINITION(dedup_first, 2, 0xA1, 0, 1, ERRORS_TO),
	DEFINITION(wide, 2, 0xA2, 1, 1, ERRORS_TO),
	DEFINITION(narrow, 2, 0xA3, 1, 1, ERRORS_TO),
	DEFINITION(stateless, 1, 0xA4, -1, 1, ERRORS_TO),
	DEFINITION(filter_first, 2, 0xA0, 1, 2, ERRORS_DROP), /* the prefix of the first */
	DEFINITION(dedup_first, 2, 0xA1, 0, 2, ERRORS_STOP),  /* and of the second */
};

const struct pipeline *sim_pipeline(int def)
{
	must(def >= 0 && def < SIM_DEFS);
	return &definitions[def];
}

/* By hand, and not from the table above: it is the oracle's. */
struct sim_rule sim_rule(int def)
{
	static const struct sim_rule rules[SIM_DEFS] = {
		{true, 1000, false, SIM_ERRORS_DEAD},  {false, 1000, false, SIM_ERRORS_DEAD},
		{true, 3000, false, SIM_ERRORS_DEAD},  {true, 300, false, SIM_ERRORS_DEAD},
		{true, -1, false, SIM_ERRORS_DEAD},    {true, 1000, true, SIM_ERRORS_NOTHING},
		{false, 1000, true, SIM_ERRORS_NEVER},
	};

	must(def >= 0 && def < SIM_DEFS);
	return rules[def];
}
