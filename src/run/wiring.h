/*
 * wiring: how the configuration becomes that of the adapters: names, settings, directories. The
 * daemon and the commands that join its groups must agree on them, so they are made here only.
 *
 *   group.instance.id   instance.pipeline.worker
 *   transactional.id    group/instance.pipeline.worker; of a journal: group/journal, whatever the
 *                       instance is: nothing else fences two daemons on one host
 *   environment         <state_dir>/<pipeline>
 *
 * Thread: any; pure but for the adapters' own opening.
 */
#ifndef ONCED_RUN_WIRING_H
#define ONCED_RUN_WIRING_H

#include <limits.h>

#include "config/config.h"
#include "io/kafka_broker.h"
#include "io/lmdb_store.h"
#include "run/memory.h"

/* Used where `kafka:` says no bootstrap.servers. */
#define WIRING_BOOTSTRAP "127.0.0.1:9092"
#define WIRING_TRANSACTION_MS 10000
#define WIRING_CALL_MS 5000
/* A run of one expression that takes more CPU time is a runaway: well below the transaction's
 * timeout. */
#define WIRING_EXPR_RUN_MS 5000
/* The text of one value that an expression made. */
#define WIRING_EXPR_TEXT_BYTES ((size_t)64 << 20)

/* Everything that an adapter borrows; outlives the broker. Free with wiring_fini. */
struct wiring {
	struct kafka_setting *settings; /* owned; the values are the configuration's */
	size_t setting_count;
	const char **secrets; /* owned; the values are the configuration's */
	size_t secret_count;
	const char **outputs; /* owned; the pipeline's topics */
	char instance_id[3 * NAME_MAX_BYTES + 32];
	char transactional_id[4 * NAME_MAX_BYTES + 32];
	struct kafka_broker_conf broker;
	const struct pipeline *pipeline;
	bool journal_whole; /* see journal_broker.h */
};

/* log: librdkafka's messages; NULL = dropped. */
void wiring_init(struct wiring *wiring, const struct config *config,
		 const struct pipeline *pipeline, int worker, const struct memory_share *share,
		 void (*log)(int level, const char *fac, const char *text));
void wiring_fini(struct wiring *wiring);

/* The broker of the pipeline's source: topics', or the journal's. As kafka_broker_open. */
int wiring_broker_open(const struct wiring *wiring, struct broker **ret, struct err *err) CHECKED;

/* The pipeline's LMDB environment. report: see lmdb_store.h. STOP (73). */
int wiring_env_open(const struct config *config, const struct pipeline *pipeline,
		    void (*report)(const char *pipeline_dir, const char *what),
		    struct lmdb_env **ret, struct err *err) CHECKED;

/* A worker's engine. */
int wiring_engine_open(struct expr_engine **ret, struct err *err) CHECKED;

#endif
