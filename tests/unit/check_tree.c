/*
 * The YAML tree: places and paths of nodes, and every limit: the last size that passes and the
 * first that does not. What libyaml and the tree refuse by form is in tests/config/bad.txt.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/must.h"
#include "config/problems.h"
#include "config/tree.h"
#include "lib/config_cases.h"
#include "lib/suite.h"

static struct arena *arena;
static struct problems *problems;

static void setup(void)
{
	config_cases_enter();
	arena = arena_new(0);
	problems = problems_new();
}

static void teardown(void)
{
	problems_free(problems);
	arena_free(arena);
	config_cases_leave();
}

/* The first error, "" if there is none. */
static const char *first_error(void)
{
	struct config_errors errors;
	const char *line;

	problems_finish(problems, &errors);
	line = errors.count ? arena_printf(arena, "%s", errors.lines[0]) : "";
	config_errors_free(&errors);
	return line;
}

/* Text that grows. */
struct text {
	char *data;
	size_t size;
	FILE *out;
};

static int parse(struct text *text, struct node **ret)
{
	int result;

	fclose(text->out);
	result = tree_parse("t.yaml", bytes_of(text->data, text->size), arena, problems, ret);
	free(text->data);
	return result;
}

#define TEXT(name)                                                                                 \
	struct text name = {0};                                                                    \
	name.out = open_memstream(&name.data, &name.size)

START_TEST(nodes_know_their_place_and_path)
{
	struct node *root = NULL;
	const struct node *b, *c;

	ck_assert_int_eq(tree_parse("t.yaml",
				 bytes_str("a:\n  - b: x\n    k: [1, {c: \"y\"}]\n"), arena,
				 problems, &root),
		0);
	b = tree_find(tree_find(root, "a")->first, "b");
	ck_assert_int_eq(b->line, 2);
	ck_assert_int_eq(b->column, 8);
	ck_assert_int_eq(b->key_column, 5);
	ck_assert_str_eq(tree_path(b, arena), "a[0].b");
	ck_assert(b->plain && !b->quoted);
	c = tree_find(b->next->first->next, "c");
	ck_assert_str_eq(tree_path(c, arena), "a[0].k[1].c");
	ck_assert_int_eq(c->line, 3);
	ck_assert_int_eq(c->column, 16);
	ck_assert(!c->plain && c->quoted);
	ck_assert_str_eq(tree_path(root, arena), "");
	ck_assert_ptr_null(tree_find(root, "b"));
}
END_TEST

START_TEST(a_column_counts_characters)
{
	struct node *root = NULL;

	ck_assert_int_eq(
		tree_parse("t.yaml", bytes_str("{\xc3\xa4: x}"), arena, problems, &root), 0);
	ck_assert_int_eq(root->first->column, 5);
}
END_TEST

START_TEST(a_description_is_short_and_printable)
{
	struct node *root = NULL;

	ck_assert_int_eq(tree_parse("t.yaml",
				 bytes_str("[\"a\\nb\\e\", [], {}, "
					   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xc3\xa4z]"),
				 arena, problems, &root),
		0);
	ck_assert_str_eq(tree_describe(root->first, arena), "\"a b \"");
	ck_assert_str_eq(tree_describe(root->first->next, arena), "a list");
	ck_assert_str_eq(tree_describe(root->first->next->next, arena), "a mapping");
	ck_assert_str_eq(tree_describe(root->first->next->next->next, arena),
		"\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...\"");
}
END_TEST

START_TEST(nesting_ends_at_the_limit)
{
	for (int depth = TREE_DEPTH_MAX; depth <= TREE_DEPTH_MAX + 1; depth++) {
		struct node *root = NULL;
		TEXT(text);

		for (int i = 0; i < depth; i++)
			fputc('[', text.out);
		for (int i = 0; i < depth; i++)
			fputc(']', text.out);
		ck_assert_int_eq(parse(&text, &root), depth > TREE_DEPTH_MAX ? -1 : 0);
	}
	ck_assert_ptr_nonnull(strstr(first_error(), ": is nested more than 64 levels deep, the limit"));
}
END_TEST

START_TEST(nesting_far_beyond_the_limit_is_refused_at_once)
{
	struct node *root = NULL;
	TEXT(text);

	for (int i = 0; i < 500000; i++)
		fputc('[', text.out);
	ck_assert_int_eq(parse(&text, &root), -1);
}
END_TEST

START_TEST(values_end_at_the_limit)
{
	for (int count = TREE_NODES_MAX - 1; count <= TREE_NODES_MAX; count++) {
		struct node *root = NULL;
		TEXT(text);

		for (int i = 0; i < count; i++)
			fputs("- a\n", text.out);
		ck_assert_int_eq(parse(&text, &root), count == TREE_NODES_MAX ? -1 : 0);
	}
	ck_assert_str_eq(first_error(),
		"t.yaml:100000:3: [99999]: the file has more than 100,000 values, the limit");
}
END_TEST

START_TEST(a_value_ends_at_the_limit)
{
	for (size_t len = TREE_SCALAR_BYTES_MAX; len <= TREE_SCALAR_BYTES_MAX + 1; len++) {
		struct node *root = NULL;
		TEXT(text);

		fputs("a: '", text.out);
		for (size_t i = 0; i < len; i++)
			fputc('x', text.out);
		fputc('\'', text.out);
		ck_assert_int_eq(parse(&text, &root), len > TREE_SCALAR_BYTES_MAX ? -1 : 0);
	}
	ck_assert_str_eq(first_error(),
		"t.yaml:1:4: a: is longer than 64k, the limit of one value");
}
END_TEST

START_TEST(a_key_ends_at_the_limit)
{
	for (size_t len = TREE_KEY_BYTES_MAX; len <= TREE_KEY_BYTES_MAX + 1; len++) {
		struct node *root = NULL;
		TEXT(text);

		for (size_t i = 0; i < len; i++)
			fputc('x', text.out);
		fputs(": 1", text.out);
		ck_assert_int_eq(parse(&text, &root), len > TREE_KEY_BYTES_MAX ? -1 : 0);
	}
	ck_assert_str_eq(first_error(),
		"t.yaml:1:1: a key is longer than 256 bytes or holds a NUL character");
}
END_TEST

START_TEST(a_mapping_ends_at_the_limit)
{
	for (int count = TREE_KEYS_MAX; count <= TREE_KEYS_MAX + 1; count++) {
		struct node *root = NULL;
		TEXT(text);

		fputs("m:\n", text.out);
		for (int i = 0; i < count; i++)
			fprintf(text.out, "  k%d: 1\n", i);
		ck_assert_int_eq(parse(&text, &root), count > TREE_KEYS_MAX ? -1 : 0);
	}
	ck_assert_str_eq(first_error(), "t.yaml:2:3: m: has more than 1,000 keys, the limit");
}
END_TEST

START_TEST(a_file_ends_at_the_limit)
{
	char *text = malloc(TREE_FILE_BYTES_MAX + 1);
	struct node *root = NULL;

	must(text != NULL);
	memset(text, '\n', TREE_FILE_BYTES_MAX + 1);
	config_cases_write("t.yaml", text, TREE_FILE_BYTES_MAX);
	ck_assert_int_eq(tree_load("t.yaml", arena, problems, &root), 0);
	ck_assert_ptr_null(root);
	config_cases_write("t.yaml", text, TREE_FILE_BYTES_MAX + 1);
	ck_assert_int_eq(tree_load("t.yaml", arena, problems, &root), -1);
	ck_assert_str_eq(first_error(),
		"t.yaml: cannot be read: it is larger than 1M, the limit");
	free(text);
}
END_TEST

START_TEST(what_is_no_file_is_said_to_be_none)
{
	struct config_errors errors;
	struct node *root = NULL;
	char *lines;

	ck_assert_int_eq(mkfifo("fifo.yaml", 0600), 0);
	ck_assert_int_eq(tree_load("none.yaml", arena, problems, &root), -1);
	ck_assert_int_eq(tree_load("/", arena, problems, &root), -1);
	ck_assert_int_eq(tree_load("fifo.yaml", arena, problems, &root), -1);
	problems_finish(problems, &errors);
	lines = config_cases_join(errors.lines, errors.count);
	ck_assert_str_eq(lines, "none.yaml: cannot be read: No such file or directory\n"
				"/: cannot be read: it is not a regular file\n"
				"fifo.yaml: cannot be read: it is not a regular file\n");
	free(lines);
	config_errors_free(&errors);
}
END_TEST

START_TEST(text_that_is_not_utf_8_has_its_place)
{
	struct node *root = NULL;

	ck_assert_int_eq(
		tree_parse("t.yaml", bytes_str("a: b\nc: \xff\n"), arena, problems, &root), -1);
	ck_assert_str_eq(first_error(),
		"t.yaml:2:4: yaml: invalid leading UTF-8 octet; the file must be UTF-8 text "
		"without control characters");
}
END_TEST

START_TEST(more_errors_than_anyone_reads_are_counted)
{
	struct config_errors errors;
	struct node *root = NULL;
	TEXT(text);

	for (int i = 0; i < PROBLEMS_MAX + 5; i++)
		fprintf(text.out, "- &a%d x\n", i);
	ck_assert_int_eq(parse(&text, &root), 0);
	problems_finish(problems, &errors);
	ck_assert_uint_eq(errors.count, PROBLEMS_MAX + 1);
	ck_assert_str_eq(errors.lines[PROBLEMS_MAX], "and 5 more errors");
	config_errors_free(&errors);
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("tree");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, nodes_know_their_place_and_path);
	tcase_add_test(tcase, a_column_counts_characters);
	tcase_add_test(tcase, a_description_is_short_and_printable);
	tcase_add_test(tcase, nesting_ends_at_the_limit);
	tcase_add_test(tcase, nesting_far_beyond_the_limit_is_refused_at_once);
	tcase_add_test(tcase, values_end_at_the_limit);
	tcase_add_test(tcase, a_value_ends_at_the_limit);
	tcase_add_test(tcase, a_key_ends_at_the_limit);
	tcase_add_test(tcase, a_mapping_ends_at_the_limit);
	tcase_add_test(tcase, a_file_ends_at_the_limit);
	tcase_add_test(tcase, what_is_no_file_is_said_to_be_none);
	tcase_add_test(tcase, text_that_is_not_utf_8_has_its_place);
	tcase_add_test(tcase, more_errors_than_anyone_reads_are_counted);
	return suite_run("tree", tcase);
}
