/* window: see window.h. */
#include "core/window.h"

#include <string.h>

#include "base/must.h"
#include "port/hash.h"

int64_t saturating_sub(int64_t a, int64_t b)
{
	int64_t result;

	if (!__builtin_sub_overflow(a, b, &result))
		return result;
	return a < 0 ? INT64_MIN : INT64_MAX;
}

int64_t saturating_add(int64_t a, int64_t b)
{
	int64_t result;

	if (!__builtin_add_overflow(a, b, &result))
		return result;
	return a < 0 ? INT64_MIN : INT64_MAX;
}

void window_init(struct window *window)
{
	memset(window, 0, sizeof(*window));
	window->p = -1;
}

void window_init_unknown(struct window *window)
{
	window_init(window);
	window->p = WINDOW_P_UNKNOWN;
	window->h = 1; /* never the hash of a log that was read from its beginning */
}

void window_init_at(struct window *window, const struct marker *marker)
{
	memset(window, 0, sizeof(*window));
	window->t = marker->t;
	window->p = marker->p;
	window->x = marker->t;
	window->h = marker->h;
	window->markers[0] = *marker;
	window->marker_count = 1;
}

static uint64_t chain(uint64_t h, int64_t offset, int64_t timestamp)
{
	uint64_t data[3] = {h, (uint64_t)offset, (uint64_t)timestamp};

	return hash64(NULL, data, sizeof(data));
}

/* Drops the markers below w: marker 0 can go once every record before marker 1 is expired. Those
 * have an entry.T of at most marker 1's T, which is T before that record. */
static void markers_expire(struct window *window, int64_t within_ms)
{
	uint32_t drop = 0;

	while (drop + 1 < window->marker_count &&
	       saturating_sub(window->t, window->markers[drop + 1].t) > within_ms)
		drop++;
	if (drop == 0)
		return;
	window->marker_count -= drop;
	memmove(window->markers, window->markers + drop,
		window->marker_count * sizeof(window->markers[0]));
}

/* One marker per within/16 of log time. They are never tightened to the marks that there are: a
 * new prefix may mark more. */
static void marker_add(struct window *window, int64_t within_ms, const struct marker *before)
{
	/* Rounded up, so that the markers of one window are never more than WINDOW_SLICES + 2. */
	int64_t slice = saturating_add(within_ms, WINDOW_SLICES - 1) / WINDOW_SLICES;

	if (window->marker_count > 0) {
		const struct marker *last = &window->markers[window->marker_count - 1];

		if (saturating_sub(before->t, last->t) < slice)
			return;
	}
	must(window->marker_count < MARKERS_MAX);
	window->markers[window->marker_count++] = *before;
}

struct entry window_advance(struct window *window, int64_t within_ms, int64_t offset,
			    int64_t timestamp)
{
	struct marker before = {offset, window->t, window->p, window->h};
	int64_t low;

	must(within_ms >= 0);
	if (within_ms == 0 && window->p == WINDOW_P_UNKNOWN)
		return (struct entry){0, 0}; /* nobody asks, and M must go on saying so */
	window->h = chain(window->h, offset, timestamp);
	if (timestamp >= 0) {
		if (window->p == WINDOW_P_UNKNOWN)
			low = window->t;
		else if (window->p < 0 || timestamp < window->p)
			low = timestamp;
		else
			low = window->p;
		if (low > window->t)
			window->t = low;
		window->p = timestamp;
		if (timestamp > window->x)
			window->x = timestamp;
	}
	if (within_ms > 0) {
		markers_expire(window, within_ms);
		marker_add(window, within_ms, &before);
		markers_expire(window, within_ms);
	}
	must(window->t >= before.t);
	return (struct entry){window->t, timestamp < 0 ? window->t : timestamp};
}

bool window_is_duplicate(int64_t within_ms, struct entry seen, struct entry now)
{
	return saturating_sub(now.t, seen.t) <= within_ms &&
	       saturating_sub(now.timestamp, seen.timestamp) <= within_ms;
}

bool window_is_expired(int64_t within_ms, struct entry seen, int64_t t)
{
	return saturating_sub(t, seen.t) > within_ms;
}

bool window_oldest(const struct window *window, struct marker *ret)
{
	if (window->marker_count == 0)
		return false;
	*ret = window->markers[0];
	return true;
}

bool window_same(const struct window *a, const struct window *b)
{
	return a->t == b->t && a->p == b->p && a->h == b->h;
}
