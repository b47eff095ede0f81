/*
 * onced check: is the configuration right? Reads it as `run` would, without a broker, and says in a
 * line or two what each pipeline does; -v every setting with where it comes from.
 */
#include <getopt.h>
#include <stdio.h>

#include "cli/check_print.h"
#include "cli/cli.h"
#include "cli/daemon.h"
#include "cli/load.h"
#include "run/memory.h"

static const char usage[] =
	"onced check [-c FILE] [-v] [--running] [PIPELINE.yaml ...]\n"
	"\n"
	"Reads the main file and the pipelines, or the files named here, and prints every\n"
	"error as file:line:column: key: reason. Talks to no broker and touches no state.\n"
	"\n"
	"  -c FILE   the main file; default /etc/onced/onced.yaml if it is there and no\n"
	"            file is named\n"
	"  -v        every setting in force, with the line that says it or that it is a\n"
	"            default\n"
	"  --running asks the daemon of this main file what a reload would do now: which\n"
	"            pipelines are unchanged, added, removed, or changed with their state\n"
	"            kept or rebuilt; it runs their `tests:` too\n"
	"\n"
	"Exit: 0 the configuration is right, 78 it is not; with --running also 1 a test does\n"
	"not pass, 69 no daemon answers, 77 it may not be asked.\n";

static int64_t worker_count(const struct config *config)
{
	int64_t count = 0;

	for (size_t i = 0; i < config->pipeline_count; i++)
		count += config->pipelines[i].pipeline.workers;
	return count;
}

static void warn_of_batches(const struct config *config, const struct memory_share *share)
{
	for (size_t i = 0; i < config->pipeline_count; i++) {
		const struct pipeline *pipeline = &config->pipelines[i].pipeline;

		if (pipeline->commit_bytes > (int64_t)share->batch_bytes)
			(void)fprintf(stderr,
				      "warning: %s: commit.bytes: a batch has %zuk of "
				      "`memory:`, so that commits come sooner than "
				      "commit.bytes says: raise memory or lower it\n",
				      pipeline->file, share->batch_bytes >> 10);
	}
}

static int report(const struct config *config, bool verbose)
{
	int64_t workers = worker_count(config);
	struct memory_share share;
	struct err err;

	if (memory_split(config->memory_bytes, workers, &share, &err) < 0) {
		(void)fprintf(stderr, "%s: %s\n", config->file ? config->file : "onced", err.msg);
		return EXIT_CONFIG;
	}
	warn_of_batches(config, &share);
	check_print(stdout, config, workers, &share, verbose);
	return 0;
}

int cli_check(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"verbose", no_argument, NULL, 'v'},
		{"running", no_argument, NULL, 'r'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	struct load_request request = {0};
	struct config *config = NULL;
	bool verbose = false, running = false;
	int option, code;

	while ((option = getopt_long(argc, argv, "c:vh", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			request.file = optarg;
			break;
		case 'v':
			verbose = true;
			break;
		case 'r':
			running = true;
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
	code = load_only_files("check", &request);
	if (code == 0)
		code = load_config(&request, &config);
	if (code == 0)
		code = report(config, verbose);
	if (code == 0 && running)
		code = daemon_ask(request.file, "check");
	config_free(config);
	return code;
}
