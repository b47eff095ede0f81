/*
 * fuzz: what the fuzzers share. Each is one function over any bytes, which asserts what must hold
 * (must) and returns. A build with --enable-fuzzers feeds it what libFuzzer finds, every other
 * build what lies in its corpus (replay.c).
 */
#ifndef ONCED_TESTS_FUZZ_H
#define ONCED_TESTS_FUZZ_H

#include <stdint.h>

#include "base/bytes.h"
#include "core/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input, taken piece by piece; what is not there any more reads as zeros and empty runs. */
struct take {
	const uint8_t *at;
	size_t left;
};

uint8_t take_byte(struct take *take);
uint64_t take_number(struct take *take, int bytes); /* big-endian */
/* A copy of exactly that size, so that a read beyond its end is found; free(data). null: NULL. */
struct bytes take_bytes(struct take *take, size_t len);
struct bytes take_rest(struct take *take);

#define TAKE_HEADERS_MAX 12

/* A length byte and so many bytes; 255 is null. */
struct bytes take_field(struct take *take);
/* A count, then name and value of each. A name's length from 249 on is one of onced's own names. */
size_t take_headers(struct take *take, struct header headers[TAKE_HEADERS_MAX]);
void take_headers_free(const struct header *headers, size_t count);

#endif
