/* onced offsets: show where each partition stands; accept what stands there as the truth. */
#include "cli/offsets.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cli/ask.h"
#include "cli/cli.h"
#include "cli/load.h"

static const char usage[] =
	"onced offsets show [-c FILE] [--timeout 30s] PIPELINE ...\n"
	"onced offsets accept [-c FILE] [--timeout 30s] PIPELINE [TOPIC/PARTITION ...]\n"
	"\n"
	"show    committed offset, lag, what its metadata says, the local state, and what\n"
	"        the daemon would do with it\n"
	"accept  takes the committed offsets as they stand for the truth and everything\n"
	"        below them as seen: settles most stops (65). Where the offset has expired\n"
	"        it takes the one that the local state remembers. Stop the pipeline first,\n"
	"        on every host.\n"
	"\n"
	"PIPELINE is a name, or the pipeline's file (.yaml).\n"
	"Exit: 0; 64 usage; 65 there is nothing to accept, or it cannot be; 69 broker\n"
	"unavailable; 73 the state is locked by a daemon; 78 configuration\n";

struct request {
	struct load_request load;
	int64_t timeout_ms;
	bool help;
};

static int parse(int argc, char **argv, struct request *ret)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"timeout", required_argument, NULL, 't'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int option;

	ret->timeout_ms = ASK_TIMEOUT_MS;
	while ((option = getopt_long(argc, argv, "c:t:h", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			ret->load.file = optarg;
			break;
		case 't':
			ret->timeout_ms = load_timeout_ms(optarg);
			if (ret->timeout_ms < 0) {
				(void)fprintf(stderr, "onced offsets: '%s' is no timeout\n",
					      optarg);
				return -1;
			}
			break;
		case 'h':
			ret->help = true;
			return 0;
		default:
			return -1;
		}
	}
	ret->load.args = argv + optind;
	ret->load.arg_count = (size_t)(argc - optind);
	return ret->load.arg_count > 0 ? 0 : -1;
}

static int show(const struct config *config, const struct request *request)
{
	int code = 0;

	for (size_t i = 0; i < request->load.arg_count && code == 0; i++) {
		const struct pipeline *pipeline = load_find(config, request->load.args[i]);

		code = pipeline ? offsets_show(config, pipeline, request->timeout_ms) : EXIT_USAGE;
	}
	return code;
}

static int accept(const struct config *config, const struct request *request)
{
	const struct pipeline *pipeline = load_find(config, request->load.args[0]);

	if (!pipeline)
		return EXIT_USAGE;
	return offsets_accept(config, pipeline, request->load.args + 1, request->load.arg_count - 1,
			      request->timeout_ms);
}

int cli_offsets(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	bool is_show = strcmp(verb, "show") == 0;
	struct request request = {0};
	struct config *config = NULL;
	int code;

	if (strcmp(verb, "--help") == 0 || strcmp(verb, "-h") == 0) {
		(void)fputs(usage, stdout);
		return 0;
	}
	if ((!is_show && strcmp(verb, "accept") != 0) || parse(argc - 1, argv + 1, &request) < 0) {
		(void)fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (request.help) {
		(void)fputs(usage, stdout);
		return 0;
	}
	code = load_config(&request.load, &config);
	if (code != 0)
		return code;
	code = is_show ? show(config, &request) : accept(config, &request);
	config_free(config);
	return code;
}
