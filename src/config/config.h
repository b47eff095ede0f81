/*
 * config: everything the YAML files say, checked, as plain data. The way is: files -> tree (tree.h,
 * with line numbers) -> option table (options.h) -> this. Every error of every file is collected in
 * one run, each as `file:line:column: key: reason`.
 *
 * Thread: one, main at start-up, the loader's at a reload; holds are main's. Blocks: reads local
 * files, compiles every expression. Nothing here logs.
 */
#ifndef ONCED_CONFIG_CONFIG_H
#define ONCED_CONFIG_CONFIG_H

#include "core/pipeline.h"

#define CONFIG_PIPELINES_MAX 256

struct kafka_property {
	const char *name;
	const char *value; /* resolved; may be a secret: never print it */
	bool secret;
};

/* One effective setting, for `check -v`: what the file says or the default. Never a secret. */
struct setting {
	const char *path; /* "commit.every" */
	const char *value;
	const char *file; /* NULL: a default */
	int line;
};

struct pipeline_test; /* config/tests.h: the `tests:` of one pipeline, for `onced test` */

struct pipeline_config {
	struct pipeline pipeline;
	const struct pipeline_test *tests;
	size_t test_count;
	const struct setting *settings;
	size_t setting_count;
};

struct config {
	const char *file; /* the main file, NULL = none */
	const char *instance;
	const char *state_dir;
	const struct kafka_property *kafka;
	size_t kafka_count;
	int64_t memory_bytes;
	int log_level; /* enum log_level */
	const struct pipeline_config *pipelines;
	size_t pipeline_count;
	const struct setting *settings; /* the main file's */
	size_t setting_count;
	/* internal: the arena that everything above lives in, and how many share it */
	struct arena *arena;
	int holds;
};

struct config_errors {
	char **lines; /* owned; each "file:line:column: key: reason" */
	size_t count;
	char **warnings; /* owned; hints of `check` */
	size_t warning_count;
};

struct config_request {
	const char *file; /* -c; NULL: /etc/onced/onced.yaml if it is there and no pipeline files
			     are given */
	const char *const
		*pipelines; /* files named on the command line; they replace `pipelines:` */
	size_t pipeline_count;
	struct expr_engine
		*engine;          /* compiles every expression once, so that errors have a place */
	uint64_t engine_revision; /* part of each prefix hash */
	const char *machine_id;   /* 32 hex digits; NULL = the host has none */
};

/* 0: *ret is complete (free with config_free), warnings may be there. -1: errors->count > 0 and
 * *ret is untouched. errors is always initialised; free with config_errors_free. */
int config_load(const struct config_request *request, struct config **ret,
		struct config_errors *errors) CHECKED;
/* Where a daemon keeps its state that was started with this main file (NULL: with none, so the
 * default one if it is there): also when the rest of the file is wrong. If it is no YAML at all,
 * errors says why, and the answer is where systemd says ($STATE_DIRECTORY), or the default. The
 * caller frees it (never NULL), and errors. */
char *config_state_dir(const char *file, struct config_errors *errors);

/* One more owner: each gives its hold back with config_free, the last one frees. Thread: main. */
struct config *config_hold(struct config *config);
void config_free(struct config *config); /* NULL is fine; wipes secrets */
void config_errors_free(struct config_errors *errors);

#endif
