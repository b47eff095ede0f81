/*
 * expr_jq: the expression engine on libjq 1.6, behind the strict JSON gate (json_check.h). The
 * only user of libjq.
 */
#ifndef ONCED_IO_EXPR_JQ_H
#define ONCED_IO_EXPR_JQ_H

#include "port/expr.h"

/* Raised whenever the meaning of an expression could change: part of each prefix hash. */
#define EXPR_JQ_REVISION 1

struct expr_jq_conf {
	int64_t run_ms_max; /* a run longer than this is halted and is a STOP */
	size_t text_bytes_max;
};

int expr_jq_open(const struct expr_jq_conf *conf, struct expr_engine **ret,
		 struct err *err) CHECKED;

/* Halts a runaway expression: called about every 100 ms by another thread than the engine's (main)
 * with the monotonic clock; costs the engine nothing per record but a counter. Thread: any. */
void expr_jq_watch(struct expr_engine *engine, int64_t now_ms);

#endif
