/*
 * section: a mapping of a file, read by the option table: unknown keys, types, ranges and defaults
 * are dealt with here, so that those who build the configuration only say which option they want.
 * A value that is wrong is reported and then stands for its default: reading always goes on.
 *
 * Thread: main. Blocks: no. Everything returned lives in the configuration's arena.
 */
#ifndef ONCED_CONFIG_SECTION_H
#define ONCED_CONFIG_SECTION_H

#include "config/config.h"
#include "config/options.h"
#include "config/problems.h"
#include "config/tree.h"

/* What all builders share during one config_load. */
struct build {
	const struct config_request *request;
	struct arena *arena; /* the configuration's */
	struct problems *problems;
	struct setting *settings; /* of the present file; malloc'ed */
	size_t setting_count, setting_capacity;
};

struct section {
	struct build *build;
	enum option_file which;
	const struct node *node; /* a mapping; NULL = not there: every option has its default */
	const char *prefix;      /* in the table: "steps[].dedup" */
	const char *path;        /* in the file: "steps[2].dedup" */
	bool silent;             /* wrong as a whole and reported: what it lacks is no news */
};

/* The whole file; node NULL = it says nothing. */
struct section section_root(struct build *build, enum option_file which, const struct node *node,
			    const char *file);

/* The mapping below a key of type SECTION (or ERRORS). */
struct section section_open(const struct section *parent, const char *key);

/* An item of a list of type SECTIONS. */
struct section section_item(const struct section *parent, const char *key, const struct node *item);

/* A record of a test's output: its list is below a topic's name, so the table cannot say where. */
struct section section_at(struct build *build, const struct node *node, const char *prefix);

/* The value's node: NULL when it is not there or was refused. Of the right kind of YAML node for
 * LIST, SECTIONS, MAP (and their counts); any kind for ANY, START, ERRORS. Says what is missing if
 * it is required. */
const struct node *section_node(const struct section *section, const char *key);

bool section_has(const struct section *section, const char *key);

/* TEXT, PATH, NAME, DOTTED, TOPIC: NULL when it is not there. */
const char *section_text(const struct section *section, const char *key);

/* EXPR: without white space around it. */
const char *section_expr(const struct section *section, const char *key);

/* INT; SIZE in bytes; DURATION in ms. */
int64_t section_number(const struct section *section, const char *key);
bool section_bool(const struct section *section, const char *key);

/* WORD: its index in the table. START, ERRORS: -1 when it is none of them. */
int section_word(const struct section *section, const char *key);

/* A scalar as one of these; reports and returns NULL otherwise. For items of lists and maps. */
const char *section_scalar(struct build *build, const struct option_rule *option,
			   const struct node *node);
const char *section_scalar_expr(struct build *build, const struct node *node);

/* Reports that the node is not what the option expects. */
void section_wrong(struct build *build, const struct option_rule *option, const struct node *node);

/* Remembers an effective setting for `check -v`. node NULL: it is a default. */
void section_record(struct build *build, const char *path, const char *value,
		    const struct node *node);

#endif
