/*
 * onced verify: reads the inputs below the committed offsets, computes what must have come out, and
 * compares it with what a read_committed reader finds. Uncheckable is never ok.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/must.h"
#include "cli/cli.h"
#include "cli/load.h"
#include "cli/verify_print.h"
#include "run/wiring.h"

/* A commit's markers reach the outputs one partition after the other: what is missing is looked
 * for again while the ends still move. */
#define ATTEMPTS_MAX 5
#define AGAIN_PAUSE_MS 1000
#define QUEUE_BYTES ((size_t)32 << 20)

static const char usage[] =
	"onced verify [-c FILE] [--json] [--timeout 30s] PIPELINE\n"
	"\n"
	"Compares the outputs with what the pipeline makes of its input, up to the\n"
	"committed offsets. PIPELINE is a name, or the pipeline's file (.yaml). It may be\n"
	"running. Everything is held in memory: about 200 bytes a record. With\n"
	"`lineage: true` each output is matched by where it comes from, and the order is\n"
	"checked; without, by its content.\n"
	"\n"
	"Exit: 0 ok; 1 something is lost, repeated, altered, unexpected, out of order, or\n"
	"could not be checked; 64 usage; 69 broker unavailable; 78 configuration\n";

struct request {
	struct load_request load;
	int64_t timeout_ms;
	bool json;
};

struct pass {
	const struct pipeline *pipeline;
	struct kafka_topic *reader;
	struct expr_engine *engine;
	struct verify_bounds bounds;
	struct verify_notes notes;
	struct verify_list found;
	struct verify_model model;
	struct verify_report report;
};

static void pass_fini(struct pass *pass)
{
	verify_model_fini(&pass->model);
	verify_list_fini(&pass->found);
	verify_bounds_fini(&pass->bounds);
	verify_notes_fini(&pass->notes);
}

static void compare(struct pass *pass)
{
	struct verify_range *ranges = calloc(pass->bounds.part_count + 1, sizeof(*ranges));

	must(ranges != NULL);
	for (size_t i = 0; i < pass->bounds.part_count; i++) {
		const struct verify_part *part = &pass->bounds.parts[i];

		ranges[i] = (struct verify_range){part->topic, part->tp.partition, part->start,
						  part->end};
	}
	verify_compare(&pass->model.expected, &pass->found, ranges, pass->bounds.part_count,
		       pass->pipeline->lineage, &pass->report);
	free(ranges);
	if (pass->model.counts.stops)
		verify_notes_add(
			&pass->notes,
			"%" PRIu64
			" records below the committed offsets stop the present definition "
			"(errors: stop): it was another one, or they were skipped by an accept",
			pass->model.counts.stops);
	if (pass->report.before)
		verify_notes_add(&pass->notes,
				 "%" PRIu64
				 " outputs come from input that is deleted or below the base",
				 pass->report.before);
}

static int run_pass(struct pass *pass, const struct ask *ask, struct err *err)
{
	if (verify_read_bounds(pass->reader, pass->pipeline, ask, &pass->bounds, &pass->notes,
			       err) < 0)
		return -1;
	if (verify_model_init(&pass->model, pass->pipeline, pass->engine, pass->bounds.parts,
			      pass->bounds.part_count, err) < 0)
		return -1;
	if (verify_read_inputs(pass->reader, &pass->bounds, &pass->model, err) < 0 ||
	    verify_read_outputs(pass->reader, pass->pipeline, &pass->bounds, &pass->found, err) < 0)
		return -1;
	compare(pass);
	return 0;
}

/* Is it worth a second look? */
static int is_in_motion(const struct pass *pass, const struct ask *ask, bool *ret, struct err *err)
{
	const struct timespec pause = {.tv_sec = AGAIN_PAUSE_MS / 1000};

	*ret = false;
	if (pass->report.counts[VERIFY_MISSING] == 0)
		return 0;
	(void)nanosleep(&pause, NULL); /* a signal only shortens it */
	return verify_read_moved(pass->reader, &pass->bounds, ask, ret, err);
}

static int verify(struct kafka_topic *reader, struct expr_engine *engine,
		  const struct pipeline *pipeline, const struct request *request, struct err *err)
{
	for (int attempt = 1;; attempt++) {
		struct pass pass = {.pipeline = pipeline, .reader = reader, .engine = engine};
		bool again = false;
		struct ask ask;
		int rc, code = 0;

		ask_begin(&ask, request->timeout_ms);
		rc = run_pass(&pass, &ask, err);
		if (rc == 0 && attempt < ATTEMPTS_MAX)
			rc = is_in_motion(&pass, &ask, &again, err);
		if (rc == 0 && !again) {
			(request->json ? verify_print_json
				       : verify_print_text)(pipeline, &pass.model.counts,
							    &pass.report, &pass.notes);
			code = verify_print_is_ok(&pass.report, &pass.notes) ? 0 : EXIT_FOUND;
		}
		pass_fini(&pass);
		if (rc < 0)
			return ask_exit_code(err);
		if (!again)
			return fflush(stdout) == 0 ? code : EXIT_INTERNAL;
	}
}

static int with_config(const struct config *config, const struct request *request)
{
	const struct pipeline *pipeline = load_find(config, request->load.args[0]);
	const struct memory_share share = {QUEUE_BYTES, QUEUE_BYTES, QUEUE_BYTES, QUEUE_BYTES};
	struct kafka_topic_conf conf = {.queue_bytes = QUEUE_BYTES, .call_ms_max = WIRING_CALL_MS};
	struct expr_engine *engine = NULL;
	struct kafka_topic *reader = NULL;
	struct err err = {0};
	struct wiring wiring;
	int code = EXIT_INTERNAL;

	if (!pipeline)
		return EXIT_USAGE;
	wiring_init(&wiring, config, pipeline, 0, &share, NULL);
	conf.settings = wiring.settings;
	conf.setting_count = wiring.setting_count;
	conf.group = pipeline->group;
	if (wiring_engine_open(&engine, &err) < 0 || kafka_topic_open(&conf, &reader, &err) < 0)
		code = ask_exit_code(&err);
	else
		code = verify(reader, engine, pipeline, request, &err);
	if (err.msg[0] && code != 0 && code != EXIT_FOUND)
		(void)fprintf(stderr, "onced verify %s: %s\n", pipeline->name, err.msg);
	kafka_topic_close(reader);
	if (engine)
		engine->ops->close(engine);
	wiring_fini(&wiring);
	return code;
}

static int parse(int argc, char **argv, struct request *ret, bool *ret_help)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"timeout", required_argument, NULL, 't'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int option;

	ret->timeout_ms = ASK_TIMEOUT_MS;
	while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			ret->load.file = optarg;
			break;
		case 't':
			ret->timeout_ms = load_timeout_ms(optarg);
			if (ret->timeout_ms < 0)
				return -1;
			break;
		case 'j':
			ret->json = true;
			break;
		case 'h':
			*ret_help = true;
			return 0;
		default:
			return -1;
		}
	}
	ret->load.args = argv + optind;
	ret->load.arg_count = (size_t)(argc - optind);
	return ret->load.arg_count == 1 ? 0 : -1;
}

int cli_verify(int argc, char **argv)
{
	struct request request = {0};
	struct config *config = NULL;
	bool help = false;
	int code;

	if (parse(argc, argv, &request, &help) < 0) {
		(void)fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (help) {
		(void)fputs(usage, stdout);
		return 0;
	}
	code = load_config(&request.load, &config);
	if (code != 0)
		return code;
	code = with_config(config, &request);
	config_free(config);
	return code;
}
