/*
 * config_cases: files of configuration cases, and a directory to load them in. A case file is a
 * list of
 *
 *   === what it shows
 *   --- NAME.yaml          a file, for the loader; onced.yaml is the main file, every other one
 *   ...                    a pipeline file, in this order
 *   --- errors             what the loader must say, line by line, all of it
 *   --- hints              the same for the hints
 */
#ifndef ONCED_TESTS_CONFIG_CASES_H
#define ONCED_TESTS_CONFIG_CASES_H

#include "config/config.h"

#define CASE_FILES_MAX 4

struct config_case {
	const char *title; /* all borrowed from the text of the file */
	const char *names[CASE_FILES_MAX];
	const char *texts[CASE_FILES_MAX];
	size_t file_count;
	const char *errors; /* "" = none */
	const char *hints;
};

struct config_cases {
	char *text;                /* owned */
	struct config_case *items; /* owned */
	size_t count;
};

/* name: below the source's tests/config. Ends the test program if it cannot be read. */
void config_cases_read(const char *name, struct config_cases *ret);
void config_cases_free(struct config_cases *cases);

/* A file of the source tree; the caller frees it. */
char *config_cases_source(const char *path);

/* Makes a fresh directory and goes there; leaves and removes it. */
void config_cases_enter(void);
void config_cases_leave(void);
void config_cases_write(const char *name, const char *text, size_t len);

/* Loads pipeline files (up to the first NULL) with the fake engine; main may be NULL. */
int config_cases_load(const char *main, const char *const *pipelines, struct config **ret,
		      struct config_errors *errors);

/* Writes the case's files and loads them. */
int config_cases_load_case(const struct config_case *one, struct config **ret,
			   struct config_errors *errors);

/* All lines, each with a line break; the caller frees it. */
char *config_cases_join(char *const *lines, size_t count);

#endif
