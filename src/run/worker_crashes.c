/*
 * worker_crashes: what the starts in the store say of a record that kills the process. A crash
 * anywhere here leaves one start more in the count.
 */
#include <inttypes.h>

#include "base/failpoint.h"
#include "base/must.h"
#include "run/worker_state.h"

#define CRASH_STARTS_MAX 5 /* starts at a batch limit of one before the record is the STOP */
/* A crash costs a start, so the search goes in larger steps than aborts'. */
#define CRASH_LIMIT_DIVISOR 8

/* What a crash loop at C means: smaller batches, and at last the record itself. */
int worker_heed_crashes(struct worker *w, struct part *part, struct err *err)
{
	struct crash_count *crashes = &part->crashes;

	part->crash_noted = false;
	if (WITHOUT("crash-counter"))
		return 0;
	if (crashes->offset != part->decided.c || crashes->count == 0) {
		/* It has come further and died: what killed it may be near, so the search goes on
		 * with batches not much larger than those that got this far. */
		if (crashes->count > 0 && crashes->offset >= 0 &&
		    crashes->offset < part->decided.c && 2 * (int64_t)crashes->limit < w->limit)
			w->limit = 2 * (int64_t)crashes->limit;
		*crashes = (struct crash_count){.offset = -1};
		return 0;
	}
	if (crashes->limit <= 1 && crashes->count >= CRASH_STARTS_MAX) {
		(void)err_set(err, ERR_STOP, EXIT_DATA,
			      "%s/%" PRId32 "/%" PRId64 ": the process died %d times while it had "
			      "this record alone in its hands; see the core or the journal for "
			      "why. Once that is mended, `onced offsets accept %s %s/%" PRId32
			      "` lets it be tried again; `onced offsets reset %s %s/%" PRId32
			      " --to %" PRId64 " --rebuild` goes on behind it",
			      part->tp.topic, part->tp.partition, crashes->offset,
			      (int)crashes->count, w->pipeline->name, part->tp.topic,
			      part->tp.partition, w->pipeline->name, part->tp.topic,
			      part->tp.partition, crashes->offset + 1);
		(void)err_name(err, "crash-loop");
		return err_at(err, part->tp.topic, part->tp.partition, crashes->offset);
	}
	if (crashes->limit > 1) {
		int64_t limit = crashes->limit / CRASH_LIMIT_DIVISOR;

		*crashes = (struct crash_count){.offset = crashes->offset};
		limit = limit < 1 ? 1 : limit;
		w->limit = limit < w->limit ? limit : w->limit;
	} else {
		w->limit = 1;
	}
	return 0;
}

void worker_uncount_starts(struct worker *w)
{
	struct err ignored;

	for (size_t i = 0; i < w->part_count; i++) {
		struct part *part = &w->parts[i];

		if (part->crash_noted && part->crashes.offset >= 0)
			(void)w->store->ops->crash_write(w->store, part->tp, &part->crashes_before,
							 &ignored);
		part->crash_noted = false;
	}
}

void worker_clear_crashes(struct worker *w)
{
	static const struct crash_count none = {.offset = -1};
	struct err ignored;

	for (size_t i = 0; i < w->part_count; i++) {
		struct part *part = &w->parts[i];

		if (part->crash_noted && part->crashes.offset >= 0)
			(void)w->store->ops->crash_write(w->store, part->tp, &none, &ignored);
		part->crash_noted = false;
	}
}
