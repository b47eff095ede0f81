/*
 * flips: what flipped bits do to the state on disk: flips [COUNT [SEED]]. COUNT times (10,000) one
 * random bit of a sound data file, anywhere in the part that is in use; the file is then opened and
 * used, and again after a crash or a STOP, as a supervisor would. Prints how each ended.
 *
 * Exit status 1 if something that was never stored was served, or if four starts did not lead to a
 * state that works.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/must.h"
#include "lib/lmdb_damage.h"
#include "lib/rng.h"

#define STARTS_MAX 4
#define SECONDS_MAX 3

struct tally {
	unsigned first[DAMAGE_KINDS]; /* by what the first start met */
	unsigned healed[DAMAGE_KINDS];
	unsigned stuck[DAMAGE_KINDS]; /* after STARTS_MAX starts still not usable */
	unsigned ids[DAMAGE_KINDS];   /* not found meanwhile, all together */
	unsigned most[DAMAGE_KINDS];
};

static bool is_over(enum lmdb_damage found)
{
	return found != DAMAGE_CRASH && found != DAMAGE_HANG && found != DAMAGE_STOP &&
	       found != DAMAGE_RETRY && found != DAMAGE_LATE;
}

static void flip(struct lmdb_world *world, const struct lmdb_image *image, struct rng *rng,
		 struct tally *tally)
{
	uint32_t bit = rng_below(rng, (uint32_t)image->len * 8);
	enum lmdb_damage first, last;

	lmdb_damage_plant(world, image);
	lmdb_damage_xor(world, image, bit / 8, (uint8_t)(1 << bit % 8));
	first = last = lmdb_damage_start(world, SECONDS_MAX);
	tally->ids[first] += *lmdb_damage_forgotten;
	if (*lmdb_damage_forgotten > tally->most[first])
		tally->most[first] = *lmdb_damage_forgotten;
	for (int i = 1; i < STARTS_MAX && !is_over(last); i++)
		last = lmdb_damage_start(world, SECONDS_MAX);
	tally->first[first]++;
	if (last == DAMAGE_WRONG || last == DAMAGE_FORGOT)
		tally->first[last] += last != first; /* a crash on the way hides nothing */
	else if (!is_over(last))
		tally->stuck[first]++;
	else if (first != last)
		tally->healed[first]++;
	if (!is_over(last) || (last == DAMAGE_WRONG))
		(void)printf("bit %u: %s, in the end: %s\n", bit, lmdb_damage_names[first],
			     lmdb_damage_names[last]);
}

int main(int argc, char **argv)
{
	unsigned count = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 10000;
	struct rng rng = {argc > 2 ? strtoull(argv[2], NULL, 10) : 1};
	struct tally tally = {0};
	struct lmdb_world world;
	struct lmdb_image image;
	unsigned stuck = 0;

	must(count > 0);
	lmdb_world_begin(&world);
	lmdb_damage_image(&world, &image);
	lmdb_damage_plant(&world, &image);
	must(lmdb_damage_start(&world, SECONDS_MAX) == DAMAGE_NONE);
	for (unsigned i = 0; i < count; i++)
		flip(&world, &image, &rng, &tally);
	(void)printf("%u bits of %zu kB with %d ids, one flipped at a time\n", count,
		     image.len >> 10, DAMAGE_IDS);
	for (int i = 0; i < DAMAGE_KINDS; i++) {
		(void)printf("%6u  %s", tally.first[i], lmdb_damage_names[i]);
		if (tally.healed[i] || tally.stuck[i])
			(void)printf(" (%u work after at most %d more starts, %u do not)",
				     tally.healed[i], STARTS_MAX - 1, tally.stuck[i]);
		if (tally.ids[i])
			(void)printf("; ids not found: %.2f a flip, at most %u",
				     (double)tally.ids[i] / tally.first[i], tally.most[i]);
		(void)putchar('\n');
		stuck += tally.stuck[i];
	}
	lmdb_damage_image_free(&image);
	lmdb_world_end(&world);
	return tally.first[DAMAGE_WRONG] || stuck ? EXIT_FAILURE : EXIT_SUCCESS;
}
