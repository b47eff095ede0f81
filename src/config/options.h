/*
 * options: the one table of everything that can be said in a file. It drives parsing, defaults,
 * ranges, the search for unknown keys, `check -v` and (by a test) the table in
 * docs/configuration.md and examples/onced.yaml. kafka's properties have their own (kafka_allow.h).
 *
 * Pure; the table is constant.
 */
#ifndef ONCED_CONFIG_OPTIONS_H
#define ONCED_CONFIG_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPTION_WORDS_MAX 6

enum option_file { OPTION_MAIN, OPTION_PIPELINE };

enum option_type {
	OPTION_SECTION,  /* a mapping with keys of the table */
	OPTION_SECTIONS, /* a list of such */
	OPTION_MAP,      /* a mapping with keys of the user */
	OPTION_LIST,     /* a list of what the "path[]" entry says, or of anything */
	OPTION_ANY,      /* any YAML value */
	OPTION_TEXT,
	OPTION_PATH,
	OPTION_NAME,
	OPTION_DOTTED, /* a name that may hold dots */
	OPTION_TOPIC,
	OPTION_EXPR,
	OPTION_BOOL,
	OPTION_INT,
	OPTION_SIZE,
	OPTION_DURATION,
	OPTION_WORD,   /* one of words */
	OPTION_START,  /* one of words, or a time */
	OPTION_ERRORS, /* one of words, or a mapping with keys of the table */
	OPTION_LATER,  /* reserved: refused until it exists */
};

/* What a reload does when the value is another. */
enum option_reload {
	OPTION_RELOAD_PIPELINE, /* the pipeline begins anew; every option of a pipeline file */
	OPTION_RELOAD_ALL,      /* every pipeline begins anew */
	OPTION_RELOAD_NOW,      /* no pipeline notices */
	OPTION_RELOAD_REFUSED,  /* it is refused: a restart is needed */
};

struct option_rule {
	enum option_file file;
	const char *path; /* "steps[].dedup.within" */
	enum option_type type;
	bool required;
	const char *preset;       /* the default as it would be written; NULL = none */
	const char *preset_shown; /* a default that is no constant, in words; else NULL */
	int64_t min, max; /* INT, SIZE (bytes), DURATION (ms); LIST, MAP: how many at most */
	const char *words[OPTION_WORDS_MAX]; /* up to the first NULL */
	const char *example; /* how it is written, for messages; NULL = none needed */
	const char *help;
	enum option_reload reload;
};

/* The whole table, *ret_count entries. */
const struct option_rule *options_all(size_t *ret_count);

/* NULL if there is none by that path. */
const struct option_rule *options_find(enum option_file file, const char *path);

/* The option of a setting: "to[0].when" is "to[].when". NULL if it is a key of the user's. */
const struct option_rule *options_of(enum option_file file, const char *setting);

/* The direct child `key` of prefix ("" = the top), by length so that no text is made. */
const struct option_rule *options_child(enum option_file file, const char *prefix, const char *key);

/* for (o = options_next(file, prefix, NULL); o; o = options_next(file, prefix, o)): children. */
const struct option_rule *options_next(enum option_file file, const char *prefix,
				       const struct option_rule *option);

/* "all pipelines begin anew": what docs/configuration.md says of it. */
const char *options_reload_text(const struct option_rule *option);

/* The last part of the path: "within". */
const char *options_key(const struct option_rule *option);

/* What a value must look like: "a whole number from 1 to 64", "one of json, text, bytes". */
#define OPTIONS_EXPECTED_MAX 256
void options_expected(const struct option_rule *option, char text[OPTIONS_EXPECTED_MAX]);

/* Its limits alone: "from 1 to 64", "one of json, text, bytes"; "" where it has none. */
#define OPTIONS_LIMITS_MAX 160
void options_limits(const struct option_rule *option, char text[OPTIONS_LIMITS_MAX]);

#endif
