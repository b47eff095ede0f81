/*
 * err: the one error type. The kind is what callers act on (five ways out of a broker call, see
 * core/txn.h); the message is what the operator reads: what, where, why, what to do.
 *
 * A function that can fail returns 0 or -1 and fills the caller's `struct err`, always its last
 * parameter. A failed call leaves its ret_* parameters untouched. Nothing here blocks or allocates.
 */
#ifndef ONCED_BASE_ERR_H
#define ONCED_BASE_ERR_H

#include <stdarg.h>
#include <stdint.h>

enum err_kind {
	ERR_NONE = 0,
	ERR_RETRY,   /* the same call again is right (rdkafka.h: retriable) */
	ERR_ABORT,   /* the transaction must be aborted (rdkafka.h: txn_requires_abort) */
	ERR_UNKNOWN, /* the outcome is not known: destroy the producer and settle by reading C */
	ERR_DATA,    /* this record: the pipeline's error policy decides */
	ERR_STOP,    /* the pipeline parks; err.code is the exit code of design section 7 */
};

/* Exit codes, and the `code` of an ERR_STOP (sysexits.h where it has one). */
enum exit_code {
	EXIT_FOUND = 1,        /* test or verify found something */
	EXIT_USAGE = 64,       /* command line */
	EXIT_DATA = 65,        /* stopped by data, a gap or moved offsets */
	EXIT_UNAVAILABLE = 69, /* broker or daemon unavailable (one-shot commands) */
	EXIT_INTERNAL = 70,
	EXIT_STATE = 73,      /* state directory unusable */
	EXIT_FENCED = 76,     /* fenced by another instance */
	EXIT_PERMISSION = 77, /* credentials or ACL */
	EXIT_CONFIG = 78,
};

struct err {
	enum err_kind kind;
	int code;      /* ERR_STOP: enum exit_code; else the library's own code, for the log */
	char msg[512]; /* one printable line, no record content, no secret */
	/* For the journal, see err_name and err_at; NULL = not said. */
	const char *event;
	const char *topic; /* with it: */
	int32_t partition;
	int64_t offset; /* -1 = the partition as such */
};

/* Fills err (if not NULL) and returns -1, so that `return err_set(...)` reads well. Control
 * characters become blanks; a message that is not UTF-8, or was cut within a character, loses what
 * is not ASCII. */
int err_set(struct err *err, enum err_kind kind, int code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Prefixes "context: " to the message, keeps kind and code; returns -1. */
int err_wrap(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What kind of trouble it is, by a name of run/log_catalog; a string that lives for ever. -1. */
int err_name(struct err *err, const char *event);

/* Where it is; topic is borrowed from the pipeline. -1. */
int err_at(struct err *err, const char *topic, int32_t partition, int64_t offset);

/* "RETRY", "ABORT", ...; never NULL. */
const char *err_kind_name(enum err_kind kind);

#define CHECKED __attribute__((warn_unused_result))

#endif
