/*
 * onced check: is the configuration right? Reads it as `run` would, without a broker, and says in a
 * line or two what each pipeline does; -v every setting with where it comes from; --online asks the
 * brokers too.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cli/ask.h"
#include "cli/check_online.h"
#include "cli/check_print.h"
#include "cli/cli.h"
#include "cli/daemon.h"
#include "cli/load.h"
#include "io/versions.h"
#include "run/memory.h"

static const char usage[] =
	"onced check [-c FILE] [-v] [--online [--timeout TIME]] [--running] [PIPELINE.yaml ...]\n"
	"\n"
	"Reads the main file and the pipelines, or the files named here, and prints every\n"
	"error as file:line:column: key: reason. Touches no state, and talks to no broker\n"
	"without --online.\n"
	"\n"
	"  -c FILE   the main file; default /etc/onced/onced.yaml if it is there and no\n"
	"            file is named\n"
	"  -v        every setting in force with the line that says it, or that it is a\n"
	"            default, and its limits; with --online what was asked and answered\n"
	"  --online  asks the brokers which topics and rights are missing and which of their\n"
	"            settings do not fit; changes nothing, and a running daemon does not notice\n"
	"  --timeout how long to wait for brokers that do not answer; default 30s\n"
	"  --running asks the daemon of this main file what a reload would do now: which\n"
	"            pipelines are unchanged, added, removed, or changed with their state\n"
	"            kept or rebuilt; it runs their `tests:` too\n"
	"\n"
	"Exit: 0 the configuration is right, 78 it is not (--online: or a topic is missing);\n"
	"--online: 69 no broker answers, 77 credentials are refused or a right is missing;\n"
	"--running: 1 a test does not pass, 69 no daemon answers, 77 it may not be asked.\n";

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

/* A right password that looks wrong costs hours. */
static void warn_of_scram(const struct config *config)
{
	for (size_t i = 0; i < config->kafka_count; i++)
		if (strcmp(config->kafka[i].name, "sasl.mechanism") == 0 &&
		    strncmp(config->kafka[i].value, "SCRAM", 5) == 0 && !kafka_version_does_scram())
			(void)fprintf(stderr,
				      "warning: %s: kafka.sasl.mechanism: this librdkafka can do "
				      "SCRAM only with Kafka up to 3.7.1 and 3.8.0; others refuse "
				      "it like a wrong password (docs/security.md)\n",
				      config->file ? config->file : "onced");
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
	warn_of_scram(config);
	check_print(stdout, config, workers, &share, verbose);
	return 0;
}

int cli_check(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"verbose", no_argument, NULL, 'v'},
		{"online", no_argument, NULL, 'o'},
		{"timeout", required_argument, NULL, 't'},
		{"running", no_argument, NULL, 'r'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	struct load_request request = {0};
	struct config *config = NULL;
	long timeout_ms = ASK_TIMEOUT_MS;
	bool verbose = false, online = false, running = false;
	int option, code;

	while ((option = getopt_long(argc, argv, "c:vh", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			request.file = optarg;
			break;
		case 'v':
			verbose = true;
			break;
		case 'o':
			online = true;
			break;
		case 't':
			timeout_ms = load_timeout_ms(optarg);
			if (timeout_ms > 0)
				break;
			(void)fprintf(stderr, "onced check: --timeout: expected 30s, 2m, ...\n");
			return EXIT_USAGE;
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
	if (code == 0 && online)
		code = check_online(config, timeout_ms, verbose);
	if (code == 0 && running)
		code = daemon_ask(request.file, "check");
	config_free(config);
	return code;
}
