/* reset_plan: see reset_plan.h. */
#include "cli/reset_plan.h"

#include <string.h>

#include "base/must.h"
#include "cli/accept_plan.h"
#include "config/units.h"

bool reset_to_parse(const char *text, struct reset_to *ret)
{
	int64_t value = 0;

	if (strcmp(text, "earliest") == 0)
		*ret = (struct reset_to){RESET_TO_EARLIEST, 0};
	else if (strcmp(text, "latest") == 0)
		*ret = (struct reset_to){RESET_TO_LATEST, 0};
	else if (units_int(text, &value) && value >= 0)
		*ret = (struct reset_to){RESET_TO_OFFSET, value};
	else if (units_time(text, &value))
		*ret = (struct reset_to){RESET_TO_TIME, value};
	else
		return false;
	return true;
}

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
	return value < low ? low : value > high ? high : value;
}

bool reset_plan_make(const struct recover_in *in, int64_t to, enum reset_state state, int64_t g,
		     struct reset_plan *ret)
{
	int64_t from = clamp(in->c, in->log_start, in->high_watermark);
	bool rebuild = in->stateful && state == RESET_REBUILD;

	must(in->log_start <= in->high_watermark);
	must(!in->stateful || state != RESET_UNSAID);
	if (to < in->log_start || to > in->high_watermark)
		return false;
	*ret = (struct reset_plan){.has_from = in->has_c, .to = to};
	if (in->has_c) {
		ret->from = in->c;
		ret->again = to < from ? from - to : 0;
		ret->skipped = to > from ? to - from : 0;
		ret->gone = in->c < in->log_start ? in->log_start - in->c : 0;
	}
	accept_plan_meta(in, g, rebuild ? in->log_start : to, &ret->meta);
	if (!rebuild)
		ret->meta.p = -1; /* as at a first start: T begins with the record at C */
	return true;
}
