/*
 * build: from trees to the configuration, one file of code per part of a file. Each reports what is
 * wrong and goes on; whether the result may be used is decided at the end, by the count of errors.
 *
 * Thread: main. Blocks: reads local files that references name; compiles expressions (20 ms each).
 */
#ifndef ONCED_CONFIG_BUILD_H
#define ONCED_CONFIG_BUILD_H

#include "config/section.h"

/* The main file; node NULL = there is none, or it says nothing. *ret_glob: the pipeline files,
 * an absolute or relative pattern. */
void build_main(struct build *build, const struct node *node, const char *file,
		struct config *config, const char **ret_glob);

/* Where state is kept when no file says so. user: under the user's state directory. NULL: it
 * cannot be told. Pure. */
const char *build_state_dir(bool user, const char *xdg_state_home, const char *home,
			    struct arena *arena);

/* `kafka:`; node NULL = not there. Wipes the secrets in the tree. */
void build_kafka(struct build *build, const struct node *node, struct config *config);

/* The expressions of a pipeline, in the order of their slots. items is malloc'ed while it grows. */
struct build_exprs {
	struct expr_source *items;
	size_t count, capacity;
	enum value_format format;
};

/* Compiles the text (so that errors have a place) and gives its slot. */
int build_expr(struct build *build, struct build_exprs *exprs, const struct node *node,
	       const char *text);

/* `steps:` of a pipeline. Hints of what may fail after dedup are given here. */
void build_steps(struct build *build, const struct section *root, struct build_exprs *exprs,
		 struct pipeline *pipeline);

/* `to:` of a pipeline. */
void build_targets(struct build *build, const struct section *root, struct build_exprs *exprs,
		   struct pipeline *pipeline);

/* `from.journal` of a pipeline: the source, and what does not go with it. */
void build_journal(struct build *build, const struct section *root, const struct section *from,
		   struct pipeline *pipeline);

/* The group's name with the machine's: hosts have a journal each, so a group each. */
const char *build_journal_group(struct build *build, const struct section *from, const char *group);

/* A whole pipeline file but its tests. */
void build_pipeline(struct build *build, const struct section *root, const char *file,
		    struct pipeline *pipeline);

#endif
