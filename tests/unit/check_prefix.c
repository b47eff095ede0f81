/*
 * The prefix hash: it must change with whatever changes the state, and with nothing else. Its text
 * is compared byte for byte: hashes of it are committed with every offset of every installation.
 */
#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "config/prefix.h"
#include "lib/config_cases.h"
#include "lib/suite.h"

#define HEAD "pipeline: p\nfrom: {topics: [a]}\nto: [{topic: b}]\nsteps:\n"

static uint64_t hash_of(const char *text)
{
	const char *const files[] = {"p.yaml", NULL};
	struct config *config = NULL;
	struct config_errors errors;
	uint64_t hash;

	config_cases_write("p.yaml", text, strlen(text));
	if (config_cases_load(NULL, files, &config, &errors) < 0)
		ck_abort_msg("%s", errors.lines[0]);
	hash = config->pipelines[0].pipeline.prefix_hash;
	config_errors_free(&errors);
	config_free(config);
	return hash;
}

static const char base[] = HEAD "  - filter: .a\n"
				"  - map: .b\n"
				"  - dedup: {id: .id, within: 24h}\n"
				"  - key: .k\n";

START_TEST(what_does_not_touch_the_state_keeps_it)
{
	static const char *const same[] = {
		/* the form of the YAML */
		HEAD
		"  - filter: |\n      .a\n"
		"  - {map: \".b\"}\n"
		"  - dedup:\n      within: 1440m  # a day\n      id:   .id\n      missing: error\n"
		"  - key: .k\n",
		/* what follows dedup */
		HEAD "  - filter: .a\n  - map: .b\n  - dedup: {id: .id, within: 24h}\n",
		HEAD "  - filter: .a\n  - map: .b\n  - dedup: {id: .id, within: 24h}\n"
		     "  - filter: .z\n",
		/* everything else */
		"pipeline: q\nworkers: 3\n"
		"from: {topics: [x, y], group: g, start: latest, adopt: true, on_gap: accept}\n"
		"to: [{topic: z, when: .w}]\nerrors: drop\ncommit: {every: 1s}\nlineage: true\n"
		"steps:\n  - filter: .a\n  - map: .b\n  - dedup: {id: .id, within: 24h}\n",
	};

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		ck_assert_msg(hash_of(same[i]) == hash_of(base), "%s", same[i]);
}
END_TEST

START_TEST(what_touches_the_state_changes_it)
{
	static const char *const other[] = {
		HEAD "  - filter: .a2\n  - map: .b\n  - dedup: {id: .id, within: 24h}\n",
		HEAD "  - map: .a\n  - map: .b\n  - dedup: {id: .id, within: 24h}\n",
		HEAD "  - map: .b\n  - filter: .a\n  - dedup: {id: .id, within: 24h}\n",
		HEAD "  - map: .b\n  - dedup: {id: .id, within: 24h}\n",
		HEAD "  - filter: .a\n  - map: .b\n  - dedup: {id: .id2, within: 24h}\n",
		HEAD "  - filter: .a\n  - map: .b\n  - dedup: {within: 24h}\n",
		HEAD "  - filter: .a\n  - map: .b\n  - dedup: {id: $key, within: 24h}\n",
		HEAD "  - filter: .a\n  - map: .b\n  - dedup: {id: .id, within: 25h}\n",
		HEAD
		"  - filter: .a\n  - map: .b\n  - dedup: {id: .id, within: 24h, missing: pass}\n",
		HEAD
		"  - filter: .a\n  - map: .b\n  - key: .k\n  - dedup: {id: .id, within: 24h}\n",
		HEAD "  - filter: .a\n  - map: .b\n  - headers: {set: {h: .k}}\n"
		     "  - dedup: {id: .id, within: 24h}\n",
		HEAD "  - filter: .a\n  - map: .b\n  - headers: {remove: [h]}\n"
		     "  - dedup: {id: .id, within: 24h}\n",
		HEAD "  - filter: .a\n  - map: .b\n",
		HEAD "  - filter: .a\n  - map: .b\n"
		     "  - dedup: {id: .id, within: 24h}\n",
	};
	const size_t count = sizeof(other) / sizeof(other[0]);
	uint64_t hashes[sizeof(other) / sizeof(other[0])];

	for (size_t i = 0; i < count; i++) {
		hashes[i] = hash_of(other[i]);
		for (size_t j = 0; j < i; j++)
			ck_assert_msg(hashes[i] != hashes[j], "%s\nand\n%s", other[i], other[j]);
	}
	ck_assert(hashes[count - 1] == hash_of(base));
	ck_assert(
		hash_of("pipeline: p\nfrom: {topics: [a], format: text}\nto: [{topic: b}]\nsteps:\n"
			"  - filter: .a\n  - map: .b\n  - dedup: {id: .id, within: 24h}\n") !=
		hash_of(base));
}
END_TEST

START_TEST(the_text_is_what_it_was)
{
	const struct header_set set = {"h", ".x", 0};
	const char *remove = "r";
	const struct step steps[] = {
		{.kind = STEP_FILTER, .text = ".a"},
		{.kind = STEP_MAP, .text = "\n"},
		{.kind = STEP_KEY, .text = "$topic"},
		{.kind = STEP_HEADERS,
		 .set = &set,
		 .set_count = 1,
		 .remove = &remove,
		 .remove_count = 1},
		{.kind = STEP_DEDUP, .text = ".id", .within_ms = 5, .missing_pass = true},
		{.kind = STEP_FILTER, .text = "after"},
	};
	struct pipeline pipeline = {.format = FORMAT_JSON,
				    .steps = steps,
				    .step_count = 6,
				    .dedup_index = 4};
	char *text = prefix_text(&pipeline, 3);

	ck_assert_str_eq(text, "onced prefix 1\nformat json\nengine 3\n"
			       "filter 2:.a\nmap 1:\n\nkey 6:$topic\n"
			       "remove 1:r\nset 1:h\nto 2:.x\n"
			       "dedup 3:.id\nwithin 5\nmissing pass\n");
	free(text);
	ck_assert(prefix_hash(&pipeline, 3) != prefix_hash(&pipeline, 4));
	pipeline.dedup_index = -1;
	text = prefix_text(&pipeline, 3);
	ck_assert_str_eq(text, "onced prefix 1\nformat json\nengine 3\n");
	free(text);
}
END_TEST

/* Offsets count what the source lets through, so the same steps over other entries are another
 * state. */
START_TEST(the_entries_that_a_journal_gives_change_it)
{
	static const char *const other[] = {
		"{topics: [a]}",
		"{journal: {units: [a.service]}}",
		"{journal: {units: [a.service, b.service]}}",
		"{journal: {units: [a.service], match: {PRIORITY: \"3\"}}}",
		"{journal: {units: [a.service], match: {PRIORITY: [\"3\", \"4\"]}}}",
		"{journal: {units: [a.service], match: {PRIORITY: \"3\", _UID: \"4\"}}}",
	};
	const size_t count = sizeof(other) / sizeof(other[0]);
	uint64_t hashes[sizeof(other) / sizeof(other[0])];

	for (size_t i = 0; i < count; i++) {
		char text[512];

		(void)snprintf(text, sizeof(text),
			       "pipeline: p\nfrom: %s\nto: [{topic: b}]\nsteps:\n"
			       "  - dedup: {id: .id, within: 24h}\n",
			       other[i]);
		hashes[i] = hash_of(text);
		for (size_t j = 0; j < i; j++)
			ck_assert_msg(hashes[i] != hashes[j], "%s and %s", other[i], other[j]);
	}
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("prefix");

	tcase_add_checked_fixture(tcase, config_cases_enter, config_cases_leave);
	tcase_add_test(tcase, what_does_not_touch_the_state_keeps_it);
	tcase_add_test(tcase, what_touches_the_state_changes_it);
	tcase_add_test(tcase, the_entries_that_a_journal_gives_change_it);
	tcase_add_test(tcase, the_text_is_what_it_was);
	return suite_run("prefix", tcase);
}
