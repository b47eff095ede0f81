/*
 * state_dir: goal: the directory is there with its parents, closed to others, or one message says
 * why not. Method: paths below a fresh temporary directory; what may not be written is tried as an
 * unprivileged user, as root may write everywhere.
 */
#include <check.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/suite.h"
#include "run/state_dir.h"

static char root[64], path[PATH_MAX];
static struct err err;

static void setup(void)
{
	(void)snprintf(root, sizeof(root), "%s", "/tmp/onced-state.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
	ck_assert_int_eq(chmod(root, 0755), 0);
}

static void teardown(void)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf '%s'", root);
	ck_assert_int_eq(system(command), 0);
}

static const char *below(const char *name)
{
	(void)snprintf(path, sizeof(path), "%s/%s", root, name);
	return path;
}

static void refused(const char *dir, const char *word)
{
	ck_assert_int_eq(state_dir_make(dir, &err), -1);
	ck_assert_int_eq(err.kind, ERR_STOP);
	ck_assert_int_eq(err.code, EXIT_STATE);
	ck_assert_msg(strstr(err.msg, word), "%s", err.msg);
}

START_TEST(it_is_made_with_its_parents_and_closed_to_others)
{
	static const char *const parts[] = {"a", "a/b", "a/b/c"};
	struct stat st;

	ck_assert_int_eq(state_dir_make(below("a/b/c"), &err), 0);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_int_eq(stat(below(parts[i]), &st), 0);
		ck_assert(S_ISDIR(st.st_mode));
		ck_assert_int_eq(st.st_mode & 0777, 0700);
	}
	ck_assert_int_eq(state_dir_make(below("a/b/c"), &err), 0); /* again */
}
END_TEST

START_TEST(an_existing_one_keeps_its_mode)
{
	struct stat st;

	ck_assert_int_eq(mkdir(below("here"), 0750), 0);
	ck_assert_int_eq(state_dir_make(below("here"), &err), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0750);
}
END_TEST

START_TEST(a_slash_at_the_end_is_fine)
{
	ck_assert_int_eq(state_dir_make(below("a/"), &err), 0);
}
END_TEST

START_TEST(a_file_in_its_place_is_named)
{
	FILE *file = fopen(below("file"), "w");

	ck_assert_ptr_nonnull(file);
	(void)fclose(file);
	refused(below("file"), "not a directory");
	refused(below("file/state"), "file");
}
END_TEST

START_TEST(an_empty_or_endless_path_is_refused)
{
	char *endless = malloc(PATH_MAX + 2);

	ck_assert_ptr_nonnull(endless);
	memset(endless, 'a', PATH_MAX + 1);
	endless[PATH_MAX + 1] = '\0';
	refused("", "empty or too long");
	refused(endless, "empty or too long");
	free(endless);
}
END_TEST

START_TEST(what_may_not_be_written_is_refused)
{
	const bool was_root = geteuid() == 0;

	ck_assert_int_eq(mkdir(below("theirs"), 0755), 0);
	if (was_root)
		ck_assert_int_eq(setresuid(65534, 65534, 0), 0);
	else
		ck_assert_int_eq(chmod(path, 0555), 0);
	refused(below("theirs"), "check owner and mode");
	refused(below("theirs/state"), "check owner and mode");
	if (was_root) /* who cleans up */
		ck_assert_int_eq(setresuid(0, 0, 0), 0);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("state_dir");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, it_is_made_with_its_parents_and_closed_to_others);
	tcase_add_test(tcase, an_existing_one_keeps_its_mode);
	tcase_add_test(tcase, a_slash_at_the_end_is_fine);
	tcase_add_test(tcase, a_file_in_its_place_is_named);
	tcase_add_test(tcase, an_empty_or_endless_path_is_refused);
	tcase_add_test(tcase, what_may_not_be_written_is_refused);
	return suite_run("state_dir", tcase);
}
