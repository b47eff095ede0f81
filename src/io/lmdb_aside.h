/*
 * lmdb_aside: how an environment is given up. Two kinds of flag file stand in the directory beside
 * data.mdb and survive the process:
 *
 *   corrupt                  a row was found corrupt, or LMDB crashed, while running: the next open
 *                            moves it aside
 *   opening, opening-again   opening has begun and not ended. One such start may have been killed
 *                            from outside; after two in a row LMDB itself is taken to have crashed
 *                            on the file, and it is moved aside, so that it cannot happen for ever
 *
 * The flags are empty files, so that a full disk does not keep an environment from being opened.
 * What was moved aside lies in <dir>/aside-<UTC>-<n>/, the LMDB_ASIDE_MAX latest of them: each
 * can be as large as the state, and nothing needs them but an operator's curiosity.
 *
 * Called with the directory's lock held. All return 0 or an errno.
 */
#ifndef ONCED_IO_LMDB_ASIDE_H
#define ONCED_IO_LMDB_ASIDE_H

#include <stdbool.h>

#define LMDB_ASIDE_MAX 3

/* Why it must be moved aside before it is opened; NULL: nothing speaks against opening it. */
const char *lmdb_aside_reason(int dir_fd);

/* Around opening and checking. */
int lmdb_aside_opening(int dir_fd);
int lmdb_aside_opened(int dir_fd);

/* Raises `corrupt`, on disk when it returns. Async-signal-safe. */
int lmdb_aside_flag(int dir_fd);

/* Moves the environment and its flags into a new directory, then deletes the oldest beyond the
 * limit. name: its name, for the report. A crash in between: what was moved stays there, what was
 * not is foreign or truncated and follows at the next open, or is complete and still good. */
int lmdb_aside_move(int dir_fd, char name[64]);

#endif
