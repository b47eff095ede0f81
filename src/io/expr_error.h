/*
 * expr_error: libjq's messages quote values ("string (\"secret...\") cannot be added"), and error()
 * raises whatever the expression likes. A log and a dead letter's headers must hold no record
 * content, so that only messages that are known are told, in words of our own, with the names of
 * types at most.
 */
#ifndef ONCED_IO_EXPR_ERROR_H
#define ONCED_IO_EXPR_ERROR_H

#include <stddef.h>

#define EXPR_ERROR_BYTES_MAX 160

/* message: libjq's (NUL-terminated), NULL = what was raised is no string. Fills text. */
void expr_error_safe(const char *message, char text[EXPR_ERROR_BYTES_MAX]);

#endif
