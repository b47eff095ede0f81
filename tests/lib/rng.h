/* rng: a seeded generator (splitmix64), so that a failing run is replayed by its seed. */
#ifndef ONCED_TESTS_RNG_H
#define ONCED_TESTS_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
	uint64_t state;
};

static inline uint64_t rng_next(struct rng *rng)
{
	uint64_t z = (rng->state += 0x9E3779B97F4A7C15ull);

	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
	return z ^ (z >> 31);
}

/* 0 <= result < n */
static inline uint32_t rng_below(struct rng *rng, uint32_t n)
{
	return n ? (uint32_t)(rng_next(rng) % n) : 0;
}

static inline bool rng_chance(struct rng *rng, uint32_t per_mille)
{
	return rng_below(rng, 1000) < per_mille;
}

#endif
