/*
 * onced test: runs the `tests:` of each pipeline without a broker and without state. A second
 * thread watches for expressions that do not end.
 */
#include <getopt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/must.h"
#include "cli/cli.h"
#include "cli/load.h"
#include "io/expr_jq.h"
#include "run/test_compare.h"
#include "run/wiring.h"

#define WATCH_EVERY_MS 100

static const char usage[] =
	"onced test [-c FILE] [-v] [PIPELINE.yaml ...]\n"
	"\n"
	"Runs the `tests:` of all pipelines of the configuration, or of the files named\n"
	"here, without a broker: the same steps and the same dedup as `run`, in memory.\n"
	"\n"
	"  -c FILE   the main file; default /etc/onced/onced.yaml if it is there and no\n"
	"            file is named\n"
	"  -v        name the tests that pass, too\n"
	"\n"
	"Exit: 0 all tests pass, 1 one does not, 78 the configuration is wrong.\n";

struct tally {
	size_t passed, failed;
};

struct watch {
	struct expr_engine *engine;
	atomic_bool ended;
	pthread_t thread;
};

static void *watch_main(void *argument)
{
	const struct timespec pause = {0, WATCH_EVERY_MS * 1000000L};
	struct watch *watch = argument;

	while (!atomic_load(&watch->ended)) {
		expr_jq_watch(watch->engine);
		(void)nanosleep(&pause, NULL); /* cut short by a signal is fine */
	}
	return NULL;
}

static void run_one(struct expr_engine *engine, const struct pipeline *pipeline,
		    const struct pipeline_test *test, bool verbose, struct tally *tally)
{
	CLEANUP(free) char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	bool same;

	must(out != NULL);
	same = test_passes(engine, pipeline, test, out);
	must(fclose(out) == 0);
	if (!same || verbose)
		(void)printf("%s  %s: %s%s%s%s\n%s", same ? "pass" : "FAIL", pipeline->name,
			     test->name, same ? "" : " (", same ? "" : test->where, same ? "" : ")",
			     text);
	if (same)
		tally->passed++;
	else
		tally->failed++;
}

static void run_all(struct expr_engine *engine, const struct config *config, bool verbose,
		    struct tally *tally)
{
	for (size_t i = 0; i < config->pipeline_count; i++) {
		const struct pipeline_config *pipeline = &config->pipelines[i];

		if (pipeline->test_count == 0)
			(void)printf("none  %s: the file has no `tests:`\n",
				     pipeline->pipeline.name);
		for (size_t j = 0; j < pipeline->test_count; j++)
			run_one(engine, &pipeline->pipeline, &pipeline->tests[j], verbose, tally);
	}
}

static int test_config(const struct config *config, bool verbose)
{
	struct watch watch = {0};
	struct tally tally = {0};
	struct err err;

	if (wiring_engine_open(&watch.engine, &err) < 0) {
		(void)fprintf(stderr, "onced: %s\n", err.msg);
		return EXIT_INTERNAL;
	}
	must(pthread_create(&watch.thread, NULL, watch_main, &watch) == 0);
	run_all(watch.engine, config, verbose, &tally);
	atomic_store(&watch.ended, true);
	must(pthread_join(watch.thread, NULL) == 0);
	watch.engine->ops->close(watch.engine);
	(void)printf("%zu passed, %zu failed\n", tally.passed, tally.failed);
	return tally.failed ? EXIT_FOUND : 0;
}

int cli_test(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"verbose", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	struct load_request request = {0};
	struct config *config = NULL;
	bool verbose = false;
	int option, code;

	while ((option = getopt_long(argc, argv, "c:vh", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			request.file = optarg;
			break;
		case 'v':
			verbose = true;
			break;
		case 'h':
			(void)fputs(usage, stdout);
			return 0;
		default:
			(void)fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	request.args = argv + optind;
	request.arg_count = (size_t)(argc - optind);
	code = load_only_files("test", &request);
	if (code == 0)
		code = load_config(&request, &config);
	if (code == 0)
		code = test_config(config, verbose);
	config_free(config);
	return code;
}
