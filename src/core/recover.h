/*
 * recover: the verdict on one partition at its assignment: where to read from, with what state,
 * or why not to go on. One pure function of Kafka's committed offset C with its metadata M, the
 * local checkpoint K, the log's ends, and the definition. The table is docs/guarantee.md's; the
 * first row that applies is the verdict, and the code stands in the same order.
 */
#ifndef ONCED_CORE_RECOVER_H
#define ONCED_CORE_RECOVER_H

#include "core/meta.h"
#include "core/window.h"

/* K: what the store holds of a partition: all marks of the records from the oldest marker's offset
 * (without one, b) up to x. Amid a rebuild that is not all of x's window, but it will be of C's. */
struct checkpoint {
	int64_t x; /* next offset */
	uint64_t k;
	uint64_t d;
	int64_t g;
	int64_t b;
	int64_t v; /* the window it was made with: what is older may go, whoever sweeps */
	struct window window;
	struct gap gap;
};

struct recover_in {
	/* the definition */
	bool stateful;
	uint64_t d;
	int64_t window_ms;
	bool adopt;      /* from.adopt */
	bool gap_accept; /* on_gap: accept */
	/* the broker */
	uint64_t k;
	int32_t n;
	int64_t log_start;
	int64_t high_watermark;
	bool compacted;
	int64_t start; /* from.start resolved; log start for a partition that was added later */
	bool has_c;
	int64_t c;
	enum meta_form m_form;
	struct meta m; /* META_OURS */
	/* What this worker has seen of C in this assignment, and its generation. 0 = nothing. */
	int64_t known_c;
	int64_t known_g;
	/* the store; K of another cluster, group or topic never gets here */
	bool has_checkpoint;
	struct checkpoint checkpoint;
	int64_t now_ms; /* names a new generation */
};

enum verdict {
	VERDICT_LIVE,    /* the state is state(C): go on from C */
	VERDICT_REPLAY,  /* K is state(X): replay [start, C), then T p h must equal M's */
	VERDICT_REBUILD, /* empty state, replay [start, C) from the marker w */
	VERDICT_SCRATCH, /* empty state, T from nothing, replay [start, C): complete from b, else a
			    gap */
	VERDICT_GAP,     /* empty state with M's T, p, h and an open gap: go on from C */
	VERDICT_STOP,
};

enum stop_reason {
	STOP_NONE,
	STOP_OTHER_CLUSTER,
	STOP_PARTITION_COUNT,
	STOP_NEWER_FORMAT,
	STOP_OFFSETS_EXPIRED,
	STOP_FOREIGN_OFFSETS,
	STOP_OFFSETS_MOVED_BACK,
	STOP_BEYOND_LOG,
	STOP_DELETED_BEFORE_PROCESSED,
	STOP_NOT_THE_INPUT, /* at C, T p h do not equal M's after a rebuild from w */
};

struct recover_out {
	enum verdict verdict;
	enum stop_reason reason; /* VERDICT_STOP */
	int64_t start;           /* first offset to read */
	int64_t c;               /* live from here; C, or what replaces it (first start, on_gap) */
	int64_t g;
	int64_t b;
	struct window window; /* at start */
	struct gap gap;
	bool keep_state; /* use the store's entries; false: the store forgets the partition first */
	bool commit_first; /* commit C with its new M before anything else, once at C */
};

void recover_decide(const struct recover_in *in, struct recover_out *ret);

/* The replay of REPLAY, REBUILD or SCRATCH has reached C with `window`. Says what follows:
 *   RECOVERED      live; *gap says whether a gap is open, *commit_first whether M must be renewed
 *   RECOVER_AGAIN  drop K and decide again without it
 *   RECOVER_STOP   STOP_NOT_THE_INPUT
 * With a gap, *window becomes M's (T, p, x, h are facts of the log, whoever read it) with one
 * marker at C, and the entries found stay: their T are lower bounds, so what they call seen was
 * seen, and what they do not know is the gap's to judge. A rebuild that does not begin at b is
 * never called complete: how old the records are that are left says nothing about the log time of
 * the deleted ones (a late record may be the first one left). */
enum recover_end { RECOVERED, RECOVER_AGAIN, RECOVER_STOP };

enum recover_end recover_finish(const struct recover_in *in, const struct recover_out *decided,
				struct window *window, struct gap *gap, bool *commit_first);

/* Must a record that dedup sees for the first time stop here, as a gap is open and it could repeat
 * what was forgotten? T <= a.T + window and timestamp <= a.x + window. */
bool gap_is_hit(const struct gap *gap, int64_t window_ms, struct entry now);

/* Closes the gap once T has left its reach. */
void gap_advance(struct gap *gap, int64_t window_ms, int64_t t);

/* Of a STOP: does the offset that would be taken for the truth (C, or X where C has expired) lie
 * beyond the log's end? Then it cannot be accepted, only moved. */
bool recover_is_beyond_log(const struct recover_in *in);

/* Is C below what this worker has itself seen committed? Nobody can move the offsets of a group
 * that has members, so the brokers have lost a commit that they had confirmed (KAFKA-20634, or a
 * log that was cut off). */
bool recover_went_back(const struct recover_in *in);

/* One sentence: what happened. settle: the command that settles it. Never NULL. */
const char *stop_reason_text(enum stop_reason reason);
const char *verdict_name(enum verdict verdict);

#endif
