/* onced run: the daemon itself. */
#include <getopt.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/load.h"
#include "run/log.h"
#include "run/protect.h"
#include "run/signals.h"
#include "run/supervisor.h"

static const char usage[] =
	"onced run [-c FILE] [PIPELINE.yaml ...]\n"
	"\n"
	"Runs all pipelines of the configuration, or the files named here, until SIGTERM\n"
	"or SIGINT; SIGHUP reloads them, as `onced reload` does. Without -c it reads\n"
	"/etc/onced/onced.yaml if that is there and no file is named; without any main file\n"
	"Kafka is 127.0.0.1:9092 and the state is under the user's state directory.\n"
	"\n"
	"  -c FILE       the main file\n"
	"  --plain-log   lines on stderr even where the journal would take fields\n"
	"\n"
	"Exit: 0 after a signal; 65 stopped by data, a gap or moved offsets; 70 internal;\n"
	"73 state directory unusable; 76 fenced by another instance; 77 permission;\n"
	"78 configuration. A pipeline that stops does not end the others.\n";

int cli_run(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"plain-log", no_argument, NULL, 'p'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	struct load_request request = {0};
	struct config_request files;
	struct config *config = NULL;
	bool plain = false;
	int option, code;

	while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			request.file = optarg;
			break;
		case 'p':
			plain = true;
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
	code = load_only_files("run", &request);
	if (code != 0)
		return code;
	/* Before the files are read, which takes a while: a signal until then waits. */
	signals_block();
	protect_process();
	code = load_config(&request, &config);
	if (code != 0)
		return code;
	log_open((enum log_level)config->log_level, plain);
	protect_report();
	files = (struct config_request){.file = request.file,
					.pipelines = (const char *const *)request.args,
					.pipeline_count = request.arg_count,
					.machine_id = load_machine_id()};
	return supervisor_run(&files, config);
}
