/*
 * trust: goal: nothing is read that everyone can write: the main file, a pipeline, a secret, the
 * CA, and the folder of all of them. Method: files in a folder of the test's own, their modes
 * changed one at a time, and the whole loading asked.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "lib/config_cases.h"
#include "lib/suite.h"

static const char pipeline[] = "pipeline: p\nfrom: {topics: [a]}\nto: [{topic: b}]\n";

static void write_text(const char *name, const char *text)
{
	config_cases_write(name, text, strlen(text)); /* a file that is there keeps its mode */
}

/* expected: a part of the one error; NULL = there is none. */
static void check(const char *main, const char *expected)
{
	const char *const files[] = {"p.yaml", NULL};
	struct config_errors errors = {0};
	struct config *config = NULL;

	write_text("onced.yaml", main);
	ck_assert_int_eq(config_cases_load("onced.yaml", files, &config, &errors),
			 expected ? -1 : 0);
	if (expected)
		ck_assert_msg(strstr(errors.lines[0], expected) != NULL, "%s", errors.lines[0]);
	config_free(config);
	config_errors_free(&errors);
}

static void mode(const char *name, mode_t bits)
{
	ck_assert_int_eq(chmod(name, bits), 0);
}

START_TEST(what_everyone_can_write_is_not_trusted)
{
	static const char plain[] = "memory: 512M\n";
	char main[600], folder[256];

	ck_assert_ptr_nonnull(getcwd(folder, sizeof(folder)));
	write_text("p.yaml", pipeline);
	write_text("password", "hunter2");
	write_text("ca.pem", "x");
	check(plain, NULL);
	mode("onced.yaml", 0666);
	check(plain, "onced.yaml: everyone may write it");
	mode("onced.yaml", 0664);
	mode("p.yaml", 0602);
	check(plain, "p.yaml: everyone may write it");
	mode("p.yaml", 0644);
	(void)snprintf(main, sizeof(main), "kafka:\n  sasl.password: ${file:%s/password}\n",
		       folder);
	mode("password", 0602);
	check(main, "/password: everyone may write it");
	(void)snprintf(main, sizeof(main), "kafka:\n  ssl.ca.location: %s/ca.pem\n", folder);
	mode("ca.pem", 0646);
	check(main, "onced.yaml:2:20: kafka.ssl.ca.location: ");
	mode("ca.pem", 0644);
	check(main, NULL);
}
END_TEST

START_TEST(nor_is_what_everyone_can_replace)
{
	static const char plain[] = "memory: 512M\n";

	write_text("p.yaml", pipeline);
	mode(".", 01777); /* like /tmp */
	check(plain, NULL);
	mode(".", 0777);
	check(plain, "everyone may write its folder");
	mode(".", 0700);
	check(plain, NULL);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("trust");

	tcase_add_checked_fixture(tcase, config_cases_enter, config_cases_leave);
	tcase_add_test(tcase, what_everyone_can_write_is_not_trusted);
	tcase_add_test(tcase, nor_is_what_everyone_can_replace);
	return suite_run("trust", tcase);
}
