/*
 * expr_jq: the expression engine on libjq 1.6, behind the strict JSON gate (json_check.h). With its
 * parts expr_*.c the only user of libjq:
 *
 *   expr_compile  an expression to what is run, expr_run: one run of it
 *   expr_lex      the names in an expression; expr_names: which of them are allowed
 *   expr_prelude  checked definitions in front of builtins on which libjq aborts
 *   expr_guard    limits of time, memory and stack for a run; expr_hooks: where they are checked;
 *                 expr_heap: the memory that libjq takes, so that nothing stays behind
 *   expr_value    JSON text to values and back; expr_number: is a number's value kept?
 *   expr_error    libjq's messages without what they quote
 *
 * What an expression sees: `.` is the value; $key, $headers (an object; of several headers with the
 * same name the last counts), $topic, $partition, $offset, $timestamp (ms, null = the record has
 * none).
 */
#ifndef ONCED_IO_EXPR_JQ_H
#define ONCED_IO_EXPR_JQ_H

#include <pthread.h>

#include "port/expr.h"

/* Raised whenever the meaning of an expression could change: part of each prefix hash. */
#define EXPR_JQ_REVISION 2

/* run_bytes_max's default. */
#define EXPR_RUN_BYTES ((int64_t)256 * 1024 * 1024)

struct expr_jq_conf {
	int64_t run_ms_max; /* CPU time; a run that takes more is halted and is a STOP */
	size_t text_bytes_max;
	int64_t run_bytes_max; /* a run that takes more memory is halted and is a STOP; 0 = default
				*/
	int64_t (*spent)(pthread_t thread); /* for tests: another clock, in ms; NULL = CPU time */
};

/* Sets TZ=UTC for the process, so call it before there are other threads. STOP 70: libjq cannot be
 * kept within limits on this system. The engine may then be used by one thread, this or another;
 * that thread must leave SIGURG alone (expr_guard.h). */
int expr_jq_open(const struct expr_jq_conf *conf, struct expr_engine **ret,
		 struct err *err) CHECKED;

/* Halts a runaway expression: called about every 100 ms by another thread than the engine's (main;
 * the same one each time); costs the engine nothing per record but a counter. The engine must not
 * be closed meanwhile. */
void expr_jq_watch(struct expr_engine *engine);

/* Blocks of memory that libjq has for values, for tests. Thread: the engine's. */
size_t expr_jq_blocks(const struct expr_engine *engine);

#endif
