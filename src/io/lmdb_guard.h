/*
 * lmdb_guard: who crashed? LMDB trusts its pages, which have no checksum: on a damaged one it may
 * read a wild address or fail an assertion of its own. Without more, the next start would open
 * the same file and crash at the same record, for ever. So calls of LMDB on an open environment
 * stand between enter and leave; a SIGSEGV, SIGBUS, SIGFPE or SIGABRT of the thread in between
 * raises the flag `corrupt` (lmdb_aside.h) before the process dies of it, and the next open moves
 * the environment aside. An I/O error under the map is a SIGBUS, and ends in the same way.
 *
 * A flag raised wrongly costs a rebuild from the input, nothing else. The signals must not be
 * blocked in a thread that enters. Blocks: no. Costs two stores.
 */
#ifndef ONCED_IO_LMDB_GUARD_H
#define ONCED_IO_LMDB_GUARD_H

/* Installs the handlers, once per process; whatever handled the signals before does so after it. */
void lmdb_guard_install(void);

/* dir_fd: the environment's directory, open until leave. Not nested. */
void lmdb_guard_enter(int dir_fd);
void lmdb_guard_leave(void);

#endif
