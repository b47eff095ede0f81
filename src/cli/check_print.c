/* check_print: see check_print.h. */
#include "cli/check_print.h"

#include <inttypes.h>
#include <string.h>

#include "config/kafka_allow.h"
#include "config/options.h"

/* What else the value could be: "; default 1; from 1 to 64". */
static void print_limits(FILE *out, enum option_file which, const struct setting *setting)
{
	const struct option_rule *option = options_of(which, setting->path);
	char limits[OPTIONS_LIMITS_MAX];

	if (!option)
		return;
	if (setting->file && option->preset)
		(void)fprintf(out, "; default %s", option->preset);
	options_limits(option, limits);
	if (*limits)
		(void)fprintf(out, "; %s", limits);
}

/* The same for a property of librdkafka's, whose defaults are its own. */
static void print_kafka_limits(FILE *out, const char *name)
{
	const struct kafka_rule *rule = kafka_allow_find(name);
	char limits[KAFKA_EXPECTED_MAX];

	if (rule && rule->type == KAFKA_INT)
		(void)fprintf(out, "; %s", kafka_allow_check(rule, "x", limits));
	else if (rule && rule->type == KAFKA_WORD)
		(void)fprintf(out, "; %s", kafka_allow_check(rule, "", limits));
}

static void print_settings(FILE *out, enum option_file which, const struct setting *settings,
			   size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct setting *setting = &settings[i];

		(void)fprintf(out, "  %s = ", setting->path);
		for (const char *c = setting->value; *c; c++) {
			if (*c == '\n')
				(void)fputs("\n      ", out);
			else
				(void)fputc(*c, out);
		}
		if (setting->file)
			(void)fprintf(out, "  (%s:%d", setting->file, setting->line);
		else
			(void)fputs("  (default", out);
		if (which == OPTION_MAIN && strncmp(setting->path, "kafka.", 6) == 0)
			print_kafka_limits(out, setting->path + 6);
		else
			print_limits(out, which, setting);
		(void)fputs(")\n", out);
	}
}

static void print_memory(FILE *out, int64_t workers, const struct memory_share *share)
{
	(void)fprintf(out,
		      "memory, for each of %" PRId64
		      " worker%s: %zuk consumer queue, %zuk producer "
		      "queue, %zuk batch, %zuk overlay; beside it: the heap of jq expressions and "
		      "LMDB's mapped pages\n",
		      workers, workers == 1 ? "" : "s", share->consumer_queue_bytes >> 10,
		      share->producer_queue_bytes >> 10, share->batch_bytes >> 10,
		      share->overlay_bytes >> 10);
}

static void print_topics(FILE *out, const char *before, const char *topic)
{
	(void)fprintf(out, "%s%s", before, topic);
}

/* payments: payments -> payments.big, payments.clean; errors to payments.dead; ... */
static void print_summary(FILE *out, const struct pipeline_config *config)
{
	const struct pipeline *pipeline = &config->pipeline;

	(void)fprintf(out, "%s: ", pipeline->name);
	for (size_t i = 0; i < pipeline->topic_count; i++)
		print_topics(out, i ? ", " : "", pipeline->topics[i]);
	for (size_t i = 0; i < pipeline->target_count; i++)
		print_topics(out, i ? ", " : " -> ", pipeline->targets[i].topic);
	if (pipeline->errors == ERRORS_TO)
		(void)fprintf(out, "; errors to %s", pipeline->errors_topic);
	else
		(void)fprintf(out, "; errors: %s",
			      pipeline->errors == ERRORS_DROP ? "drop" : "stop");
	(void)fprintf(out, "; group %s; %zu step%s, %d worker%s, %zu test%s\n", pipeline->group,
		      pipeline->step_count, pipeline->step_count == 1 ? "" : "s", pipeline->workers,
		      pipeline->workers == 1 ? "" : "s", config->test_count,
		      config->test_count == 1 ? "" : "s");
}

void check_print(FILE *out, const struct config *config, int64_t workers,
		 const struct memory_share *share, bool verbose)
{
	if (verbose) {
		(void)fprintf(out, "main file: %s\n", config->file ? config->file : "none");
		print_settings(out, OPTION_MAIN, config->settings, config->setting_count);
		print_memory(out, workers, share);
	}
	for (size_t i = 0; i < config->pipeline_count; i++) {
		const struct pipeline_config *pipeline = &config->pipelines[i];

		print_summary(out, pipeline);
		if (verbose)
			print_settings(out, OPTION_PIPELINE, pipeline->settings,
				       pipeline->setting_count);
	}
}
