/* wiring: see wiring.h. */
#include "run/wiring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "io/expr_jq.h"
#include "io/journal_broker.h"

static void fill_settings(struct wiring *wiring, const struct config *config)
{
	bool has_bootstrap = false;

	wiring->settings = calloc(config->kafka_count + 1, sizeof(*wiring->settings));
	wiring->secrets = calloc(config->kafka_count + 1, sizeof(*wiring->secrets));
	must(wiring->settings != NULL && wiring->secrets != NULL);
	for (size_t i = 0; i < config->kafka_count; i++) {
		const struct kafka_property *property = &config->kafka[i];

		wiring->settings[wiring->setting_count++] =
			(struct kafka_setting){property->name, property->value};
		if (property->secret)
			wiring->secrets[wiring->secret_count++] = property->value;
		if (strcmp(property->name, "bootstrap.servers") == 0)
			has_bootstrap = true;
	}
	if (!has_bootstrap)
		wiring->settings[wiring->setting_count++] =
			(struct kafka_setting){"bootstrap.servers", WIRING_BOOTSTRAP};
}

static size_t fill_outputs(struct wiring *wiring, const struct pipeline *pipeline)
{
	size_t count = 0;

	wiring->outputs = calloc(pipeline->target_count + 1, sizeof(*wiring->outputs));
	must(wiring->outputs != NULL);
	for (size_t i = 0; i < pipeline->target_count; i++)
		wiring->outputs[count++] = pipeline->targets[i].topic;
	if (pipeline->errors == ERRORS_TO)
		wiring->outputs[count++] = pipeline->errors_topic;
	return count;
}

void wiring_init(struct wiring *wiring, const struct config *config,
		 const struct pipeline *pipeline, int worker, const struct memory_share *share,
		 void (*log)(int level, const char *fac, const char *text))
{
	size_t output_count;
	int length;

	memset(wiring, 0, sizeof(*wiring));
	wiring->pipeline = pipeline;
	fill_settings(wiring, config);
	output_count = fill_outputs(wiring, pipeline);
	length = snprintf(wiring->instance_id, sizeof(wiring->instance_id), "%s.%s.%d",
			  config->instance, pipeline->name, worker);
	must(length > 0 && (size_t)length < sizeof(wiring->instance_id));
	length = snprintf(wiring->transactional_id, sizeof(wiring->transactional_id), "%s/%s",
			  pipeline->group, pipeline->journal ? "journal" : wiring->instance_id);
	must(length > 0 && (size_t)length < sizeof(wiring->transactional_id));
	wiring->broker = (struct kafka_broker_conf){
		.settings = wiring->settings,
		.setting_count = wiring->setting_count,
		.secrets = wiring->secrets,
		.secret_count = wiring->secret_count,
		.group = pipeline->group,
		.group_instance_id = wiring->instance_id,
		.transactional_id = wiring->transactional_id,
		.topics = pipeline->topics,
		.topic_count = pipeline->topic_count,
		.outputs = wiring->outputs,
		.output_count = output_count,
		.consumer_queue_bytes = share->consumer_queue_bytes,
		.producer_queue_bytes = share->producer_queue_bytes,
		.batch_records = pipeline->commit_records,
		.transaction_timeout_ms = WIRING_TRANSACTION_MS,
		.call_ms_max = WIRING_CALL_MS,
		.log = log,
	};
}

void wiring_fini(struct wiring *wiring)
{
	free(wiring->settings);
	free(wiring->secrets);
	free(wiring->outputs);
	wiring->settings = NULL;
	wiring->secrets = NULL;
	wiring->outputs = NULL;
}

int wiring_broker_open(const struct wiring *wiring, struct broker **ret, struct err *err)
{
	const struct journal_broker_conf conf = {wiring->broker, wiring->pipeline,
						 wiring->journal_whole};

	if (wiring->pipeline->journal)
		return journal_broker_open(&conf, ret, err);
	return kafka_broker_open(&wiring->broker, ret, err);
}

int wiring_env_open(const struct config *config, const struct pipeline *pipeline,
		    void (*report)(const char *pipeline_dir, const char *what),
		    struct lmdb_env **ret, struct err *err)
{
	char dir[PATH_MAX];
	int length = snprintf(dir, sizeof(dir), "%s/%s", config->state_dir, pipeline->name);
	struct lmdb_env_conf conf = {.dir = dir, .group = pipeline->group, .report = report};

	if (length < 0 || (size_t)length >= sizeof(dir))
		return err_set(err, ERR_STOP, EXIT_STATE, "state_dir: the path is too long");
	return lmdb_env_open(&conf, ret, err);
}

int wiring_engine_open(struct expr_engine **ret, struct err *err)
{
	const struct expr_jq_conf conf = {.run_ms_max = WIRING_EXPR_RUN_MS,
					  .text_bytes_max = WIRING_EXPR_TEXT_BYTES};

	return expr_jq_open(&conf, ret, err);
}
