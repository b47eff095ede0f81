/*
 * check_print: goal: `onced check -v` says of each setting where it comes from, what the default
 * would be and what its limits are, by the option table. Method: a main file and a pipeline, and
 * the lines that must be there.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/check_print.h"
#include "lib/config_cases.h"
#include "lib/suite.h"

static char *printed(bool verbose)
{
	static const char main[] = "memory: 1G\nkafka: {linger.ms: 3, client.id: x}\n";
	static const char pipeline[] = "pipeline: p\nworkers: 3\nfrom: {topics: [a]}\n"
				       "steps: [{dedup: {id: .id, within: 2h}}]\n"
				       "to: [{topic: b, otherwise: true}]\ncommit: {every: 2s}\n";
	static const char *const files[] = {"p.yaml", NULL};
	static const struct memory_share share = {.batch_bytes = 1 << 20};
	struct config *config = NULL;
	struct config_errors errors;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	config_cases_enter();
	config_cases_write("onced.yaml", main, strlen(main));
	config_cases_write("p.yaml", pipeline, strlen(pipeline));
	ck_assert_int_eq(config_cases_load("onced.yaml", files, &config, &errors), 0);
	check_print(out, config, 3, &share, verbose);
	ck_assert_int_eq(fclose(out), 0);
	config_errors_free(&errors);
	config_free(config);
	config_cases_leave();
	return text;
}

START_TEST(a_setting_has_its_origin_default_and_limits)
{
	static const char *const lines[] = {
		"\n  memory = 1G  (onced.yaml:1; default 512M; from 64M to 1024G)\n",
		"\n  log_level = info  (default; one of error, warning, notice, info, debug)\n",
		"\n  kafka.linger.ms = 3  (onced.yaml:2; a whole number from 0 to 1000)\n",
		"\n  kafka.client.id = x  (onced.yaml:2)\n",
		"\n  workers = 3  (p.yaml:2; default 1; from 1 to 64)\n",
		"\n  from.topics[0] = a  (p.yaml:3)\n",
		"\n  steps[0].dedup.within = 2h  (p.yaml:4; from 1ms to 3650d)\n",
		"\n  to[0].otherwise = true  (p.yaml:5; default false)\n",
		"\n  errors = stop  (default; one of stop, drop, or `{to: TOPIC}`)\n",
		"\n  commit.every = 2s  (p.yaml:6; default 100ms; from 1ms to 5s)\n",
		"\n  commit.records = 50000  (default; from 1 to 1000000)\n",
	};
	char *text = printed(true);

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		ck_assert_msg(strstr(text, lines[i]) != NULL, "no line%sin\n%s", lines[i], text);
	free(text);
}
END_TEST

START_TEST(without_v_there_is_a_line_for_each_pipeline)
{
	char *text = printed(false);

	ck_assert_str_eq(text, "p: a -> b; errors: stop; group onced.p; 1 step, 3 workers, "
			       "0 tests\n");
	free(text);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("lines");

	tcase_add_test(tcase, a_setting_has_its_origin_default_and_limits);
	tcase_add_test(tcase, without_v_there_is_a_line_for_each_pipeline);
	return suite_run("print", tcase);
}
