/* config: loads all files, collects all errors; see config.h. */
#include "config/config.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/must.h"
#include "config/build.h"
#include "config/cross.h"
#include "config/tests.h"

#define MAIN_FILE "/etc/onced/onced.yaml"

struct load {
	struct build build;
	struct config *config;
	struct pipeline_config *pipelines; /* in the arena, CONFIG_PIPELINES_MAX of them */
	const struct node **roots;         /* their trees */
};

/* The settings of the file that was just built, from malloc's memory into the arena. */
static void take_settings(struct build *build, const struct setting **ret, size_t *ret_count)
{
	struct bytes all =
		bytes_of(build->settings, build->setting_count * sizeof(*build->settings));

	*ret_count = build->setting_count;
	*ret = build->setting_count ? arena_copy(build->arena, all).data : NULL;
	build->setting_count = 0;
}

static const char *main_file(const struct config_request *request)
{
	if (request->file)
		return request->file;
	if (request->pipeline_count == 0 && access(MAIN_FILE, F_OK) == 0)
		return MAIN_FILE;
	return NULL;
}

/* *ret_glob NULL: unknown, as the file cannot be read. */
static void load_main(struct load *load, const char **ret_glob)
{
	const char *file = main_file(load->build.request);
	struct node *root = NULL;

	*ret_glob = NULL;
	if (file && tree_load(file, load->build.arena, load->build.problems, &root) < 0)
		return;
	build_main(&load->build, root, file, load->config, ret_glob);
	take_settings(&load->build, &load->config->settings, &load->config->setting_count);
}

static void load_pipeline(struct load *load, const char *file)
{
	struct build *build = &load->build;
	struct pipeline_config *ret = &load->pipelines[load->config->pipeline_count];
	struct node *node = NULL;
	struct section root;

	if (load->config->pipeline_count == CONFIG_PIPELINES_MAX) {
		problems_error_at(build->problems, file, 0, 0, NULL,
				  "is one pipeline too many: %d are the limit",
				  CONFIG_PIPELINES_MAX);
		return;
	}
	if (tree_load(file, build->arena, build->problems, &node) < 0)
		return;
	root = section_root(build, OPTION_PIPELINE, node, file);
	if (!root.node)
		return;
	memset(ret, 0, sizeof(*ret));
	build_pipeline(build, &root, file, &ret->pipeline);
	/* The tests' records are no settings. */
	take_settings(build, &ret->settings, &ret->setting_count);
	tests_read(build, &root, ret);
	build->setting_count = 0;
	load->roots[load->config->pipeline_count++] = node;
}

/* A relative pattern is relative to the main file. */
static const char *absolute(struct arena *arena, const char *pattern, const char *file)
{
	const char *slash = file ? strrchr(file, '/') : NULL;

	if (*pattern == '/' || !slash)
		return pattern;
	return arena_printf(arena, "%.*s/%s", (int)(slash - file), file, pattern);
}

static void load_glob(struct load *load, const char *pattern)
{
	struct build *build = &load->build;
	const char *file = load->config->file;
	glob_t found;
	int result;

	pattern = absolute(build->arena, pattern, file);
	result = glob(pattern, GLOB_ERR, NULL, &found);
	if (result == GLOB_NOMATCH || (result == GLOB_ABORTED && errno == ENOENT))
		problems_error_at(
			build->problems, file ? file : "onced", 0, 0, "pipelines",
			"no file matches %s: name pipeline files on the command line, or set "
			"`pipelines:` in the main file",
			pattern);
	else if (result != 0)
		problems_error_at(build->problems, file ? file : "onced", 0, 0, "pipelines",
				  "%s cannot be searched: %s", pattern, strerror(errno));
	else
		for (size_t i = 0; i < found.gl_pathc; i++)
			load_pipeline(load, found.gl_pathv[i]);
	globfree(&found);
}

static void load_all(struct load *load)
{
	const struct config_request *request = load->build.request;
	const char *pattern;

	load_main(load, &pattern);
	for (size_t i = 0; i < request->pipeline_count; i++)
		load_pipeline(load, request->pipelines[i]);
	if (request->pipeline_count == 0 && pattern && *pattern)
		load_glob(load, pattern);
	load->config->pipelines = load->pipelines;
	cross_check(&load->build, load->config, load->roots);
}

int config_load(const struct config_request *request, struct config **ret,
		struct config_errors *errors)
{
	struct config *config = calloc(1, sizeof(*config));
	struct load load = {.config = config};
	size_t error_count;

	must(config != NULL);
	config->holds = 1;
	config->arena = arena_new(0);
	load.build.request = request;
	load.build.arena = config->arena;
	load.build.problems = problems_new();
	load.pipelines = arena_alloc(config->arena, CONFIG_PIPELINES_MAX * sizeof(*load.pipelines));
	load.roots = arena_alloc(config->arena, CONFIG_PIPELINES_MAX * sizeof(*load.roots));
	load_all(&load);
	free(load.build.settings);
	error_count = problems_error_count(load.build.problems);
	problems_finish(load.build.problems, errors);
	problems_free(load.build.problems);
	if (error_count > 0) {
		config_free(config);
		return -1;
	}
	*ret = config;
	return 0;
}

/* The file's state_dir in the arena; NULL if it has none or cannot be read. */
static const char *state_dir_of(const char *file, struct arena *arena, struct problems *problems)
{
	const struct node *value;
	struct node *root = NULL;

	if (tree_load(file, arena, problems, &root) < 0 || !root || root->kind != NODE_MAPPING)
		return NULL;
	value = tree_find(root, "state_dir");
	return value && value->kind == NODE_SCALAR && value->text[0] == '/' ? value->text : NULL;
}

char *config_state_dir(const char *file, struct config_errors *errors)
{
	struct config_request request = {.file = file};
	struct problems *problems = problems_new();
	struct arena *arena = arena_new(0);
	const char *dir = NULL, *systemd = getenv("STATE_DIRECTORY");
	char *ret;

	file = main_file(&request);
	if (file)
		dir = state_dir_of(file, arena, problems);
	if (!dir && problems_error_count(problems) > 0 && systemd && *systemd == '/')
		dir = arena_printf(arena, "%.*s", (int)strcspn(systemd, ":"), systemd);
	if (!dir)
		dir = build_state_dir(!file && geteuid() != 0, getenv("XDG_STATE_HOME"),
				      getenv("HOME"), arena);
	ret = strdup(dir ? dir : "/var/lib/onced");
	must(ret != NULL);
	problems_finish(problems, errors);
	problems_free(problems);
	arena_free(arena);
	return ret;
}

struct config *config_hold(struct config *config)
{
	must(config->holds >= 1);
	config->holds++;
	return config;
}

void config_free(struct config *config)
{
	if (!config || --config->holds > 0)
		return;
	must(config->holds == 0);
	for (size_t i = 0; i < config->kafka_count; i++)
		if (config->kafka[i].secret) /* a copy in the arena, made for this */
			explicit_bzero((char *)config->kafka[i].value,
				       strlen(config->kafka[i].value));
	arena_free(config->arena);
	free(config);
}

void config_errors_free(struct config_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++)
		free(errors->lines[i]);
	for (size_t i = 0; i < errors->warning_count; i++)
		free(errors->warnings[i]);
	free(errors->lines);
	free(errors->warnings);
	*errors = (struct config_errors){0};
}
