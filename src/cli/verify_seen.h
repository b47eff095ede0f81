/*
 * verify_seen: what `onced verify` knows of ids, for logs of any length. Two ways, with the same
 * answers:
 *
 *   table   every id ever marked, in memory: one reading of the input. For few records.
 *   sorted  two readings. The first one only takes the marks down; they are put in order by id, on
 *           disk where they are many, so that each mark lies behind the one before it of the same
 *           id and the window can be judged. What is kept is one bit a mark; the second reading
 *           asks in the same order and gets them.
 *
 * So memory does not grow with the window, and nothing has to be forgotten in time.
 *
 * Thread: main. Blocks: local disk. Errors: STOP (70) as in verify_sort.h; ABORT, start again:
 * the table is full (is_full), or the second reading is not the first one.
 */
#ifndef ONCED_CLI_VERIFY_SEEN_H
#define ONCED_CLI_VERIFY_SEEN_H

#include "base/bytes.h"
#include "cli/verify_sort.h"
#include "core/overlay.h"
#include "core/window.h"

enum verify_seen_mode {
	VERIFY_SEEN_TABLE,
	VERIFY_SEEN_MARKING,   /* sorted, first reading: every answer is "not seen" */
	VERIFY_SEEN_ANSWERING, /* sorted, second reading */
};

struct verify_seen_part {
	uint64_t marks; /* of the first reading */
	uint64_t next;  /* the second reading's */
	uint64_t *bits; /* owned: was it seen within the window? */
};

struct verify_seen {
	int64_t window_ms;
	size_t memory_bytes;
	const uint8_t *key; /* borrowed: HASH_KEY_BYTES */
	enum verify_seen_mode mode;
	bool is_full; /* the table: begin again with the sorted way */
	struct overlay table;
	struct verify_sort marks;
	struct verify_seen_part *parts; /* owned */
	size_t part_count;
};

/* records: as far as one can tell; with too many for the memory, or sorted, it is the sorted way.
 * dir: for temporary files. */
void verify_seen_init(struct verify_seen *seen, int64_t window_ms, size_t part_count,
		      uint64_t records, size_t memory_bytes, const char *dir, const uint8_t *key,
		      bool sorted);
void verify_seen_fini(struct verify_seen *seen);

/* Marks the id of a record of that part, and says whether it had been seen within the window. */
int verify_seen_ask(struct verify_seen *seen, uint32_t part, struct bytes id, struct entry now,
		    bool *ret_seen, struct err *err) CHECKED;

/* Between the readings: from MARKING to ANSWERING. */
int verify_seen_settle(struct verify_seen *seen, struct err *err) CHECKED;

#endif
