/*
 * lmdb_damage: a data file with flipped bits, and what becomes of it when a process opens and uses
 * it as the daemon does. The process is a child: LMDB trusts its pages, so that a damaged one may
 * make it crash or run for ever.
 */
#ifndef ONCED_TESTS_LMDB_DAMAGE_H
#define ONCED_TESTS_LMDB_DAMAGE_H

#include "lib/lmdb_world.h"

#define DAMAGE_IDS 2000

/* A file as a closed environment left it: one partition, x = 5, DAMAGE_IDS entries of T = 5. */
struct lmdb_image {
	uint8_t *data; /* owned; to the last page in use */
	size_t len;
	size_t size; /* of the file */
};

enum lmdb_damage {
	DAMAGE_NONE,   /* everything stored was served, nothing else, also after a checkpoint */
	DAMAGE_ASIDE,  /* found at the open: moved aside, empty */
	DAMAGE_NO_K,   /* K is gone, so that the state is rebuilt or replayed from Kafka's M */
	DAMAGE_STOP,   /* found in use: STOP, flagged for the next open */
	DAMAGE_RETRY,  /* the open or the checkpoint fails again and again */
	DAMAGE_CRASH,  /* LMDB crashed */
	DAMAGE_HANG,   /* LMDB did not come back */
	DAMAGE_LATE,   /* an id that was stored was not found, until the sweep found the damage */
	DAMAGE_FORGOT, /* silently: not found, and the sweep has been everywhere */
	DAMAGE_WRONG,  /* silently: served what was never stored */
	DAMAGE_KINDS,
};

extern const char *const lmdb_damage_names[DAMAGE_KINDS];

/* Fills a fresh world and takes the image; the world is closed then. */
void lmdb_damage_image(struct lmdb_world *world, struct lmdb_image *ret);
void lmdb_damage_image_free(struct lmdb_image *image);

/* The image anew into the world's directory, without flags and what was moved aside. */
void lmdb_damage_plant(struct lmdb_world *world, const struct lmdb_image *image);
void lmdb_damage_xor(struct lmdb_world *world, const struct lmdb_image *image, size_t at,
		     uint8_t bits);

/* One start: opens, looks everything up, checkpoints, looks everything up again, closes. Fails the
 * test if the child fails otherwise than through LMDB: at an assertion of onced's, for example. */
enum lmdb_damage lmdb_damage_start(struct lmdb_world *world, unsigned seconds_max);

/* How many ids were not found at one time by the last start. NULL before the first. */
extern unsigned *lmdb_damage_forgotten;

#endif
