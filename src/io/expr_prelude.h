/*
 * expr_prelude: definitions put in front of an expression where libjq 1.6's own would abort, crash
 * or never end on what a record may hold. Each group only where it is used.
 */
#ifndef ONCED_IO_EXPR_PRELUDE_H
#define ONCED_IO_EXPR_PRELUDE_H

#include <stddef.h>

/* Writes the definitions of the groups (enum expr_use) on one line, so that line numbers stay; at
 * most size bytes with the NUL, which must be enough (EXPR_PRELUDE_BYTES_MAX is). */
#define EXPR_PRELUDE_BYTES_MAX 4096
void expr_prelude_write(unsigned uses, char *text, size_t size);

#endif
