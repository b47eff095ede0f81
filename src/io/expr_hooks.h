/*
 * expr_hooks: functions that libjq calls instead of its own, or of those of the libraries under it:
 * the dynamic linker finds the program's first, and libjq calls each through its PLT
 * (expr_guard_works tells whether it does). They let a run be limited and cleaned up after, and
 * are one with expr_guard.
 *
 *   jv_mem_*              memory is counted, refused, and listed by owner (expr_heap.h)
 *   jv_free               recursion as deep as the value: put off where the stack ends
 *   jv_equal              likewise: given up
 *   jv_array_set          1.6 trusts an index
 *   jv_get, jv_set, jv_delpaths  1.6 asserts on a slice from or to nan
 *   jv_string_append_buf  called in a loop that is as long as the user likes
 *   jv_parse_sized        fromjson, tonumber: a number that would change its value is an error
 *   jv_load_file          no file is reachable from an expression
 *   onig_*                a regular expression must not stay behind after a jump
 *   qsort                 likewise: glibc's takes memory of its own
 */
#ifndef ONCED_IO_EXPR_HOOKS_H
#define ONCED_IO_EXPR_HOOKS_H

#include "io/expr_guard.h"

/* What expr_guard tells the hooks; this thread's. */
extern __thread struct expr_guard *volatile expr_hooks_run; /* NULL = no run is under way */
extern __thread char *expr_hooks_stack_low; /* frames below this are too deep; NULL = unknown */

/* After a run: gives back what is on no list of a heap. */
void expr_hooks_end(bool kept);

/* Does all frees that were put off. */
void expr_hooks_drain(void);

/* Bounds the work and the memory of one search with a regular expression, which nothing else can
 * interrupt. Process-wide, once. */
void expr_hooks_limit_regex(void);

#endif
