/* load: see load.h. */
#include "cli/load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "io/expr_jq.h"
#include "run/wiring.h"

#define MACHINE_ID_MAX 33
#define TIMEOUT_MS_MAX 3600000L

bool load_is_file(const char *arg)
{
	const char *dot = strrchr(arg, '.');

	return dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

int load_only_files(const char *command, const struct load_request *request)
{
	for (size_t i = 0; i < request->arg_count; i++) {
		if (load_is_file(request->args[i]))
			continue;
		(void)fprintf(
			stderr,
			"onced %s: '%s' is no pipeline file (its name must end in .yaml or .yml)\n",
			command, request->args[i]);
		return EXIT_USAGE;
	}
	return 0;
}

static void print_all(char *const *lines, size_t count, const char *prefix)
{
	for (size_t i = 0; i < count; i++)
		(void)fprintf(stderr, "%s%s\n", prefix, lines[i]);
}

/* machine-id(5): 32 lower-case hex digits; "uninitialized" in an image that has not booted yet. */
const char *load_machine_id(void)
{
	static char id[MACHINE_ID_MAX];
	FILE *in = fopen("/etc/machine-id", "re");
	bool ok;

	if (!in)
		return NULL;
	ok = fgets(id, sizeof(id), in) && strlen(id) == sizeof(id) - 1 &&
	     strspn(id, "0123456789abcdef") == sizeof(id) - 1;
	(void)fclose(in); /* only read */
	return ok ? id : NULL;
}

int load_config(const struct load_request *request, struct config **ret)
{
	const char **files = calloc(request->arg_count + 1, sizeof(*files));
	struct config_request what = {.file = request->file,
				      .pipelines = files,
				      .engine_revision = EXPR_JQ_REVISION,
				      .machine_id = load_machine_id()};
	struct config_errors errors = {0};
	struct err err;
	int rc;

	must(files != NULL);
	for (size_t i = 0; i < request->arg_count; i++)
		if (load_is_file(request->args[i]))
			files[what.pipeline_count++] = request->args[i];
	if (wiring_engine_open(&what.engine, &err) < 0) {
		(void)fprintf(stderr, "onced: %s\n", err.msg);
		free(files);
		return EXIT_INTERNAL;
	}
	rc = config_load(&what, ret, &errors);
	print_all(errors.warnings, errors.warning_count, "warning: ");
	print_all(errors.lines, errors.count, "");
	config_errors_free(&errors);
	what.engine->ops->close(what.engine);
	free(files);
	return rc < 0 ? EXIT_CONFIG : 0;
}

const struct pipeline *load_find(const struct config *config, const char *arg)
{
	for (size_t i = 0; i < config->pipeline_count; i++) {
		const struct pipeline *pipeline = &config->pipelines[i].pipeline;

		if (strcmp(pipeline->name, arg) == 0 ||
		    (load_is_file(arg) && strcmp(pipeline->file, arg) == 0))
			return pipeline;
	}
	(void)fprintf(stderr, "onced: there is no pipeline '%s'", arg);
	for (size_t i = 0; i < config->pipeline_count; i++)
		(void)fprintf(stderr, "%s%s",
			      i ? ", " : "; there are: ", config->pipelines[i].pipeline.name);
	(void)fputc('\n', stderr);
	return NULL;
}

long load_timeout_ms(const char *text)
{
	static const struct {
		const char *name;
		long ms;
	} units[] = {{"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
	char *end;
	long number;

	errno = 0;
	number = strtol(text, &end, 10);
	if (errno != 0 || end == text || number < 1 || number > TIMEOUT_MS_MAX)
		return -1;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(end, units[i].name) == 0)
			return number <= TIMEOUT_MS_MAX / units[i].ms ? number * units[i].ms : -1;
	return -1;
}
