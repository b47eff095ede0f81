/* reload: see reload.h. */
#include "run/reload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "run/control.h"
#include "run/loader.h"
#include "run/log.h"
#include "run/notify.h"
#include "run/reload_text.h"

#define TROUBLE_MAX 320

enum phase { PHASE_IDLE, PHASE_LOADING, PHASE_SWAPPING, PHASE_STARTING };

/* A client that waits for an answer. */
struct waiter {
	uint64_t client;
	bool swap;    /* else it only asks what would happen */
	bool present; /* answered by the reload under way; else by the next */
};

struct reload {
	struct config_request files;
	struct run_set *set;
	struct control *control; /* owned; NULL = nobody can ask */
	enum phase phase;
	bool stopping;
	bool asked; /* a SIGHUP that no reload has begun for */
	bool swap;  /* the one under way is more than a question */
	bool told;  /* the service manager knows of it */
	struct waiter waiters[CONTROL_CLIENTS_MAX];
	size_t waiter_count;
	struct loader *loader; /* LOADING */
	FILE *out;             /* the answer as it grows, in text */
	char *text;
	size_t text_size;
	int64_t until_ms; /* STARTING */
	char summary[RELOAD_TEXT_MAX];
	char note[RELOAD_TEXT_MAX];
	int64_t note_ms; /* when the note is over; 0 = it stays */
};

struct reload *reload_new(const struct config_request *files, const char *state_dir,
			  struct run_set *set)
{
	struct reload *reload = calloc(1, sizeof(*reload));
	struct err err;

	must(reload != NULL);
	reload->files = *files;
	reload->set = set;
	if (control_open(state_dir, &reload->control, &err) < 0)
		log_event(LOG_LEVEL_WARNING, "control", NULL,
			  "%s; `onced reload` does not reach this one, SIGHUP does", err.msg);
	return reload;
}

bool reload_is_loading(const struct reload *reload)
{
	return reload->loader != NULL;
}

static void close_text(struct reload *reload)
{
	if (reload->out)
		must(fclose(reload->out) == 0);
	reload->out = NULL;
}

static void free_text(struct reload *reload)
{
	close_text(reload);
	free(reload->text);
	reload->text = NULL;
}

void reload_free(struct reload *reload)
{
	if (!reload)
		return;
	must(!reload->loader);
	free_text(reload);
	control_close(reload->control);
	free(reload);
}

/* ---- those who ask ---- */

static void hear(struct reload *reload, int64_t now_ms)
{
	char request[CONTROL_REQUEST_MAX];
	uint64_t client;

	if (!reload->control)
		return;
	control_tick(reload->control, now_ms);
	while (control_next(reload->control, &client, request)) {
		bool swap = strcmp(request, "reload") == 0;

		if (!swap && strcmp(request, "check") != 0) {
			control_answer(reload->control, client, EXIT_USAGE,
				       "this onced does not know the request\n");
		} else if (reload->stopping) {
			control_answer(reload->control, client, EXIT_UNAVAILABLE,
				       "onced is stopping\n");
		} else if (reload->waiter_count == CONTROL_CLIENTS_MAX) {
			/* Others went away without their answer. */
			control_answer(reload->control, client, EXIT_UNAVAILABLE,
				       "too many ask already: try again\n");
		} else {
			reload->waiters[reload->waiter_count++] =
				(struct waiter){.client = client, .swap = swap};
		}
	}
}

/* Answers those of the reload under way; only: of them, those who just wanted to know. */
static void answer(struct reload *reload, int code, const char *text, bool only)
{
	size_t left = 0;

	for (size_t i = 0; i < reload->waiter_count; i++) {
		struct waiter *waiter = &reload->waiters[i];

		if (waiter->present && !(only && waiter->swap))
			control_answer(reload->control, waiter->client, code, text);
		else
			reload->waiters[left++] = *waiter;
	}
	reload->waiter_count = left;
}

/* ---- the end of one ---- */

static void finish(struct reload *reload, int code)
{
	close_text(reload);
	if (reload->told)
		notify_ready(); /* before the answer: systemd waits for `onced reload`'s end */
	reload->told = false;
	answer(reload, code, reload->text, false);
	free_text(reload);
	reload->phase = PHASE_IDLE;
}

/* text: lines. The first one is what the log and STATUS have room for. */
static void refuse(struct reload *reload, int code, const char *text)
{
	size_t length = strcspn(text, "\n");
	size_t more = 0;

	fputs(text, reload->out);
	for (const char *c = text + length; *c; c++)
		more += *c == '\n';
	if (reload->swap) {
		reload->note_ms = 0;
		(void)snprintf(reload->note, sizeof(reload->note), "reload refused (%d): %.*s",
			       code, (int)(length < 360 ? length : 360), text);
		if (more > 1)
			log_event(LOG_LEVEL_ERROR, "reload-refused", NULL,
				  "%s (and %zu more); the old definitions go on", reload->note,
				  more - 1);
		else
			log_event(LOG_LEVEL_ERROR, "reload-refused", NULL,
				  "%s; the old definitions go on", reload->note);
	}
	finish(reload, code);
}

static void refuse_err(struct reload *reload, const struct err *err)
{
	char line[sizeof(err->msg) + 2];

	(void)snprintf(line, sizeof(line), "%s\n", err->msg);
	refuse(reload, err->code, line);
}

/* ---- its phases ---- */

static void begin(struct reload *reload, bool ready)
{
	struct err err;

	reload->swap = reload->asked;
	reload->asked = false;
	for (size_t i = 0; i < reload->waiter_count; i++) {
		reload->waiters[i].present = true;
		reload->swap = reload->swap || reload->waiters[i].swap;
	}
	must(!reload->out && !reload->text);
	reload->out = open_memstream(&reload->text, &reload->text_size);
	must(reload->out != NULL);
	if (reload->swap) {
		log_event(LOG_LEVEL_INFO, "reload", NULL, "reloading: the files are read anew");
		(void)snprintf(reload->note, sizeof(reload->note), "reloading");
		reload->note_ms = 0;
		reload->told = ready;
		if (ready)
			notify_reloading();
	}
	if (loader_start(&reload->files, &reload->loader, &err) < 0)
		refuse_err(reload, &err);
	else
		reload->phase = PHASE_LOADING;
}

static int64_t rebuild_records(const struct reload *reload, const struct diff_item *item)
{
	const struct pipeline_run *run;

	if (item->kind != DIFF_REBUILT)
		return -1;
	run = run_set_find(reload->set, item->before->pipeline.name);
	return run ? pipeline_run_rebuild_records(run, diff_needs_more_than_window(item)) : -1;
}

static void tell_plan(struct reload *reload, const struct diff *diff, const char *anew)
{
	char text[RELOAD_TEXT_MAX];

	reload_text_summary(diff, reload->summary);
	fprintf(reload->out, "%s%s\n", reload->swap ? "" : "a reload would find ", reload->summary);
	for (size_t i = 0; i < diff->count; i++) {
		const struct diff_item *item = &diff->items[i];
		struct log_where where = LOG_NOWHERE;
		const struct pipeline_run *run;

		where.pipeline = (item->after ? item->after : item->before)->pipeline.name;
		run = run_set_find(reload->set, where.pipeline);
		reload_text_item(item, anew, run && pipeline_run_state(run) == RUN_PARKED,
				 rebuild_records(reload, item), text);
		fprintf(reload->out, "%s: %s\n", where.pipeline, text);
		if (reload->swap)
			log_event(item->kind == DIFF_SAME ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO,
				  "reload-pipeline", &where, "%s", text);
	}
}

static void loaded(struct reload *reload, struct config *next)
{
	struct memory_share share;
	struct diff diff = {0};
	const char *anew;
	struct err err;

	if (diff_make(reload->set->config, next, &diff, &err) < 0 ||
	    run_set_plan(reload->set, next, &diff, &anew, &share, &err) < 0) {
		diff_free(&diff);
		refuse_err(reload, &err);
		return;
	}
	tell_plan(reload, &diff, anew);
	if (reload->swap) {
		run_set_swap(reload->set, next, &diff, anew, &share);
		log_set_level((enum log_level)next->log_level);
		must(fflush(reload->out) == 0);
		answer(reload, 0, reload->text, true);
		reload->phase = PHASE_SWAPPING;
	} else {
		finish(reload, 0);
	}
	diff_free(&diff);
}

static void load_tick(struct reload *reload)
{
	struct config *next = NULL;
	char *text = NULL;
	int code;

	loader_watch(reload->loader);
	if (!loader_has_ended(reload->loader))
		return;
	code = loader_finish(reload->loader, &next, &text);
	reload->loader = NULL;
	if (code != 0)
		refuse(reload, code, text);
	else
		loaded(reload, next);
	config_free(next); /* the set holds it if it took it */
	free(text);
}

/* Who does not get on; the code of the first that is parked. */
static int tell_troubles(struct reload *reload)
{
	char trouble[TROUBLE_MAX];
	int code = 0;

	for (size_t i = 0; i < reload->set->count; i++) {
		struct pipeline_run *run = reload->set->runs[i];

		pipeline_run_trouble(run, trouble, sizeof(trouble));
		if (pipeline_run_state(run) == RUN_PARKED) {
			fprintf(reload->out, "%s: stopped (%d): %s\n", pipeline_run_name(run),
				pipeline_run_exit_code(run), trouble);
			code = code ? code : pipeline_run_exit_code(run);
		} else if (!pipeline_run_is_live(run)) {
			fprintf(reload->out, "%s: is not ready yet%s%s\n", pipeline_run_name(run),
				*trouble ? ": " : "", trouble);
		}
	}
	return code;
}

static void started(struct reload *reload, int64_t now_ms)
{
	int code = tell_troubles(reload);

	(void)snprintf(reload->note, sizeof(reload->note), "reloaded: %.*s", RELOAD_TEXT_MAX - 16,
		       reload->summary);
	reload->note_ms = now_ms + RELOAD_NOTE_MS;
	log_event(LOG_LEVEL_NOTICE, "reload-done", NULL, "%s", reload->note);
	finish(reload, code);
}

void reload_tick(struct reload *reload, int64_t now_ms, bool ready)
{
	hear(reload, now_ms);
	if (reload->stopping)
		return;
	if (reload->note_ms != 0 && now_ms >= reload->note_ms) {
		reload->note[0] = '\0';
		reload->note_ms = 0;
	}
	switch (reload->phase) {
	case PHASE_IDLE:
		if (reload->asked || reload->waiter_count > 0)
			begin(reload, ready);
		return;
	case PHASE_LOADING:
		load_tick(reload);
		return;
	case PHASE_SWAPPING:
		if (run_set_is_swapping(reload->set))
			return;
		reload->phase = PHASE_STARTING;
		reload->until_ms = now_ms + RELOAD_READY_MS;
		return;
	case PHASE_STARTING:
		if (run_set_is_ready(reload->set) || now_ms >= reload->until_ms)
			started(reload, now_ms);
		return;
	}
}

void reload_ask(struct reload *reload)
{
	if (reload->stopping)
		log_event(LOG_LEVEL_NOTICE, "reload", NULL, "SIGHUP while stopping: ignored");
	else
		reload->asked = true;
}

void reload_stop(struct reload *reload)
{
	reload->stopping = true;
	reload->note[0] = '\0';
	for (size_t i = 0; i < reload->waiter_count; i++)
		control_answer(reload->control, reload->waiters[i].client, EXIT_UNAVAILABLE,
			       "onced is stopping\n");
	reload->waiter_count = 0;
}

const char *reload_note(const struct reload *reload)
{
	return reload->note;
}
