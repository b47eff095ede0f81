/*
 * expr_guard: what stands between libjq 1.6 and the process. libjq has no limits of its own: it
 * aborts when memory ends, recurses over a value as deep as it is, trusts an array index, reads
 * ~/.jq, and runs for ever if told to. A run is therefore done under a guard, which ends it
 *
 *   softly  by jq_halt between two bytecodes (time, memory)
 *   hard    by a jump out of the library (no end after the halt, memory twice the limit, stack
 *           nearly used up)
 *
 * Either way it is thrown away: what it took is given back without libjq, and its state must be put
 * back to what it was before (it cannot be unwound: 1.6 asserts on a state that was left within a
 * path expression). What stays are references: to values that the run was given, which libjq will
 * therefore not free.
 *
 * expr_hooks has the places in libjq at which that is decided.
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

#include "io/expr_heap.h"

/* An array may be assigned to so far beyond its end. */
#define EXPR_ARRAY_GAP_MAX (1 << 20)

/* Milliseconds of a clock that goes on while the thread works. */
typedef int64_t expr_spent_fn(pthread_t thread);

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
	int64_t used;           /* bytes taken and not given back since the run began */
	int64_t bytes_max;      /* soft; twice this is hard */
	expr_spent_fn *spent;   /* never NULL */
	struct expr_heap *heap; /* borrowed */
	struct expr_block mark; /* where the run began in it */
	unsigned hold;          /* so many hooks may not leave the run */
	bool known;             /* thread is set */
	/* shared with the watcher */
	pthread_t thread;          /* written before gate says RUNNING */
	_Atomic uint64_t run;      /* odd: a run is under way */
	_Atomic uint64_t stop_run; /* the run to be halted */
	_Atomic uint64_t kill_run; /* the run to be jumped out of */
	_Atomic int gate; /* enum gate: keeps the thread in its run while it is signalled */
	/* watcher only */
	uint64_t seen_run;
	int64_t seen_at_ms; /* what the thread had spent by then */
};

/* Once per process before the first run; any thread. False: libjq does not call through its PLT
 * here, so that nothing would be guarded. */
bool expr_guard_works(void);

/* heap (borrowed): what a run takes is taken from there. spent: NULL is the thread's CPU time. */
void expr_guard_init(struct expr_guard *guard, struct expr_heap *heap, int64_t bytes_max,
		     expr_spent_fn *spent);

/* Calls work(ctx), which starts and runs jq; true: it is done, false: it is to be thrown away. Says
 * how it ended. *ret_kept: it is done and within its limits. Else all values that were made in the
 * run are gone, whoever refers to them. In any case jq's own stack is gone: put the state back. */
enum expr_end expr_guard_call(struct expr_guard *guard, jq_state *jq, bool (*work)(void *ctx),
			      void *ctx, bool *ret_kept);

/* Ends the present run once its thread has spent more than run_ms_max since it was first seen. By
 * the thread's CPU time a process that is stopped, or a machine that is paused or has too much to
 * do, does not make a runaway of an expression. Thread: one other than the engine's, the same each
 * time. */
void expr_guard_watch(struct expr_guard *guard, int64_t run_ms_max);

/* For expr_hooks, in a run. */
void expr_guard_give_up(struct expr_guard *guard, enum expr_end end)
	__attribute__((noreturn, cold));
void expr_guard_halt(struct expr_guard *guard, enum expr_end end) __attribute__((cold));

#endif
