/*
 * onced verify: reads the outputs, and the inputs below the committed offsets; computes what must
 * have come out, and compares. Uncheckable is never ok. Memory is bounded by --memory, however many
 * records there are; what does not fit goes to temporary files.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/must.h"
#include "cli/cli.h"
#include "cli/load.h"
#include "cli/verify_print.h"
#include "cli/verify_progress.h"
#include "cli/verify_read.h"
#include "config/units.h"
#include "run/wiring.h"

#define ATTEMPTS_MAX 3 /* when the log changes while it is read */
#define QUEUE_BYTES ((size_t)32 << 20)
#define MEMORY_BYTES ((size_t)256 << 20)
#define MEMORY_BYTES_MIN ((int64_t)1 << 20)
#define ARENA_KEPT_BYTES ((size_t)1 << 20)

static const char usage[] =
	"onced verify [-c FILE] [--json] [--memory 256M] [--timeout 30s] PIPELINE\n"
	"\n"
	"Compares the outputs with what the pipeline makes of its input, up to the\n"
	"committed offsets. PIPELINE is a name, or the pipeline's file (.yaml). It may be\n"
	"running. With `lineage: true` each output is matched by where it comes from, and\n"
	"the order is checked; without, by its content.\n"
	"\n"
	"--memory bounds what is held of the records; more than fit (about a million with\n"
	"dedup) are sorted in files in $TMPDIR or /var/tmp, about 100 bytes a record, and\n"
	"the input is read twice. --timeout is for the broker's answers, not for the whole.\n"
	"\n"
	"Exit: 0 ok; 1 something is missing, repeated, altered, unexpected, out of order, or\n"
	"not checkable; 64 usage; 69 broker unavailable; 70 no room for the files; 77\n"
	"permission; 78 configuration\n";

struct request {
	struct load_request load;
	int64_t timeout_ms;
	size_t memory_bytes;
	bool json;
};

struct pass {
	const struct request *request;
	const struct verify_source *source;
	struct expr_engine *engine;
	struct ask ask;
	struct verify_progress progress;
	uint8_t key[HASH_KEY_BYTES];
	bool sorted; /* the table was too small */
	struct arena *arena;
	struct verify_parts parts;
	struct verify_order order;
	struct verify_loss loss;
	struct verify_refused refused;
	struct verify_sort expected, found;
	struct verify_model model;
	struct verify_result result;
};

static void pass_init(struct pass *pass, const struct request *request,
		      const struct pipeline *pipeline)
{
	struct verify_sort sort = {.item_bytes = sizeof(struct verify_item),
				   .memory_bytes = request->memory_bytes / 4,
				   .compare = verify_compare_items,
				   .dir = verify_sort_dir()};

	pass->request = request;
	pass->result.pipeline = pipeline;
	pass->expected = pass->found = sort;
	pass->arena = arena_new(ARENA_KEPT_BYTES);
	pass->progress.shown = !request->json && isatty(STDERR_FILENO) == 1;
}

static void pass_fini(struct pass *pass)
{
	verify_model_fini(&pass->model);
	verify_sort_clear(&pass->expected);
	verify_sort_clear(&pass->found);
	verify_refused_fini(&pass->refused);
	verify_loss_fini(&pass->loss);
	verify_order_fini(&pass->order);
	verify_parts_fini(&pass->parts);
	verify_notes_fini(&pass->result.notes);
	arena_free(pass->arena);
}

static int on_output(void *arg, const struct source *source, const struct record *record,
		     struct err *err)
{
	struct pass *pass = arg;
	struct verify_item item;

	verify_item_describe(pass->result.pipeline, pass->arena, pass->key, source->topic, record,
			     &item);
	arena_reset(pass->arena);
	item.partition = source->partition;
	item.offset = source->offset;
	verify_report_place(&pass->result.report, &pass->parts, &pass->order, &pass->refused,
			    &item);
	verify_progress_step(&pass->progress);
	return verify_sort_add(&pass->found, &item, err);
}

static int read_outputs(struct pass *pass, struct err *err)
{
	uint64_t total = 0;

	for (size_t i = 0; i < pass->parts.output_count; i++)
		total += (uint64_t)(pass->parts.outputs[i].span.end -
				    pass->parts.outputs[i].span.start);
	verify_progress_begin(&pass->progress, "reading outputs", total);
	if (verify_read_outputs(pass->source, &pass->parts, on_output, pass, err) < 0)
		return -1;
	verify_loss_init(&pass->loss, &pass->order, &pass->parts);
	return 0;
}

static int on_input(void *arg, const struct source *source, const struct record *record,
		    struct err *err)
{
	struct pass *pass = arg;

	verify_progress_step(&pass->progress);
	return verify_model_record(&pass->model, source, record, err);
}

static int read_inputs(struct pass *pass, struct err *err)
{
	const struct verify_model_conf conf = {.pipeline = pass->result.pipeline,
					       .engine = pass->engine,
					       .parts = &pass->parts,
					       .key = pass->key,
					       .expected = &pass->expected,
					       .memory_bytes = pass->request->memory_bytes / 2,
					       .dir = verify_sort_dir(),
					       .sorted = pass->sorted};
	uint64_t total = 0;
	int reads;

	for (size_t i = 0; i < pass->parts.count; i++)
		total += (uint64_t)(pass->parts.all[i].end - pass->parts.all[i].start);
	if (verify_model_init(&pass->model, &conf, err) < 0)
		return -1;
	reads = verify_model_reads(&pass->model);
	for (int i = 0; i < reads; i++) {
		verify_progress_begin(&pass->progress,
				      reads == 1 ? "reading input"
				      : i == 0   ? "reading input for ids"
						 : "reading input again",
				      total);
		if (verify_read_inputs(pass->source, &pass->parts, on_input, pass, err) < 0 ||
		    verify_model_end_reading(&pass->model, err) < 0)
			return -1;
	}
	verify_model_check_log(&pass->model, &pass->result.notes);
	pass->result.counts = pass->model.counts;
	verify_model_fini(&pass->model); /* its memory is the merge's now */
	return 0;
}

static int run(struct pass *pass, struct err *err)
{
	struct verify_notes *notes = &pass->result.notes;
	const struct verify_compare_in in = {.expected = &pass->expected,
					     .found = &pass->found,
					     .parts = &pass->parts,
					     .loss = &pass->loss,
					     .refused = &pass->refused,
					     .lineage = pass->result.pipeline->lineage};

	ask_begin(&pass->ask, pass->request->timeout_ms);
	if (verify_read_begin(pass->source, pass->result.pipeline, &pass->ask, &pass->parts, notes,
			      err) < 0 ||
	    read_outputs(pass, err) < 0)
		return -1;
	ask_begin(&pass->ask, pass->request->timeout_ms);
	if (verify_read_end(pass->source, pass->result.pipeline, &pass->ask, &pass->parts, notes,
			    err) < 0 ||
	    read_inputs(pass, err) < 0 || verify_sort_end(&pass->expected, err) < 0 ||
	    verify_sort_end(&pass->found, err) < 0 ||
	    verify_compare(&in, &pass->result.report, err) < 0)
		return -1;
	if (pass->result.counts.stops)
		verify_notes_add(notes,
				 "%" PRIu64
				 " records below the committed offsets stop the present definition "
				 "(errors: stop): it was another one, or they were skipped",
				 pass->result.counts.stops);
	return 0;
}

static int verify(const struct verify_source *source, struct expr_engine *engine,
		  const struct pipeline *pipeline, const struct request *request, struct err *err)
{
	bool sorted = false;

	for (int attempt = 1;; attempt++) {
		struct pass pass = {.source = source, .engine = engine, .sorted = sorted};
		int rc, code = 0;

		must(getrandom(pass.key, sizeof(pass.key), 0) == (ssize_t)sizeof(pass.key));
		pass_init(&pass, request, pipeline);
		rc = run(&pass, err);
		sorted = pass.model.seen.is_full || sorted;
		verify_progress_end(&pass.progress);
		if (rc == 0) {
			(request->json ? verify_print_json : verify_print_text)(&pass.result);
			code = verify_verdict(&pass.result) == VERIFY_OK ? 0 : EXIT_FOUND;
			*err = (struct err){0}; /* of an attempt before, or a patient question */
		}
		pass_fini(&pass);
		if (rc == 0)
			return fflush(stdout) == 0 ? code : EXIT_INTERNAL;
		if (err->kind != ERR_ABORT)
			return ask_exit_code(err);
		if (attempt < ATTEMPTS_MAX)
			continue;
		(void)err_wrap(err, "not checkable, %d times", attempt);
		return EXIT_FOUND;
	}
}
static int with_config(const struct config *config, const struct request *request)
{
	const struct pipeline *pipeline = load_find(config, request->load.args[0]);
	const struct memory_share share = {QUEUE_BYTES, QUEUE_BYTES, QUEUE_BYTES, QUEUE_BYTES};
	struct kafka_topic_conf conf = {.queue_bytes = QUEUE_BYTES, .call_ms_max = WIRING_CALL_MS};
	struct expr_engine *engine = NULL;
	struct verify_source source = {0};
	struct err err = {0};
	struct wiring wiring;
	int code = EXIT_INTERNAL;

	if (!pipeline)
		return EXIT_USAGE;
	wiring_init(&wiring, config, pipeline, 0, &share, NULL);
	conf.settings = wiring.settings;
	conf.setting_count = wiring.setting_count;
	conf.secrets = wiring.broker.secrets;
	conf.secret_count = wiring.broker.secret_count;
	conf.group = pipeline->group;
	wiring.journal_whole = true;
	if (wiring_engine_open(&engine, &err) < 0 ||
	    kafka_topic_open(&conf, &source.topics, &err) < 0 ||
	    (pipeline->journal && wiring_broker_open(&wiring, &source.journal, &err) < 0))
		code = ask_exit_code(&err);
	else
		code = verify(&source, engine, pipeline, request, &err);
	if (err.msg[0] && code != 0)
		(void)fprintf(stderr, "onced verify %s: %s\n", pipeline->name, err.msg);
	if (source.journal)
		source.journal->ops->close(source.journal);
	kafka_topic_close(source.topics);
	if (engine)
		engine->ops->close(engine);
	wiring_fini(&wiring);
	return code;
}

static int parse(int argc, char **argv, struct request *ret, bool *ret_help)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'}, {"timeout", required_argument, NULL, 't'},
		{"json", no_argument, NULL, 'j'},         {"memory", required_argument, NULL, 'm'},
		{"help", no_argument, NULL, 'h'},         {0},
	};
	int64_t bytes;
	int option;

	ret->timeout_ms = ASK_TIMEOUT_MS;
	ret->memory_bytes = MEMORY_BYTES;
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
		case 'm':
			if (!units_size(optarg, &bytes) || bytes < MEMORY_BYTES_MIN)
				return -1;
			ret->memory_bytes = (size_t)bytes;
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
