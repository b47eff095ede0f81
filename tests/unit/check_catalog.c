/*
 * check_catalog: every kind of event has an identifier of its own and a text in the journal's
 * catalog that says what to do. Method: the table of log_catalog against systemd/onced.catalog,
 * read as journalctl reads it.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/suite.h"
#include "run/log_catalog.h"

#define ID_LENGTH 32
#define LINE_BYTES 512
#define COLUMNS_MAX 80

struct text {
	char id[ID_LENGTH + 1];
	bool subject;
	int lines; /* of the body */
};

#define TEXTS_MAX 128
static struct text texts[TEXTS_MAX];
static size_t text_count;

static void read_line(const char *line)
{
	struct text *text;

	if (strncmp(line, "-- ", 3) == 0) {
		ck_assert_uint_lt(text_count, TEXTS_MAX);
		text = &texts[text_count++];
		memset(text, 0, sizeof(*text));
		ck_assert_msg(strlen(line) == 3 + ID_LENGTH, "no identifier: %s", line);
		memcpy(text->id, line + 3, ID_LENGTH);
		return;
	}
	if (line[0] == '#' || line[0] == '\0')
		return;
	ck_assert_msg(text_count > 0, "text before the first entry: %s", line);
	ck_assert_msg(strlen(line) <= COLUMNS_MAX, "too wide for a terminal: %s", line);
	text = &texts[text_count - 1];
	if (strncmp(line, "Subject: ", 9) == 0)
		text->subject = true;
	else if (strncmp(line, "Defined-By: ", 12) != 0 &&
		 strncmp(line, "Documentation: ", 15) != 0)
		text->lines++;
}

static void read_catalog(void)
{
	FILE *file = fopen(TEST_SRCDIR "/systemd/onced.catalog", "re");
	char line[LINE_BYTES];

	ck_assert_ptr_nonnull(file);
	text_count = 0;
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		read_line(line);
	}
	(void)fclose(file);
}

START_TEST(events_are_in_order_with_ids_of_their_own)
{
	size_t count;
	const struct log_catalog_entry *all = log_catalog_all(&count);

	for (size_t i = 0; i < count; i++) {
		ck_assert_msg(strspn(all[i].id, "0123456789abcdef") == ID_LENGTH &&
				      all[i].id[ID_LENGTH] == '\0',
			      "%s: not an identifier: %s", all[i].event, all[i].id);
		ck_assert_ptr_eq(log_catalog_id(all[i].event), all[i].id);
		if (i > 0)
			ck_assert_msg(strcmp(all[i - 1].event, all[i].event) < 0,
				      "%s is out of order", all[i].event);
		for (size_t j = 0; j < i; j++)
			ck_assert_str_ne(all[j].id, all[i].id);
	}
	ck_assert_ptr_null(log_catalog_id("no-such-event"));
}
END_TEST

START_TEST(every_event_is_explained_and_nothing_else)
{
	size_t count;
	const struct log_catalog_entry *all = log_catalog_all(&count);

	read_catalog();
	ck_assert_uint_eq(text_count, count);
	for (size_t i = 0; i < count; i++) {
		/* The same order, so that one is found beside the other. */
		ck_assert_msg(strcmp(texts[i].id, all[i].id) == 0, "%s: another one's text",
			      all[i].event);
		ck_assert_msg(texts[i].subject, "%s: no subject", all[i].event);
		ck_assert_msg(texts[i].lines > 0, "%s: no text", all[i].event);
	}
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("catalog");

	tcase_add_test(tcase, events_are_in_order_with_ids_of_their_own);
	tcase_add_test(tcase, every_event_is_explained_and_nothing_else);
	return suite_run("catalog", tcase);
}
