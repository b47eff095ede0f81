/*
 * payment: the records of the load, each a pure function of the plan and its index. So a load can
 * be cut anywhere and continued (--start-index), and the same seed gives the same records.
 *
 * A repeat has the id, the account and the contents of an earlier index, and a `seq` of its own:
 * the checker tells by `seq` which of the two came through.
 */
#ifndef ONCED_TESTS_LOAD_PAYMENT_H
#define ONCED_TESTS_LOAD_PAYMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct payment_plan {
	uint64_t seed;
	uint64_t count;               /* of this run; spreads the timestamps */
	uint64_t start_index;         /* first index of this run */
	uint32_t accounts;            /* distinct keys */
	uint32_t repeat_percent;      /* of the records repeat an earlier id */
	uint32_t malformed_per_mille; /* of the records are broken in one of seven ways */
	double far;                   /* mean distance of the far half of the repeats, records */
	int64_t base_ms, span_ms; /* timestamps: from base over span; span 0 = the broker client's
	                                 present */
};

struct payment {
	char key[32];
	size_t key_size;
	char value[640];
	size_t value_size;
	int64_t timestamp_ms; /* 0 = the present */
	bool traced;          /* carries the headers trace and origin */
};

void payment_make(const struct payment_plan *plan, uint64_t index, struct payment *ret);

#endif
