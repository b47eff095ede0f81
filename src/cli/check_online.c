/* check_online: see check_online.h. */
#include "cli/check_online.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "cli/ask.h"
#include "io/kafka_probe.h"
#include "run/wiring.h"

struct online {
	const struct pipeline *pipeline;
	struct kafka_probe *probe;
	struct ask ask;
	bool verbose;
	int rights_missing, misfits, unchecked;
	int code; /* not 0: it is over, with this exit code */
};

/* --- what is said --- */

static void __attribute__((format(printf, 4, 0)))
print(FILE *to, const char *kind, const struct online *online, const char *format, va_list args)
{
	(void)fprintf(to, "%s%s: ", kind, online->pipeline->name);
	(void)vfprintf(to, format, args);
	(void)fputc('\n', to);
}

static void __attribute__((format(printf, 2, 3)))
misfit(struct online *online, const char *format, ...)
{
	va_list args;

	online->misfits++;
	va_start(args, format);
	print(stderr, "", online, format, args);
	va_end(args);
}

static void __attribute__((format(printf, 2, 3)))
warn(const struct online *online, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print(stderr, "warning: ", online, format, args);
	va_end(args);
}

static void __attribute__((format(printf, 2, 3)))
tell(const struct online *online, const char *format, ...)
{
	va_list args;

	if (!online->verbose)
		return;
	va_start(args, format);
	print(stdout, "  ", online, format, args);
	va_end(args);
}

/* What became of a probe: true when the answer is yes. Ends everything when nobody answers or we
 * are refused: the same would be said again and again. */
static bool take(struct online *online, int rc, const struct err *err, const char *right,
		 const char *name)
{
	if (rc == 0) {
		tell(online, "%s %s: yes", right, name);
		return true;
	}
	if (rc < 0 && err->kind == ERR_UNKNOWN) {
		online->unchecked++;
		warn(online, "not checked: %s %s: %s", right, name, err->msg);
		return false;
	}
	(void)fprintf(stderr, "%s: %s\n", online->pipeline->name, err->msg);
	if (rc > 0)
		online->rights_missing++;
	else
		online->code = ask_exit_code(err);
	return false;
}

/* --- topics --- */

static void check_replicas(const struct online *online, const char *topic,
			   const struct kafka_probe_topic *found)
{
	if (found->replicas == 1)
		warn(online,
		     "topic %s: replication factor 1: when its broker loses a disk, records are "
		     "lost",
		     topic);
}

/* True when the topic is there and may be used. */
static bool check_topic(struct online *online, const char *topic, const char *operation,
			struct kafka_probe_topic *ret)
{
	struct err err = {0};
	int rc;

	do
		rc = kafka_probe_topic(online->probe, topic, operation, ret, &err);
	while (ask_again(&online->ask, rc, &err));
	if (!take(online, rc, &err, "DESCRIBE on topic", topic))
		return false;
	if (!ret->exists) {
		misfit(online, "topic %s does not exist: make it, or correct its name", topic);
		return false;
	}
	tell(online, "topic %s: %d partitions, %d replicas", topic, (int)ret->partitions,
	     (int)ret->replicas);
	check_replicas(online, topic, ret);
	return true;
}

static bool read_settings(struct online *online, const char *topic,
			  struct kafka_probe_settings *ret)
{
	struct err err = {0};
	int rc;

	do
		rc = kafka_probe_settings(online->probe, topic, ret, &err);
	while (ask_again(&online->ask, rc, &err));
	if (rc == 0 || err.kind != ERR_UNKNOWN)
		return take(online, rc, &err, "settings of", topic ? topic : "the brokers");
	/* onced runs without this right: no reason to warn of each. */
	online->unchecked++;
	tell(online, "settings of %s: not told: DESCRIBE_CONFIGS on the %s is missing",
	     topic ? topic : "the brokers", topic ? "topic" : "cluster");
	return false;
}

static void check_input(struct online *online, const char *topic)
{
	int64_t window_ms = pipeline_window_ms(online->pipeline);
	struct kafka_probe_settings settings;
	struct kafka_probe_topic found;
	struct err err = {0};
	int rc;

	if (!check_topic(online, topic, "READ", &found))
		return;
	do
		rc = kafka_probe_read(online->probe, topic, &err);
	while (ask_again(&online->ask, rc, &err));
	(void)take(online, rc, &err, "READ on topic", topic);
	if (online->code != 0 || !read_settings(online, topic, &settings))
		return;
	if (settings.compacted)
		warn(online,
		     "topic %s is compacted: records that compaction removes before they are read "
		     "have no result, and state that is lost cannot be rebuilt",
		     topic);
	if (online->pipeline->dedup_index >= 0 && settings.retention_ms >= 0 &&
	    settings.retention_ms < window_ms)
		warn(online,
		     "topic %s: retention.ms %" PRId64 " is less than the window of %" PRId64
		     " ms: state that is lost cannot be rebuilt in full",
		     topic, settings.retention_ms, window_ms);
}

static void check_output(struct online *online, const char *topic)
{
	struct kafka_probe_settings settings;
	struct kafka_probe_topic found;
	struct err err = {0};
	int rc;

	if (!check_topic(online, topic, "WRITE", &found))
		return;
	do
		rc = kafka_probe_write(online->probe, topic, &err);
	while (ask_again(&online->ask, rc, &err));
	(void)take(online, rc, &err, "WRITE on topic", topic);
	if (online->code != 0 || !read_settings(online, topic, &settings))
		return;
	if (settings.min_insync > found.replicas)
		misfit(online,
		       "topic %s: min.insync.replicas %" PRId64 " is more than its %d replicas: it "
		       "takes no record",
		       topic, settings.min_insync, (int)found.replicas);
	else if (found.replicas > 1 && settings.min_insync == 1)
		warn(online,
		     "topic %s: min.insync.replicas 1: a record that one broker has is committed, "
		     "and lost with that broker",
		     topic);
}

/* --- the rest --- */

/* The topic whose offset in the group is the position: an input's, or a journal's carrier. */
static const char *position_topic(const struct pipeline *pipeline)
{
	return pipeline->journal ? pipeline->targets[0].topic : pipeline->topics[0];
}

/* A journal's position is an offset of an output topic; who commits offsets needs READ on it. */
static void check_carrier(struct online *online)
{
	const char *topic = position_topic(online->pipeline);
	struct err err = {0};
	int rc;

	do
		rc = kafka_probe_read(online->probe, topic, &err);
	while (ask_again(&online->ask, rc, &err));
	(void)take(online, rc, &err, "READ on topic", topic);
}

static void check_group(struct online *online)
{
	struct err err = {0};
	int rc;

	do
		rc = kafka_probe_group(online->probe, position_topic(online->pipeline), &err);
	while (ask_again(&online->ask, rc, &err));
	(void)take(online, rc, &err, "READ on group", online->pipeline->group);
}

static void check_ids(struct online *online, const struct config *config)
{
	const struct memory_share share = {0};

	for (int i = 0; i < online->pipeline->workers && online->code == 0; i++) {
		struct err err = {0};
		struct wiring wiring;
		int rc;

		wiring_init(&wiring, config, online->pipeline, i, &share, NULL);
		do
			rc = kafka_probe_transactional_id(online->probe, wiring.transactional_id,
							  &err);
		while (ask_again(&online->ask, rc, &err));
		(void)take(online, rc, &err, "WRITE on transactional id", wiring.transactional_id);
		wiring_fini(&wiring);
	}
}

static void check_brokers(struct online *online)
{
	struct kafka_probe_settings settings;

	if (!read_settings(online, NULL, &settings))
		return;
	if (settings.transaction_max_ms >= 0 && settings.transaction_max_ms < WIRING_TRANSACTION_MS)
		misfit(online,
		       "transaction.max.timeout.ms of the brokers is %" PRId64
		       ": onced's transactions need %d",
		       settings.transaction_max_ms, WIRING_TRANSACTION_MS);
	if (settings.auto_create)
		warn(online, "auto.create.topics.enable is on at the brokers: an output topic with "
			     "a wrong name is made instead of missed");
}

static void check_all(struct online *online, const struct config *config)
{
	const struct pipeline *pipeline = online->pipeline;

	check_group(online);
	for (size_t i = 0; !pipeline->journal && i < pipeline->topic_count && online->code == 0;
	     i++)
		check_input(online, pipeline->topics[i]);
	for (size_t i = 0; i < pipeline->target_count && online->code == 0; i++)
		check_output(online, pipeline->targets[i].topic);
	if (pipeline->errors == ERRORS_TO && online->code == 0)
		check_output(online, pipeline->errors_topic);
	if (pipeline->journal && online->code == 0)
		check_carrier(online);
	if (online->code == 0)
		check_ids(online, config);
	if (online->code == 0)
		check_brokers(online);
}

static int check_pipeline(const struct config *config, const struct pipeline *pipeline,
			  int64_t timeout_ms, bool verbose)
{
	const struct memory_share share = {0};
	struct online online = {.pipeline = pipeline, .verbose = verbose};
	struct wiring wiring;
	struct err err = {0};

	ask_begin(&online.ask, timeout_ms);
	wiring_init(&wiring, config, pipeline, 0, &share, NULL);
	if (kafka_probe_open(&wiring.broker, &online.probe, &err) < 0) {
		(void)take(&online, -1, &err, "", "");
	} else {
		check_all(&online, config);
		kafka_probe_close(online.probe);
	}
	wiring_fini(&wiring);
	if (online.code != 0)
		return online.code;
	(void)printf("%s: online: %d right%s missing, %d other problem%s, %d not checked%s\n",
		     pipeline->name, online.rights_missing, online.rights_missing == 1 ? "" : "s",
		     online.misfits, online.misfits == 1 ? "" : "s", online.unchecked,
		     online.unchecked > 0 && !verbose ? " (-v says why)" : "");
	if (online.rights_missing > 0)
		return EXIT_PERMISSION;
	return online.misfits > 0 ? EXIT_CONFIG : 0;
}

int check_online(const struct config *config, int64_t timeout_ms, bool verbose)
{
	int worst = 0;

	for (size_t i = 0; i < config->pipeline_count; i++) {
		int code =
			check_pipeline(config, &config->pipelines[i].pipeline, timeout_ms, verbose);

		if (code == EXIT_UNAVAILABLE)
			return code;
		if (code == EXIT_PERMISSION || worst == 0)
			worst = code;
	}
	return worst;
}
