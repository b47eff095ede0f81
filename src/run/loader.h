/*
 * loader: reads a whole configuration anew, checks it and runs its `tests:`, in a thread of its
 * own, as each expression takes 20 ms to compile and a test as long as it likes: main goes on to
 * look after the workers meanwhile.
 *
 * Thread: main, all calls. Blocks: no, but loader_finish joins a thread that has ended.
 */
#ifndef ONCED_RUN_LOADER_H
#define ONCED_RUN_LOADER_H

#include "config/config.h"

struct loader;

/* files: only what names files is used; borrowed until loader_finish, like what it points to. STOP
 * (70): the system has no thread left. */
int loader_start(const struct config_request *files, struct loader **ret, struct err *err) CHECKED;

bool loader_has_ended(const struct loader *loader);

/* Every tick: halts an expression of a test that runs too long. */
void loader_watch(struct loader *loader);

/* After it has ended; frees the loader. 0: *ret is the configuration (config_free). Else the exit
 * code: 78 the files are wrong, 1 a test does not pass, 70 the expression engine does not start;
 * *ret_text says why, a line each (free). */
int loader_finish(struct loader *loader, struct config **ret, char **ret_text);

#endif
