/* run_thread: see run_thread.h. */
#include "run/run_thread.h"

#include <string.h>

#include "base/must.h"
#include "io/expr_jq.h"
#include "run/log.h"
#include "run/wiring.h"

#define LIBRDKAFKA_CRITICAL 2 /* syslog's LOG_CRIT */

/* What the thread owns while it runs; closed in the reverse order. */
struct owned {
	struct wiring wiring;
	struct expr_engine *engine;
	struct broker *broker;
	struct store *store;
	struct worker *worker;
};

/* librdkafka's words. Its complaints are about one connection; what they mean for the pipeline is
 * the adapter's and the worker's to say, once and with the reason, so here they are detail. */
static void log_librdkafka(int level, const char *fac, const char *text)
{
	log_event(level <= LIBRDKAFKA_CRITICAL ? LOG_LEVEL_ERROR : LOG_LEVEL_DEBUG, "librdkafka",
		  NULL, "librdkafka: %s: %s", fac, text);
}

static int open_all(struct run_thread *thread, struct owned *own, struct err *err)
{
	struct worker_conf conf = {
		.pipeline = thread->pipeline,
		.index = thread->index,
		.clock = thread->clock,
		.stats = &thread->stats,
		.overlay_bytes_max = thread->share->overlay_bytes,
		.batch_bytes_max = thread->share->batch_bytes,
		.checkpoint_every_ms = WORKER_CHECKPOINT_MS,
		.retry_ms_max = WORKER_RETRY_MS,
		.poll_ms_max = WORKER_POLL_MS,
	};

	wiring_init(&own->wiring, thread->config, thread->pipeline, thread->index, thread->share,
		    log_librdkafka);
	if (wiring_engine_open(&own->engine, err) < 0)
		return -1;
	if (lmdb_store_open(thread->env, &own->store, err) < 0)
		return -1;
	if (wiring_broker_open(&own->wiring, &own->broker, err) < 0)
		return -1;
	conf.engine = own->engine;
	conf.store = own->store;
	conf.broker = own->broker;
	return worker_new(&conf, &own->worker, err);
}

/* The store goes first: a checkpoint under way, which a STOP does not wait for, borrows the
 * worker's overlay until it has ended. Then the worker: it borrows all the rest. */
static void close_all(struct owned *own)
{
	if (own->store)
		own->store->ops->close(own->store);
	worker_free(own->worker);
	if (own->broker)
		own->broker->ops->close(own->broker);
	if (own->engine)
		own->engine->ops->close(own->engine);
	wiring_fini(&own->wiring);
}

static void show(struct run_thread *thread, struct worker *worker, struct expr_engine *engine)
{
	must(pthread_mutex_lock(&thread->lock) == 0);
	thread->worker = worker;
	thread->engine = engine;
	if (worker && thread->stop)
		worker_stop(worker);
	must(pthread_mutex_unlock(&thread->lock) == 0);
}

static void *run(void *arg)
{
	struct run_thread *thread = arg;
	struct owned own = {0};
	int rc = open_all(thread, &own, &thread->err);

	if (rc == 0) {
		show(thread, own.worker, own.engine);
		while ((rc = worker_turn(own.worker, &thread->err)) == 0)
			;
		show(thread, NULL, NULL);
	}
	thread->result = rc;
	close_all(&own);
	thread->ended = true;
	return NULL;
}

void run_thread_init(struct run_thread *thread)
{
	memset(&thread->stats, 0, sizeof(thread->stats));
	thread->stats.lag = -1;
	thread->stats.partitions = -1;
	thread->stats.since_marker = thread->stats.since_begin = -1;
	thread->started = false;
	thread->worker = NULL;
	thread->engine = NULL;
	thread->stop = false;
	thread->ended = false;
	thread->result = 0;
	memset(&thread->err, 0, sizeof(thread->err));
	must(pthread_mutex_init(&thread->lock, NULL) == 0);
}

int run_thread_start(struct run_thread *thread, int64_t now_ms, struct err *err)
{
	int rc;

	must(!thread->started);
	pulse_init(&thread->pulse, now_ms);
	rc = pthread_create(&thread->thread, NULL, run, thread);
	if (rc != 0)
		return err_set(err, ERR_STOP, EXIT_INTERNAL,
			       "cannot start the thread of worker %d: %s", thread->index,
			       strerror(rc));
	thread->started = true;
	return 0;
}

void run_thread_stop(struct run_thread *thread)
{
	must(thread->started);
	must(pthread_mutex_lock(&thread->lock) == 0);
	thread->stop = true;
	if (thread->worker)
		worker_stop(thread->worker);
	must(pthread_mutex_unlock(&thread->lock) == 0);
}

bool run_thread_has_ended(const struct run_thread *thread)
{
	return thread->ended;
}

void run_thread_join(struct run_thread *thread)
{
	if (thread->started) {
		must(pthread_join(thread->thread, NULL) == 0);
		thread->started = false;
	}
	(void)pthread_mutex_destroy(&thread->lock);
}

void run_thread_watch(struct run_thread *thread)
{
	must(pthread_mutex_lock(&thread->lock) == 0);
	if (thread->engine)
		expr_jq_watch(thread->engine);
	must(pthread_mutex_unlock(&thread->lock) == 0);
}

void run_thread_trouble(struct run_thread *thread, char *text, size_t size)
{
	must(size > 0);
	text[0] = '\0';
	must(pthread_mutex_lock(&thread->lock) == 0);
	if (thread->worker)
		worker_trouble(thread->worker, text, size);
	must(pthread_mutex_unlock(&thread->lock) == 0);
}
