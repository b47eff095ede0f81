/*
 * expr_guard: what stands between libjq 1.6 and the process. libjq has no limits of its own: it
 * aborts when memory ends, recurses over a value as deep as it is, trusts an array index, reads
 * ~/.jq, and runs for ever if told to. A run is therefore done under a guard, which ends it
 *
 *   softly  by jq_halt between two bytecodes (time, memory): the state can be used again
 *   hard    by a jump out of the library (no end after the halt, memory twice the limit, stack
 *           nearly used up): the state and what it held are abandoned
 *
 * The hooks are libjq's own exported functions jv_mem_alloc, jv_mem_calloc, jv_mem_realloc,
 * jv_mem_free, jv_free, jv_equal, jv_array_set and jv_load_file, which this module defines in front
 * of the library's (ELF symbol interposition: libjq calls each through its PLT; expr_guard_works
 * tells whether it does).
 *
 * A soft stop by time is a signal (SIGURG, whose default is to be ignored) to the engine's thread,
 * whose handler halts the state that this very thread is running: nothing of libjq is written by
 * another thread.
 */
#ifndef ONCED_IO_EXPR_GUARD_H
#define ONCED_IO_EXPR_GUARD_H

#include <jq.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* An array may be assigned to so far beyond its end. */
#define EXPR_ARRAY_GAP_MAX (1 << 20)

enum expr_end {
	EXPR_END_OWN, /* it came to its own end */
	EXPR_END_TIME,
	EXPR_END_MEMORY,
	EXPR_END_DEPTH,
};

struct expr_guard {
	/* engine's thread only */
	jq_state *jq;
	jmp_buf out;
	volatile sig_atomic_t end; /* enum expr_end */
	uint64_t run_now;
	int64_t used;      /* bytes taken and not given back since the run began */
	int64_t bytes_max; /* soft; twice this is hard */
	bool known;        /* thread is set */
	/* shared with the watcher */
	pthread_t thread;          /* written before gate says RUNNING */
	_Atomic uint64_t run;      /* odd: a run is under way */
	_Atomic uint64_t stop_run; /* the run to be halted */
	_Atomic uint64_t kill_run; /* the run to be jumped out of */
	_Atomic int gate; /* enum gate: keeps the thread in its run while it is signalled */
	/* watcher only */
	uint64_t seen_run;
	int64_t seen_since_ms;
};

/* Once per process before the first run; any thread. False: libjq does not call through its PLT
 * here, so that nothing would be guarded. */
bool expr_guard_works(void);

void expr_guard_init(struct expr_guard *guard, int64_t bytes_max);

/* Calls work(ctx), which runs jq, and says how that ended. *ret_abandoned: it was left by a jump:
 * jq must not be touched again. */
enum expr_end expr_guard_call(struct expr_guard *guard, jq_state *jq, void (*work)(void *ctx),
			      void *ctx, bool *ret_abandoned);

/* Ends the present run once it was seen for longer than run_ms_max. Thread: one other than the
 * engine's, the same each time. */
void expr_guard_watch(struct expr_guard *guard, int64_t now_ms, int64_t run_ms_max);

#endif
