/*
 * lmdb_err: the one translator of what LMDB and the file calls around it return. What each kind
 * means to the worker is at port/store.h. Thread: any. Blocks: no.
 */
#ifndef ONCED_IO_LMDB_ERR_H
#define ONCED_IO_LMDB_ERR_H

#include <stdbool.h>

#include "base/err.h"

/* rc: an MDB_ code or an errno, not 0. what: "checkpoint", "open", ... Returns -1.
 * RETRY: no space, I/O error, out of memory, the map is full; STOP 73: the directory cannot be
 * used; STOP 70: corrupt (see lmdb_err_is_corrupt) or LMDB gave up: opening it anew is right. */
int lmdb_err_set(struct err *err, int rc, const char *dir, const char *what);

/* Is the environment itself to blame, so that it must be moved aside and rebuilt? */
bool lmdb_err_is_corrupt(int rc);

#endif
