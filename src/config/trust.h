/*
 * trust: may what a file says be believed? Not if everyone on this host can write it, or replace it
 * because everyone can write its folder (without the sticky bit, which /tmp has): whoever can write
 * the configuration decides where records go, and whoever can write the CA's file who a broker is.
 * A group that may write is the administrator's choice.
 *
 * Thread: main. Blocks: asks the file system.
 */
#ifndef ONCED_CONFIG_TRUST_H
#define ONCED_CONFIG_TRUST_H

#include <sys/stat.h>

/* NULL: it may. Else what is wrong and what to do; in static memory. path: the file's, as it was
 * named; status: the open file's. */
const char *trust_problem(const char *path, const struct stat *status);

#endif
