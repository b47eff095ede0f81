/*
 * window: log time and markers of one partition. A pure function of the log: the same records give
 * the same T, whoever reads them and whenever. See docs/guarantee.md, "The window".
 *
 *   T  log time: T = max(T, min(timestamp, previous timestamp)); it never falls
 *   p  the previous record's timestamp; -1 = there was none yet, so T means nothing yet;
 *      WINDOW_P_UNKNOWN = there was one, but it is not known
 *   x  the highest timestamp
 *   h  hash chained over every record's offset and timestamp
 *   markers  (offset, T, p, h) as they were before that offset's record
 *
 * A timestamp below 0 changes T, p and x not at all, and counts as T.
 */
#ifndef ONCED_CORE_WINDOW_H
#define ONCED_CORE_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WINDOW_SLICES 16
#define MARKERS_MAX (WINDOW_SLICES + 4)

struct marker {
	int64_t offset;
	int64_t t;
	int64_t p;
	uint64_t h;
};

struct window {
	int64_t t; /* 0 while p < 0 */
	int64_t p;
	int64_t x; /* 0 while there is none */
	uint64_t h;
	uint32_t marker_count;
	struct marker markers[MARKERS_MAX]; /* offsets, T rising; [0] is w */
};

/* What dedup stores for an id: where its latest mark stood. */
struct entry {
	int64_t t;
	int64_t timestamp;
};

#define WINDOW_P_UNKNOWN (-2)

/* Nothing read yet, and there is nothing before it. */
void window_init(struct window *window);

/* Nothing read yet, but records came before that are deleted: T begins as a lower bound of the real
 * one, which the first record, whose predecessor is not known, does not move. */
void window_init_unknown(struct window *window);

/* As it was at a marker: markers = [marker], x = T (the caller sets a better x if it knows one). */
void window_init_at(struct window *window, const struct marker *marker);

/* One more record of the partition. Returns the entry that a mark of this record has: (T,
 * timestamp), both after the advance. within_ms = 0: no dedup step, T p x h only; and where they
 * do not begin at the base (p is unknown) they stay so, until a dedup step reads from there. */
struct entry window_advance(struct window *window, int64_t within_ms, int64_t offset,
			    int64_t timestamp);

/* Is an id marked at `seen` a duplicate for a record at `now`? T - entry.T <= within and
 * timestamp - entry.timestamp <= within, saturating. */
bool window_is_duplicate(int64_t within_ms, struct entry seen, struct entry now);

/* Can the entry go? It can as soon as no record to come can be its duplicate. */
bool window_is_expired(int64_t within_ms, struct entry seen, int64_t t);

/* w: at or below the oldest mark still alive; false while nothing was read. */
bool window_oldest(const struct window *window, struct marker *ret);

/* Same T, p, h? (markers and x are not compared: a rebuild from w begins with fewer markers.) */
bool window_same(const struct window *a, const struct window *b);

/* a - b and a + b without overflow. */
int64_t saturating_sub(int64_t a, int64_t b);
int64_t saturating_add(int64_t a, int64_t b);

#endif
