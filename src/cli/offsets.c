/* onced offsets: show where each partition stands; accept that as the truth; move it. */
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
	"onced offsets reset [-c FILE] [--timeout 30s] PIPELINE [TOPIC/PARTITION ...]\n"
	"              --to OFFSET|earliest|latest|2026-01-31T00:00:00Z\n"
	"              --rebuild|--empty [--yes]\n"
	"\n"
	"show    committed offset, lag, what its metadata says, the local state, and what\n"
	"        the daemon would do with it\n"
	"accept  takes the committed offsets as they stand for the truth and everything\n"
	"        below them as seen: settles most stops (65). Where the offset has expired\n"
	"        it takes the one that the local state remembers.\n"
	"reset   moves the committed offsets: back, and records are processed again;\n"
	"        forward, and they are skipped. With --rebuild what the log holds below\n"
	"        the new offset counts as seen, with --empty nothing does. It says what it\n"
	"        will do, and does it with --yes, or when told so on a terminal.\n"
	"\n"
	"For accept and reset stop the pipeline first, on every host. PIPELINE is a name,\n"
	"or the pipeline's file (.yaml).\n"
	"Exit: 0; 64 usage, or no yes; 65 it cannot be done; 69 broker unavailable; 73 the\n"
	"state is locked by a daemon; 78 configuration\n";

struct request {
	struct load_request load;
	int64_t timeout_ms;
	struct offsets_reset_request reset;
	bool has_to;
	bool help;
};

enum { OPTION_TO = 256, OPTION_REBUILD, OPTION_EMPTY, OPTION_YES };

static int parse_reset(int option, struct request *ret)
{
	struct offsets_reset_request *reset = &ret->reset;
	enum reset_state state = option == OPTION_REBUILD ? RESET_REBUILD : RESET_EMPTY;

	switch (option) {
	case OPTION_TO:
		ret->has_to = reset_to_parse(optarg, &reset->to);
		if (!ret->has_to)
			(void)fprintf(stderr, "onced offsets: '%s' is no offset and no time\n",
				      optarg);
		return ret->has_to ? 0 : -1;
	case OPTION_REBUILD:
	case OPTION_EMPTY:
		if (reset->state != RESET_UNSAID && reset->state != state)
			return -1;
		reset->state = state;
		return 0;
	case OPTION_YES:
		reset->yes = true;
		return 0;
	default:
		return -1;
	}
}

static int parse(int argc, char **argv, struct request *ret)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"timeout", required_argument, NULL, 't'},
		{"help", no_argument, NULL, 'h'},
		{"to", required_argument, NULL, OPTION_TO},
		{"rebuild", no_argument, NULL, OPTION_REBUILD},
		{"empty", no_argument, NULL, OPTION_EMPTY},
		{"yes", no_argument, NULL, OPTION_YES},
		{0},
	};
	bool is_reset = strcmp(argv[0], "reset") == 0;
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
			if (!is_reset || parse_reset(option, ret) < 0)
				return -1;
		}
	}
	ret->load.args = argv + optind;
	ret->load.arg_count = (size_t)(argc - optind);
	if (is_reset && !ret->has_to)
		return -1;
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

static int reset(const struct config *config, const struct request *request)
{
	const struct pipeline *pipeline = load_find(config, request->load.args[0]);
	struct offsets_reset_request what = request->reset;

	if (!pipeline)
		return EXIT_USAGE;
	what.only = request->load.args + 1;
	what.only_count = request->load.arg_count - 1;
	return offsets_reset(config, pipeline, &what, request->timeout_ms);
}

static const struct verb {
	const char *name;
	int (*run)(const struct config *config, const struct request *request);
} verbs[] = {{"show", show}, {"accept", accept}, {"reset", reset}};

int cli_offsets(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";
	const struct verb *verb = NULL;
	struct request request = {0};
	struct config *config = NULL;
	int code;

	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
		(void)fputs(usage, stdout);
		return 0;
	}
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(name, verbs[i].name) == 0)
			verb = &verbs[i];
	if (!verb || parse(argc - 1, argv + 1, &request) < 0) {
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
	code = verb->run(config, &request);
	config_free(config);
	return code;
}
