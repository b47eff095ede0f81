/* recover: see recover.h. */
#include "core/recover.h"

#include <string.h>

#include "base/must.h"

static void stop(struct recover_out *ret, enum stop_reason reason)
{
	ret->verdict = VERDICT_STOP;
	ret->reason = reason;
}

/* The window as the metadata has it: what T, p, h are at C. Only w of the markers is known. */
static void window_from_meta(struct window *window, const struct meta *m)
{
	window_init(window);
	window->t = m->t;
	window->p = m->p;
	window->x = m->x;
	window->h = m->h;
	if (m->has_w) {
		window->markers[0] = m->w;
		window->marker_count = 1;
	}
}

/* Nothing but C is known of what was seen: state built from the whole log, under a new generation.
 * M goes out first, so that a crash on the way comes back to the same verdict. */
static void begin_anew(const struct recover_in *in, struct recover_out *ret)
{
	ret->verdict = in->stateful ? VERDICT_SCRATCH : VERDICT_LIVE;
	ret->c = in->c;
	ret->start = in->stateful ? in->log_start : in->c;
	ret->g = in->now_ms;
	ret->b = in->log_start;
	ret->commit_first = true;
	if (in->stateful)
		window_init(&ret->window);
	else /* T p h of what lies below C are not read, and a later dedup step begins at b */
		window_init_unknown(&ret->window);
}

static void first_start(const struct recover_in *in, struct recover_out *ret)
{
	ret->verdict = VERDICT_LIVE;
	ret->start = in->start;
	ret->c = in->start;
	ret->g = in->now_ms;
	ret->b = in->start;
	ret->commit_first = true;
	window_init(&ret->window);
}

/* T, p, x, h as M has them at C, and a marker there: with the gap open until everything before C
 * has expired, a rebuild may begin at C. */
static void window_at_gap(const struct recover_in *in, int64_t c, struct window *window)
{
	struct marker at_c = {c, in->m.t, in->m.p, in->m.h};

	window_init_at(window, &at_c);
	window->x = in->m.x;
}

/* A gap: empty state with M's T, p, h; whatever yields a state inherits an older gap. */
static void open_gap(const struct recover_in *in, struct recover_out *ret)
{
	ret->verdict = VERDICT_GAP;
	ret->start = ret->c;
	window_at_gap(in, ret->c, &ret->window);
	ret->gap = (struct gap){true, in->m.t, in->m.x};
	ret->commit_first = true;
}

bool recover_went_back(const struct recover_in *in)
{
	return in->has_c && in->m_form == META_OURS && in->m.g == in->known_g &&
	       in->c < in->known_c;
}

/* The rows that need no state, and all there is for a pipeline without a stateful step. True if
 * one applied. */
static bool decide_position(const struct recover_in *in, struct recover_out *ret)
{
	bool ours = in->has_c && in->m_form == META_OURS;

	if (in->stateful && in->has_c) {
		if (in->m_form == META_NEWER)
			return stop(ret, STOP_NEWER_FORMAT), true;
		if (ours && in->m.k != in->k)
			return stop(ret, STOP_OTHER_CLUSTER), true;
		if (ours && in->m.n != in->n)
			return stop(ret, STOP_PARTITION_COUNT), true;
	}
	if (!in->has_c) {
		if (in->stateful && in->has_checkpoint)
			return stop(ret, STOP_OFFSETS_EXPIRED), true;
		first_start(in, ret);
		return true;
	}
	if (!ours && in->stateful && !in->adopt)
		return stop(ret, STOP_FOREIGN_OFFSETS), true;
	if (ours && in->stateful && in->has_checkpoint && in->checkpoint.g == in->m.g &&
	    in->c < in->checkpoint.x)
		return stop(ret, STOP_OFFSETS_MOVED_BACK), true;
	if (recover_went_back(in))
		return stop(ret, STOP_OFFSETS_MOVED_BACK), true;
	if (in->c > in->high_watermark)
		return stop(ret, STOP_BEYOND_LOG), true;
	return false;
}

/* K has every mark from its oldest marker on, and one that was written amid a rebuild has no older
 * ones; M says from where on they are needed at C. A rebuild has begun at the w of its C, and w
 * only grows: it is too late only for a C that the brokers have let go back. */
static bool reaches_back(const struct checkpoint *k, const struct meta *m)
{
	return !m->has_w || k->window.marker_count == 0 ||
	       k->window.markers[0].offset <= m->w.offset;
}

/* The rows that yield a state at C, for offsets that are ours. */
static void decide_state(const struct recover_in *in, struct recover_out *ret)
{
	const struct checkpoint *k = &in->checkpoint;
	const struct meta *m = &in->m;
	bool matches = in->has_checkpoint && k->g == m->g && k->b == m->b && k->d == in->d &&
		       reaches_back(k, m);
	struct window at_c;

	ret->gap = m->a;
	window_from_meta(&at_c, m);
	/* What is not known equals nothing: a K from the first moment of a rebuild says no more
	 * than an M without a T. Between X and C then lies no record, or somebody has moved C and
	 * left M as it was: the replay meets it. */
	if (matches && m->p != WINDOW_P_UNKNOWN && window_same(&k->window, &at_c)) {
		ret->start = k->x > in->log_start ? k->x : in->log_start;
		ret->verdict = ret->start < ret->c ? VERDICT_REPLAY : VERDICT_LIVE;
		ret->window = k->window;
		ret->keep_state = true;
		return;
	}
	if (matches && in->log_start <= k->x && (!m->has_w || m->w.offset <= k->x)) {
		ret->verdict = VERDICT_REPLAY;
		ret->start = k->x;
		ret->window = k->window;
		ret->keep_state = true;
		return;
	}
	if (in->window_ms <= m->v && m->has_w && m->w.offset >= in->log_start && !in->compacted) {
		ret->verdict = VERDICT_REBUILD;
		ret->start = m->w.offset;
		window_init_at(&ret->window, &m->w);
		return;
	}
	if (!in->compacted && m->b < ret->c) {
		ret->verdict = VERDICT_SCRATCH;
		ret->start = m->b > in->log_start ? m->b : in->log_start;
		if (ret->start == m->b)
			window_init(&ret->window);
		else
			window_init_unknown(&ret->window);
		return;
	}
	if (m->b >= ret->c) {
		/* Nothing was processed yet since b: the empty state is the complete one. */
		ret->verdict = VERDICT_LIVE;
		ret->start = ret->c;
		window_init(&ret->window);
		return;
	}
	open_gap(in, ret);
}

void recover_decide(const struct recover_in *in, struct recover_out *ret)
{
	memset(ret, 0, sizeof(*ret));
	must(in->log_start <= in->high_watermark);
	if (decide_position(in, ret))
		return;
	ret->c = in->c;
	if (in->c < in->log_start) {
		if (!in->gap_accept)
			return stop(ret, STOP_DELETED_BEFORE_PROCESSED);
		/* The operator takes the loss: on from the log start, said in M at once. */
		ret->c = in->log_start;
		ret->commit_first = true;
	}
	if (in->m_form != META_OURS) {
		struct recover_in at = *in;

		at.c = ret->c;
		begin_anew(&at, ret);
		return;
	}
	ret->g = in->m.g;
	ret->b = in->m.b;
	if (in->stateful) {
		decide_state(in, ret);
		return;
	}
	ret->verdict = VERDICT_LIVE;
	ret->start = ret->c;
	ret->gap = in->m.a;
	window_from_meta(&ret->window, &in->m);
}

/* The end of a rebuild from scratch, over offsets that are ours. */
static enum recover_end finish_scratch(const struct recover_in *in,
				       const struct recover_out *decided, struct window *window,
				       struct gap *gap)
{
	bool whole = decided->start == decided->b;

	if (in->m.p == WINDOW_P_UNKNOWN) {
		/* An admin took C for the truth, without a T: it begins here. What was deleted
		 * since can only be bounded by what is there. */
		if (whole)
			return RECOVERED;
		*gap = (struct gap){true, window->t, window->x};
		return RECOVERED;
	}
	if (whole) /* every record since b, so h must come out the same */
		return window->t == in->m.t && window->p == in->m.p && window->h == in->m.h
			       ? RECOVERED
			       : RECOVER_STOP;
	window_at_gap(in, decided->c, window);
	*gap = (struct gap){true, in->m.t, in->m.x};
	return RECOVERED;
}

enum recover_end recover_finish(const struct recover_in *in, const struct recover_out *decided,
				struct window *window, struct gap *gap, bool *commit_first)
{
	struct window at_c;

	*gap = decided->gap;
	*commit_first = decided->commit_first;
	window_from_meta(&at_c, &in->m);
	switch (decided->verdict) {
	case VERDICT_REPLAY:
	case VERDICT_REBUILD:
		if (!window_same(window, &at_c))
			return decided->verdict == VERDICT_REPLAY ? RECOVER_AGAIN : RECOVER_STOP;
		/* The highest timestamp may lie below where the rebuild began; a later gap has to
		 * reach as far. */
		window->x = in->m.x;
		return RECOVERED;
	case VERDICT_SCRATCH:
		*commit_first = true;
		if (in->m_form != META_OURS)
			return RECOVERED; /* adopted: what the log holds is all there is to know */
		return finish_scratch(in, decided, window, gap);
	case VERDICT_LIVE:
	case VERDICT_GAP:
		return RECOVERED;
	case VERDICT_STOP:
		break;
	}
	must(false && "a verdict to go on");
	return RECOVER_STOP;
}

bool gap_is_hit(const struct gap *gap, int64_t window_ms, struct entry now)
{
	return gap->open && now.t <= saturating_add(gap->t, window_ms) &&
	       now.timestamp <= saturating_add(gap->x, window_ms);
}

void gap_advance(struct gap *gap, int64_t window_ms, int64_t t)
{
	if (gap->open && t > saturating_add(gap->t, window_ms))
		*gap = (struct gap){0};
}

bool recover_is_beyond_log(const struct recover_in *in)
{
	if (in->has_c)
		return in->c > in->high_watermark;
	return in->has_checkpoint && in->checkpoint.x > in->high_watermark;
}

const char *stop_reason_text(enum stop_reason reason)
{
	switch (reason) {
	case STOP_NONE:
		return "nothing is wrong";
	case STOP_OTHER_CLUSTER:
		return "the committed offset was written by onced on another cluster (a mirrored "
		       "__consumer_offsets?)";
	case STOP_PARTITION_COUNT:
		return "the topic's partition count has changed, so keys may have moved to other "
		       "partitions and their repeats would not be found";
	case STOP_NEWER_FORMAT:
		return "the committed offset was written by a newer version of onced";
	case STOP_OFFSETS_EXPIRED:
		return "the group has no committed offset, but the state on disk says that there "
		       "was one (expired or deleted)";
	case STOP_FOREIGN_OFFSETS:
		return "the committed offset was not written by onced (another program, or a "
		       "reset by an admin)";
	case STOP_OFFSETS_MOVED_BACK:
		return "the committed offset lies behind what was already "
		       "processed: somebody moved it back";
	case STOP_BEYOND_LOG:
		return "the committed offset lies beyond the end of the log: the topic was "
		       "truncated or made anew";
	case STOP_DELETED_BEFORE_PROCESSED:
		return "records were deleted before they were processed: the committed offset lies "
		       "before the start of the log";
	case STOP_NOT_THE_INPUT:
		return "the log below the committed offset is not the one that was processed";
	}
	return "?";
}

const char *verdict_name(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_LIVE:
		return "live";
	case VERDICT_REPLAY:
		return "replay";
	case VERDICT_REBUILD:
		return "rebuild";
	case VERDICT_SCRATCH:
		return "rebuild from scratch";
	case VERDICT_GAP:
		return "gap";
	case VERDICT_STOP:
		return "stop";
	}
	return "?";
}
