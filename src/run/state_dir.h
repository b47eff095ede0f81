/*
 * state_dir: the directory above the pipelines' environments. It is looked at before anything is
 * started, so that a wrong owner or mode is one clear message, not one per pipeline. The lock is
 * that of each environment (lmdb_store.h).
 */
#ifndef ONCED_RUN_STATE_DIR_H
#define ONCED_RUN_STATE_DIR_H

#include "base/err.h"

/* Makes it, and what is missing above it, with mode 0700. STOP (73): cannot be made, is no
 * directory, or may not be read and written. Thread: main. Blocks: local disk. */
int state_dir_make(const char *dir, struct err *err) CHECKED;

#endif
