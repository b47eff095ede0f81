/* accept_plan: see accept_plan.h. */
#include "cli/accept_plan.h"

#include <string.h>

#include "base/must.h"

void accept_plan_meta(const struct recover_in *in, int64_t g, int64_t base, struct meta *meta)
{
	memset(meta, 0, sizeof(*meta));
	meta->k = in->k;
	meta->n = in->n;
	meta->d = in->d;
	meta->g = g;
	meta->b = base;
	meta->v = in->window_ms;
	/* T begins at the base, and is not claimed: the daemon reads from there and takes what it
	 * finds. (No marker either: a rebuild has nowhere else to begin.) */
	meta->p = WINDOW_P_UNKNOWN;
}

void accept_plan_make(const struct recover_in *in, bool is_added, int64_t g,
		      struct accept_plan *ret)
{
	must(in->log_start <= in->high_watermark);
	memset(ret, 0, sizeof(*ret));
	if (in->has_c) {
		ret->kind = ACCEPT_C;
		ret->offset = in->c;
	} else if (in->has_checkpoint) {
		ret->kind = ACCEPT_X;
		ret->offset = in->checkpoint.x;
	} else if (is_added) {
		/* Its M goes with the others': once theirs have the new count, nothing would tell
		 * that what it holds came after them. */
		ret->kind = ACCEPT_ADDED;
		ret->offset = in->log_start;
	} else {
		ret->kind = ACCEPT_NOTHING;
		return;
	}
	if (ret->offset > in->high_watermark) {
		ret->kind = ACCEPT_BEYOND;
		return;
	}
	if (ret->offset < in->log_start) {
		ret->kind = ACCEPT_LOG_START;
		ret->offset = in->log_start;
	}
	accept_plan_meta(in, g, in->log_start, &ret->meta);
}
