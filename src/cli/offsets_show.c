/* onced offsets show: facts, and core/recover's verdict on them. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "cli/facts.h"
#include "cli/offsets.h"
#include "run/wiring.h"

#define TIME_TEXT_MAX 80

/* Queues that hold nothing: no record is read. */
static const struct memory_share no_records = {(size_t)1 << 20, (size_t)1 << 20, (size_t)1 << 20,
					       (size_t)1 << 20};

struct local {
	struct lmdb_env *env;
	struct store *store;
	const char *why; /* why it is not looked at; NULL = it is, or there is none */
	struct err err;
};

/* The daemon's lock keeps us out, which is right: K is then older than what it has in memory. */
static void local_open(struct local *local, const struct config *config,
		       const struct pipeline *pipeline)
{
	char dir[PATH_MAX];

	if (snprintf(dir, sizeof(dir), "%s/%s", config->state_dir, pipeline->name) >=
		    (int)sizeof(dir) ||
	    (access(dir, F_OK) != 0 && errno == ENOENT))
		return;
	if (wiring_env_open(config, pipeline, NULL, &local->env, &local->err) < 0 ||
	    lmdb_store_open(local->env, &local->store, &local->err) < 0)
		local->why = local->err.msg;
}

static void local_close(struct local *local)
{
	if (local->store)
		local->store->ops->close(local->store);
	lmdb_env_close(local->env);
}

static const char *time_text(int64_t ms, char text[TIME_TEXT_MAX])
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;

	if (ms <= 0 || !gmtime_r(&seconds, &tm) || tm.tm_year > 8099)
		(void)snprintf(text, TIME_TEXT_MAX, "%" PRId64 " ms", ms);
	else
		(void)snprintf(text, TIME_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
			       tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
			       tm.tm_sec, (int)(ms % 1000));
	return text;
}

static void print_meta(const struct recover_in *in)
{
	const struct meta *m = &in->m;
	char text[TIME_TEXT_MAX];

	switch (in->m_form) {
	case META_NEWER:
		(void)printf("  metadata   of a newer onced\n");
		return;
	case META_FOREIGN:
		(void)printf("  metadata   not onced's\n");
		return;
	case META_OURS:
		break;
	}
	(void)printf("  metadata   generation %" PRId64 ", base %" PRId64 ", partitions %" PRId32
		     "%s%s, worker %" PRId32 "\n",
		     m->g, m->b, m->n, m->n == in->n ? "" : " (now different)",
		     m->k == in->k ? "" : ", another cluster", m->i);
	if (!in->stateful)
		return;
	(void)printf("  log time   %s", time_text(m->t, text));
	if (m->has_w)
		(void)printf(", oldest id in the window at or above offset %" PRId64, m->w.offset);
	(void)printf("\n  prefix     %s; window %" PRId64 " ms%s\n",
		     m->d == in->d ? "the present one"
				   : "another than the present one: a start rebuilds",
		     m->v, m->v == in->window_ms ? "" : " (now different)");
	if (m->a.open)
		(void)printf("  gap        open since log time %s\n", time_text(m->a.t, text));
}

static void print_verdict(const struct pipeline *pipeline, const struct facts_part *part)
{
	struct recover_out out;

	recover_decide(&part->in, &out);
	if (out.verdict == VERDICT_STOP && recover_is_beyond_log(&part->in))
		(void)printf("  verdict    STOP: %s\n"
			     "             move it: onced offsets reset %s %s/%" PRId32
			     " --to ...\n",
			     stop_reason_text(out.reason), pipeline->name, part->tp.topic,
			     part->tp.partition);
	else if (out.verdict == VERDICT_STOP)
		(void)printf("  verdict    STOP: %s\n"
			     "             if C is right as it stands: "
			     "onced offsets accept %s %s/%" PRId32 "\n",
			     stop_reason_text(out.reason), pipeline->name, part->tp.topic,
			     part->tp.partition);
	else if (!part->in.has_c)
		(void)printf("  verdict    first start at %" PRId64 "\n", out.c);
	else
		(void)printf("  verdict    %s: reads from %" PRId64 ", %" PRId64 " to replay\n",
			     verdict_name(out.verdict), out.start, out.c - out.start);
}

static void print_part(const struct pipeline *pipeline, const struct local *local,
		       const struct facts_part *part)
{
	const struct recover_in *in = &part->in;

	(void)printf("%s/%" PRId32 "\n", part->tp.topic, part->tp.partition);
	(void)printf("  log        %" PRId64 " to %" PRId64 "%s\n", in->log_start,
		     in->high_watermark, in->compacted ? ", compacted" : "");
	if (in->has_c) {
		(void)printf("  committed  %" PRId64 ", lag %" PRId64 "\n", in->c,
			     in->high_watermark > in->c ? in->high_watermark - in->c : 0);
		print_meta(in);
	} else {
		(void)printf("  committed  nothing\n");
	}
	if (local->why)
		(void)printf("  state      not looked at, and no part of the verdict: %s\n",
			     local->why);
	else if (!local->store)
		(void)printf("  state      none\n");
	else if (in->has_checkpoint)
		(void)printf("  state      X %" PRId64 ", generation %" PRId64 ", base %" PRId64
			     "\n",
			     in->checkpoint.x, in->checkpoint.g, in->checkpoint.b);
	else
		(void)printf("  state      nothing of this partition\n");
	print_verdict(pipeline, part);
}

int offsets_show(const struct config *config, const struct pipeline *pipeline, int64_t timeout_ms)
{
	struct broker *broker = NULL;
	struct local local = {0};
	struct facts facts = {0};
	struct wiring wiring;
	struct ask ask;
	struct err err;
	int rc;

	ask_begin(&ask, timeout_ms);
	wiring_init(&wiring, config, pipeline, 0, &no_records, NULL);
	local_open(&local, config, pipeline);
	rc = wiring_broker_open(&wiring, &broker, &err);
	if (rc == 0)
		rc = facts_read(broker, local.why ? NULL : local.store, pipeline, &ask, &facts,
				&err);
	if (rc == 0)
		(void)printf("%s (group %s)\n", pipeline->name, pipeline->group);
	for (size_t i = 0; rc == 0 && i < facts.count; i++)
		print_part(pipeline, &local, &facts.parts[i]);
	if (rc < 0)
		(void)fprintf(stderr, "onced offsets show %s: %s\n", pipeline->name, err.msg);
	facts_fini(&facts);
	if (broker)
		broker->ops->close(broker);
	local_close(&local);
	wiring_fini(&wiring);
	return rc < 0 ? ask_exit_code(&err) : 0;
}
