/* supervisor: see supervisor.h. */
#include "run/supervisor.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/failpoint.h"
#include "base/must.h"
#include "run/clock_real.h"
#include "run/log.h"
#include "run/notify.h"
#include "run/pulse.h"
#include "run/reload.h"
#include "run/run_set.h"
#include "run/signals.h"
#include "run/state_dir.h"

struct supervisor {
	struct clock_real clock;
	struct run_set set;
	struct reload *reload; /* owned */
	bool stopping;
	int64_t stop_ms; /* when the stop was asked for */
	bool ready;
	int64_t watchdog_every_ms; /* 0 = none */
	int64_t watchdog_ms;       /* the last of each */
	int64_t extend_ms;
	int64_t status_ms;
	int64_t progress_ms;
	struct pulse replay; /* of replay_left */
	bool gets_on;        /* the start, at the last status */
	char status[NOTIFY_STATUS_MAX];
	char progress[NOTIFY_STATUS_MAX];
};

static int64_t now_ms(struct supervisor *supervisor)
{
	return supervisor->clock.clock.ops->monotonic_ms(&supervisor->clock.clock);
}

static int open_all(struct supervisor *supervisor, const struct config_request *files,
		    struct config *config)
{
	struct err err;

	if (config->pipeline_count == 0) {
		config_free(config);
		log_event(LOG_LEVEL_ERROR, "no-pipelines", NULL,
			  "there is no pipeline to run: name a file, or "
			  "put one where `pipelines` points");
		notify_status("there is no pipeline to run");
		return EXIT_CONFIG;
	}
	if (run_set_init(&supervisor->set, config, &supervisor->clock.clock, &err) < 0 ||
	    state_dir_make(config->state_dir, &err) < 0) {
		log_event(LOG_LEVEL_ERROR, "start", NULL, "%s", err.msg);
		notify_status(err.msg);
		return err.code;
	}
	supervisor->reload = reload_new(files, config->state_dir, &supervisor->set);
	return 0;
}

static void stop(struct supervisor *supervisor, int64_t now)
{
	supervisor->stopping = true;
	supervisor->stop_ms = now;
	notify_stopping();
	log_event(LOG_LEVEL_NOTICE, "stop", NULL, "stopping: %d s to drain",
		  SUPERVISOR_STOP_MS / 1000);
	reload_stop(supervisor->reload);
	run_set_stop(&supervisor->set);
	/* After the workers were told: one that wakes sees that it is to stop. */
	clock_real_wake(&supervisor->clock);
}

/* A worker that hangs cannot be ended without its process. The restart finds what Kafka knows;
 * the open transaction is fenced by the next producer. */
static void die_of_hang(const struct supervisor *supervisor, size_t i, int worker)
{
	struct log_where where = LOG_NOWHERE;

	where.pipeline = pipeline_run_name(supervisor->set.runs[i]);
	where.worker = worker;
	log_event(LOG_LEVEL_ERROR, "hang", &where,
		  "the worker has not moved for %d s (a call that does not return): ending "
		  "the process; the restart goes on from the last commit",
		  PULSE_HANG_MS / 1000);
	_exit(EXIT_INTERNAL);
}

/* True when all workers move well enough for the service manager's watchdog. */
static bool watch_pulses(struct supervisor *supervisor, int64_t now)
{
	bool moves = true;

	for (size_t i = 0; i < supervisor->set.count; i++) {
		int worker = -1;
		int64_t still_ms = pipeline_run_still_ms(supervisor->set.runs[i], now, &worker);

		if (still_ms >= PULSE_HANG_MS && !WITHOUT("watchdog"))
			die_of_hang(supervisor, i, worker);
		if (still_ms >= PULSE_SLOW_MS)
			moves = false;
	}
	return moves;
}

static void tell_health(struct supervisor *supervisor, int64_t now)
{
	bool moves = watch_pulses(supervisor, now);
	bool ready = true, any = false;

	if (moves && supervisor->watchdog_every_ms > 0 &&
	    now - supervisor->watchdog_ms >= supervisor->watchdog_every_ms) {
		notify_watchdog();
		supervisor->watchdog_ms = now;
	}
	if (supervisor->ready || supervisor->stopping)
		return;
	for (size_t i = 0; i < supervisor->set.count; i++) {
		ready = ready && pipeline_run_is_live(supervisor->set.runs[i]);
		any = any || pipeline_run_state(supervisor->set.runs[i]) != RUN_PARKED;
	}
	/* With all of them parked the start has failed: the end comes next. */
	if (ready && any) {
		supervisor->ready = true;
		notify_ready();
		log_event(LOG_LEVEL_NOTICE, "ready", NULL, "ready");
	} else if (moves && supervisor->gets_on &&
		   now - supervisor->extend_ms >= SUPERVISOR_EXTEND_EVERY_MS) {
		/* A long replay or a broker that is away is no failed start; one that stands
		 * still, without a reason that STATUS could tell, is. */
		notify_extend(SUPERVISOR_EXTEND_MS);
		supervisor->extend_ms = now;
	}
}

static void tell_status(struct supervisor *supervisor, int64_t now)
{
	char text[NOTIFY_STATUS_MAX];
	struct status status;

	supervisor->status_ms = now;
	log_tick();
	status_init(&status);
	status.stopping = supervisor->stopping;
	for (size_t i = 0; i < supervisor->set.count; i++)
		pipeline_run_status(supervisor->set.runs[i], &status);
	status.note = reload_note(supervisor->reload);
	supervisor->gets_on =
		status_gets_on(&status, pulse_still_ms(&supervisor->replay,
						       (uint64_t)status.replay_left, now));
	status_text(&status, now, text, sizeof(text));
	if (strcmp(text, supervisor->status) != 0) {
		notify_status(text);
		memcpy(supervisor->status, text, sizeof(text));
	}
	if (notify_is_on() || now - supervisor->progress_ms < SUPERVISOR_PROGRESS_MS)
		return;
	/* The age of the last commit alone is no progress. */
	status.last_commit_ms = 0;
	status_text(&status, now, text, sizeof(text));
	if (strcmp(text, supervisor->progress) != 0) {
		log_event(LOG_LEVEL_INFO, "progress", NULL, "%s", supervisor->status);
		memcpy(supervisor->progress, text, sizeof(text));
	}
	supervisor->progress_ms = now;
}

static void on_signal(struct supervisor *supervisor, int64_t now)
{
	switch (signals_wait(SUPERVISOR_TICK_MS)) {
	case SIGNAL_NONE:
		return;
	case SIGNAL_RELOAD:
		reload_ask(supervisor->reload);
		return;
	case SIGNAL_STOP:
		break;
	}
	if (supervisor->stopping) {
		log_event(LOG_LEVEL_WARNING, "stop", NULL,
			  "second signal: ending at once; what is not committed is read again");
		_exit(0);
	}
	stop(supervisor, now);
}

static int loop(struct supervisor *supervisor)
{
	int code = 0;

	do {
		int64_t now = now_ms(supervisor);

		on_signal(supervisor, now);
		now = now_ms(supervisor);
		run_set_tick(&supervisor->set, now);
		reload_tick(supervisor->reload, now, supervisor->ready);
		tell_health(supervisor, now);
		if (now - supervisor->status_ms >= SUPERVISOR_STATUS_MS)
			tell_status(supervisor, now);
		if (supervisor->stopping && now - supervisor->stop_ms >= SUPERVISOR_STOP_MS &&
		    !run_set_is_over(&supervisor->set, &code)) {
			log_event(LOG_LEVEL_WARNING, "stop", NULL,
				  "not drained within %d s: ending; what is "
				  "not committed is read again",
				  SUPERVISOR_STOP_MS / 1000);
			_exit(0);
		}
	} while (!run_set_is_over(&supervisor->set, &code));
	/* The last STATUS stays to be read after the end: why, if there is a reason. */
	if (code != 0)
		tell_status(supervisor, now_ms(supervisor));
	else
		notify_status("stopped");
	return code;
}

int supervisor_run(const struct config_request *files, struct config *config)
{
	struct supervisor supervisor = {0};
	int code;

	clock_real_init(&supervisor.clock);
	/* Also for journald, which asks the kernel whose a message is, and remembers: the last
	 * words of a process that ends soon would else be nobody's, and missing under -u. */
	log_event(LOG_LEVEL_NOTICE, "begin", NULL, "onced " ONCED_VERSION ": pipelines: %zu",
		  config->pipeline_count);
	code = open_all(&supervisor, files, config);
	if (code == 0) {
		supervisor.watchdog_every_ms = notify_watchdog_ms();
		/* The first one at once: TimeoutStartSec may be short. */
		supervisor.extend_ms = now_ms(&supervisor) - SUPERVISOR_EXTEND_EVERY_MS;
		pulse_init(&supervisor.replay, now_ms(&supervisor));
		supervisor.gets_on = true;
		code = loop(&supervisor);
		log_event(LOG_LEVEL_NOTICE, "end", NULL, "ended (%d)", code);
		if (reload_is_loading(supervisor.reload))
			_exit(code); /* nothing ends that thread, and it only reads */
	}
	reload_free(supervisor.reload);
	run_set_fini(&supervisor.set);
	clock_real_fini(&supervisor.clock);
	return code;
}
