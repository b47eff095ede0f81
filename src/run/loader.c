/* loader: see loader.h. */
#include "run/loader.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "config/tests.h"
#include "io/expr_jq.h"
#include "run/test_compare.h"
#include "run/wiring.h"

struct loader {
	struct config_request files;
	pthread_t thread;
	pthread_mutex_t lock;       /* of engine */
	struct expr_engine *engine; /* NULL: not open */
	_Atomic bool ended;
	/* The thread's until it has ended. */
	struct config *config;
	int code;
	char *text; /* owned */
	size_t text_size;
};

static void show_engine(struct loader *loader, struct expr_engine *engine)
{
	must(pthread_mutex_lock(&loader->lock) == 0);
	loader->engine = engine;
	must(pthread_mutex_unlock(&loader->lock) == 0);
}

/* The names of those that fail; what they say is in the file, not in our log. */
static bool run_tests(struct expr_engine *engine, const struct config *config, FILE *out)
{
	bool all = true;
	char *detail = NULL;
	size_t size = 0;

	for (size_t i = 0; i < config->pipeline_count; i++) {
		const struct pipeline_config *pipeline = &config->pipelines[i];

		for (size_t j = 0; j < pipeline->test_count; j++) {
			const struct pipeline_test *test = &pipeline->tests[j];
			FILE *details = open_memstream(&detail, &size);
			bool passes;

			must(details != NULL);
			passes = test_passes(engine, &pipeline->pipeline, test, details);
			must(fclose(details) == 0);
			free(detail);
			if (!passes)
				fprintf(out,
					"%s: the test \"%s\" does not pass: `onced test` shows "
					"how\n",
					test->where, test->name);
			all = all && passes;
		}
	}
	return all;
}

static int load(struct loader *loader, struct expr_engine *engine, FILE *out)
{
	struct config_request request = loader->files;
	struct config_errors errors = {0};
	int rc;

	request.engine = engine;
	request.engine_revision = EXPR_JQ_REVISION;
	rc = config_load(&request, &loader->config, &errors);
	for (size_t i = 0; i < errors.count; i++)
		fprintf(out, "%s\n", errors.lines[i]);
	config_errors_free(&errors);
	if (rc < 0)
		return EXIT_CONFIG;
	if (loader->config->pipeline_count == 0) {
		fprintf(out, "%s: pipelines: there is no pipeline to run\n",
			loader->config->file ? loader->config->file : "onced");
		return EXIT_CONFIG;
	}
	return run_tests(engine, loader->config, out) ? 0 : EXIT_FOUND;
}

static void *run(void *arg)
{
	struct loader *loader = arg;
	FILE *out = open_memstream(&loader->text, &loader->text_size);
	struct expr_engine *engine = NULL;
	struct err err;

	must(out != NULL);
	if (wiring_engine_open(&engine, &err) == 0) {
		show_engine(loader, engine);
		loader->code = load(loader, engine, out);
		show_engine(loader, NULL);
		engine->ops->close(engine);
	} else {
		loader->code = EXIT_INTERNAL;
		fprintf(out, "%s\n", err.msg);
	}
	must(fclose(out) == 0);
	loader->ended = true;
	return NULL;
}

int loader_start(const struct config_request *files, struct loader **ret, struct err *err)
{
	struct loader *loader = calloc(1, sizeof(*loader));
	int rc;

	must(loader != NULL);
	loader->files = *files;
	must(pthread_mutex_init(&loader->lock, NULL) == 0);
	rc = pthread_create(&loader->thread, NULL, run, loader);
	if (rc != 0) {
		(void)pthread_mutex_destroy(&loader->lock);
		free(loader);
		return err_set(err, ERR_STOP, EXIT_INTERNAL,
			       "cannot start the thread that reads the files: %s", strerror(rc));
	}
	*ret = loader;
	return 0;
}

bool loader_has_ended(const struct loader *loader)
{
	return loader->ended;
}

void loader_watch(struct loader *loader)
{
	must(pthread_mutex_lock(&loader->lock) == 0);
	if (loader->engine)
		expr_jq_watch(loader->engine);
	must(pthread_mutex_unlock(&loader->lock) == 0);
}

int loader_finish(struct loader *loader, struct config **ret, char **ret_text)
{
	int code;

	must(loader->ended);
	must(pthread_join(loader->thread, NULL) == 0);
	(void)pthread_mutex_destroy(&loader->lock);
	code = loader->code;
	if (code == 0) {
		*ret = loader->config;
		free(loader->text);
	} else {
		config_free(loader->config);
		*ret_text = loader->text;
	}
	free(loader);
	return code;
}
