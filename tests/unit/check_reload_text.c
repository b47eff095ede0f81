/*
 * reload_text: goal: the words for what a reload does. Method: each kind of difference, as a line.
 */
#include <string.h>

#include "lib/suite.h"
#include "run/reload_text.h"

static const struct step dedup = {.kind = STEP_DEDUP};
static const struct pipeline_config stateful = {
	.pipeline = {.name = "p", .group = "g", .steps = &dedup, .step_count = 1}};
static const struct pipeline_config stateless = {.pipeline = {.name = "p", .dedup_index = -1}};

static const struct {
	struct diff_item item;
	const char *anew;
	bool parked;
	int64_t records;
	const char *text;
} rows[] = {
	{{DIFF_SAME, &stateful, &stateful, NULL, 0}, NULL, false, -1, "unchanged"},
	{{DIFF_SAME, &stateful, &stateful, NULL, 0},
	 "memory",
	 false,
	 -1,
	 "unchanged; begins anew with its state, because of `memory`"},
	{{DIFF_SAME, &stateful, &stateful, NULL, 0},
	 NULL,
	 true,
	 -1,
	 "unchanged; it was stopped, and begins anew"},
	{{DIFF_ADDED, NULL, &stateful, NULL, 0}, NULL, false, -1, "added"},
	{{DIFF_REMOVED, &stateful, NULL, NULL, 0}, "memory", true, -1, "removed"},
	{{DIFF_CHANGED, &stateful, &stateful, "commit.every", 1},
	 NULL,
	 false,
	 -1,
	 "changed (commit.every): goes on with its state"},
	{{DIFF_CHANGED, &stateful, &stateless, "steps[0].dedup.within", 3},
	 NULL,
	 false,
	 7,
	 "changed (steps[0].dedup.within and 2 more): goes on where it stands"},
	{{DIFF_GROUP, &stateful, &stateful, "from.group", 1},
	 NULL,
	 false,
	 -1,
	 "changed (from.group): begins where the group g stands"},
	{{DIFF_REBUILT, &stateful, &stateful, "from.format", 1},
	 NULL,
	 false,
	 120,
	 "changed (from.format): its state is rebuilt by replay, about 120 records to read"},
	{{DIFF_REBUILT, &stateful, &stateful, "from.format", 1},
	 NULL,
	 true,
	 -1,
	 "changed (from.format): its state is rebuilt by replay"},
};

#define ROWS ((int)(sizeof(rows) / sizeof(rows[0])))

START_TEST(each_kind_has_its_line)
{
	char text[RELOAD_TEXT_MAX];

	reload_text_item(&rows[_i].item, rows[_i].anew, rows[_i].parked, rows[_i].records, text);
	ck_assert_str_eq(text, rows[_i].text);
}
END_TEST

START_TEST(the_summary_counts_them)
{
	struct diff_item items[ROWS];
	const struct diff diff = {.items = items, .count = ROWS};
	char text[RELOAD_TEXT_MAX];

	for (int i = 0; i < ROWS; i++)
		items[i] = rows[i].item;
	reload_text_summary(&diff, text);
	ck_assert_str_eq(text, "3 unchanged, 1 added, 5 changed, 1 removed");
}
END_TEST

START_TEST(a_long_key_is_cut)
{
	char key[2000], text[RELOAD_TEXT_MAX];
	struct diff_item item = {DIFF_REBUILT, &stateful, &stateful, key, 2};

	memset(key, 'k', sizeof(key));
	key[sizeof(key) - 1] = '\0';
	reload_text_item(&item, NULL, false, INT64_MAX, text);
	ck_assert_uint_lt(strlen(text), RELOAD_TEXT_MAX);
	ck_assert_ptr_nonnull(strstr(text, "rebuilt by replay"));
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("reload_text");

	tcase_add_loop_test(tcase, each_kind_has_its_line, 0, ROWS);
	tcase_add_test(tcase, the_summary_counts_them);
	tcase_add_test(tcase, a_long_key_is_cut);
	return suite_run("reload_text", tcase);
}
