/*
 * lmdb_store: the store port on LMDB: one environment per pipeline, flock'ed, shared by its
 * workers' handles; one checkpointer thread per environment (lmdb_checkpoint.c) is its only bulk
 * writer.
 */
#ifndef ONCED_IO_LMDB_STORE_H
#define ONCED_IO_LMDB_STORE_H

#include "port/store.h"

struct lmdb_env;

struct lmdb_env_conf {
	const char *dir;   /* <state_dir>/<pipeline>; made with mode 0700 if it is not there */
	const char *group; /* part of each partition's key */
	size_t map_bytes;  /* the sparse map; 0 = default */
	/* Told when a corrupt or foreign environment was moved aside; may be NULL. */
	void (*report)(const char *pipeline_dir, const char *what);
};

/* STOP 73: unreadable, not a directory, locked by another process. */
int lmdb_env_open(const struct lmdb_env_conf *conf, struct lmdb_env **ret, struct err *err) CHECKED;
void lmdb_env_close(struct lmdb_env *env); /* after its stores; NULL is fine */

/* A worker's handle. Thread: the one that uses it. */
int lmdb_store_open(struct lmdb_env *env, struct store **ret, struct err *err) CHECKED;

#endif
