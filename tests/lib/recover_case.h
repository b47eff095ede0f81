/*
 * recover_case: a partition of four of a stateful pipeline, on a log that begins at 10: where the
 * tests of verdicts and of what an operator decides begin. A test sets what it is about.
 */
#ifndef ONCED_TESTS_RECOVER_CASE_H
#define ONCED_TESTS_RECOVER_CASE_H

#include "core/recover.h"

static inline struct recover_in recover_case(int64_t c, int64_t high_watermark)
{
	return (struct recover_in){
		.stateful = true,
		.d = 7,
		.window_ms = 1000,
		.k = 5,
		.n = 4,
		.log_start = 10,
		.high_watermark = high_watermark,
		.now_ms = 1234567,
		.has_c = true,
		.c = c,
	};
}

#endif
