/*
 * expr_guard: see expr_guard.h. The functions named jv_* below are libjq's names on purpose: they
 * are called by libjq instead of its own. Each is cheap, as libjq calls jv_free some hundred times
 * a record.
 */
#include "io/expr_guard.h"

#include <dlfcn.h>
#include <malloc.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"

#define STOP_SIGNAL SIGURG

/* Left of the stack for what runs between two hooks: printing a value (257 frames), a regular
 * expression, qsort. */
#define STACK_MARGIN_BYTES ((size_t)256 * 1024)

/* A halt takes effect at the next bytecode; one builtin that still runs after this is cut off. */
#define HALT_GRACE_MS 1000

enum gate { GATE_IDLE, GATE_RUNNING, GATE_SIGNALLING };

static __thread struct expr_guard *volatile current; /* the run of this thread, NULL = none */
static __thread char *stack_low;                     /* hooks below this give up; NULL = unknown */

static void (*real_free)(jv value);
static int (*real_equal)(jv a, jv b);
static jv (*real_array_set)(jv array, int idx, jv value);

/* libjq exports these, but its installed headers do not declare them. */
void *jv_mem_alloc(size_t size);
void *jv_mem_calloc(size_t size, size_t count);
void *jv_mem_realloc(void *pointer, size_t size);
void jv_mem_free(void *pointer);

static void *real(const char *name)
{
	void *symbol = dlsym(RTLD_NEXT, name);

	must(symbol != NULL);
	return symbol;
}

/* Before main, as libjq calls these names from its first use on. */
static __attribute__((constructor)) void resolve(void)
{
	*(void **)&real_free = real("jv_free");
	*(void **)&real_equal = real("jv_equal");
	*(void **)&real_array_set = real("jv_array_set");
}

static __attribute__((noreturn, cold)) void give_up(struct expr_guard *guard, enum expr_end end)
{
	if (guard->end == EXPR_END_OWN)
		guard->end = (sig_atomic_t)end;
	longjmp(guard->out, 1);
}

/* In the engine's thread, also from its signal handler: jq_halt only sets three fields. */
static __attribute__((cold)) void halt(struct expr_guard *guard, enum expr_end end)
{
	if (guard->end == EXPR_END_OWN)
		guard->end = (sig_atomic_t)end;
	if (!jq_halted(guard->jq))
		jq_halt(guard->jq, jv_null(), jv_null());
}

static void on_signal(int number)
{
	struct expr_guard *guard = current;

	(void)number;
	if (guard && atomic_load_explicit(&guard->stop_run, memory_order_relaxed) == guard->run_now)
		halt(guard, EXPR_END_TIME);
}

/* Every hook: is the stack nearly used up, or is the run to be cut off? False: outside of a run the
 * value is leaked, which is better than to crash. */
static inline bool check(struct expr_guard *guard)
{
	if (__builtin_expect((char *)__builtin_frame_address(0) < stack_low, 0)) {
		if (guard)
			give_up(guard, EXPR_END_DEPTH);
		return false;
	}
	if (guard && __builtin_expect(atomic_load_explicit(&guard->kill_run,
							   memory_order_relaxed) == guard->run_now,
				      0))
		give_up(guard, EXPR_END_TIME);
	return true;
}

/* Before taking size bytes. */
static inline void ask(struct expr_guard *guard, size_t size)
{
	if (!guard)
		return;
	(void)check(guard);
	if (size > (size_t)guard->bytes_max * 2 ||
	    guard->used + (int64_t)size > guard->bytes_max * 2)
		give_up(guard, EXPR_END_MEMORY);
}

static inline void took(struct expr_guard *guard, void *pointer)
{
	if (!guard)
		return;
	guard->used += (int64_t)malloc_usable_size(pointer);
	if (__builtin_expect(guard->used > guard->bytes_max, 0))
		halt(guard, EXPR_END_MEMORY);
}

static void *taken(struct expr_guard *guard, void *pointer)
{
	if (!pointer) {
		if (guard)
			give_up(guard, EXPR_END_MEMORY);
		must(pointer != NULL);
	}
	took(guard, pointer);
	return pointer;
}

void *jv_mem_alloc(size_t size)
{
	struct expr_guard *guard = current;

	ask(guard, size);
	return taken(guard, malloc(size));
}

void *jv_mem_calloc(size_t size, size_t count)
{
	struct expr_guard *guard = current;
	size_t bytes;

	if (__builtin_mul_overflow(size, count, &bytes))
		bytes = SIZE_MAX;
	ask(guard, bytes);
	/* libjq sorts an empty array by way of calloc(0), whose NULL it would take for the end. */
	return taken(guard, calloc(size ? size : 1, count ? count : 1));
}

void *jv_mem_realloc(void *pointer, size_t size)
{
	struct expr_guard *guard = current;

	ask(guard, size);
	if (guard && pointer)
		guard->used -= (int64_t)malloc_usable_size(pointer);
	return taken(guard, realloc(pointer, size));
}

void jv_mem_free(void *pointer)
{
	struct expr_guard *guard = current;

	if (guard && pointer)
		guard->used -= (int64_t)malloc_usable_size(pointer);
	free(pointer);
}

/* Recursion over a value, however deep, comes by here or by jv_equal at every level. */
void jv_free(jv value)
{
	if (!check(current))
		return;
	real_free(value);
}

int jv_equal(jv a, jv b)
{
	if (!check(current))
		return 0;
	return real_equal(a, b);
}

/* libjq 1.6 multiplies the index without looking: beyond 2^30 it writes outside of the array. */
jv jv_array_set(jv array, int idx, jv value)
{
	if (idx >= EXPR_ARRAY_GAP_MAX &&
	    idx - EXPR_ARRAY_GAP_MAX >= jv_array_length(jv_copy(array))) {
		jv_free(array);
		jv_free(value);
		return jv_invalid_with_msg(jv_string("Array index too large"));
	}
	return real_array_set(array, idx, value);
}

/* No file is reachable from an expression: neither ~/.jq, which 1.6 compiles in, nor modules. */
jv jv_load_file(const char *name, int raw)
{
	(void)name;
	(void)raw;
	return jv_invalid_with_msg(jv_string("no file can be read"));
}

static void nothing(void *ctx)
{
	jv array = jv_array(); /* refused, before there is anything that could be left behind */

	jv_free(jv_array_append(array, jv_string(ctx)));
	/* What libjq gives back must come by the hooks, too. */
}

bool expr_guard_works(void)
{
	struct expr_guard guard;
	jq_state *jq = jq_init();
	bool abandoned, works;

	must(jq != NULL);
	expr_guard_init(&guard, 1024);
	guard.bytes_max = 64;
	/* An array of 16 is more than 64 bytes and more than twice that: libjq's own allocation in
	 * jv_array must be refused by our hook. */
	works = expr_guard_call(&guard, jq, nothing, "x", &abandoned) == EXPR_END_MEMORY &&
		abandoned;
	jq_teardown(&jq);
	return works;
}

void expr_guard_init(struct expr_guard *guard, int64_t bytes_max)
{
	must(bytes_max > 0);
	memset(guard, 0, sizeof(*guard));
	guard->bytes_max = bytes_max;
	atomic_init(&guard->run, 0);
	/* Runs are odd: an even number is none of them. */
	atomic_init(&guard->stop_run, 0);
	atomic_init(&guard->kill_run, 0);
	atomic_init(&guard->gate, GATE_IDLE);
}

static void install(void)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

	sigemptyset(&action.sa_mask);
	must(sigaction(STOP_SIGNAL, &action, NULL) == 0);
}

/* The thread's first run of this guard: where its stack ends, and the signal let through. */
static void meet(struct expr_guard *guard, pthread_t self)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_attr_t attr;
	sigset_t set;
	size_t size;
	void *base;

	must(pthread_once(&once, install) == 0);
	must(pthread_getattr_np(self, &attr) == 0);
	must(pthread_attr_getstack(&attr, &base, &size) == 0);
	must(pthread_attr_destroy(&attr) == 0);
	stack_low = (char *)base + (size / 2 < STACK_MARGIN_BYTES ? size / 2 : STACK_MARGIN_BYTES);
	sigemptyset(&set);
	sigaddset(&set, STOP_SIGNAL);
	must(pthread_sigmask(SIG_UNBLOCK, &set, NULL) == 0);
	guard->thread = self;
	guard->known = true;
}

static void leave(struct expr_guard *guard)
{
	int running = GATE_RUNNING;

	current = NULL;
	atomic_store_explicit(&guard->run, guard->run_now + 1, memory_order_release);
	/* The watcher may be about to signal this thread: not before it has, may the thread go on,
	 * for it could end. */
	while (!atomic_compare_exchange_strong(&guard->gate, &running, GATE_IDLE)) {
		running = GATE_RUNNING;
		sched_yield();
	}
}

enum expr_end expr_guard_call(struct expr_guard *guard, jq_state *jq, void (*work)(void *ctx),
			      void *ctx, bool *ret_abandoned)
{
	pthread_t self = pthread_self();

	must(current == NULL);
	if (!guard->known || !stack_low || !pthread_equal(guard->thread, self))
		meet(guard, self);
	guard->jq = jq;
	guard->end = EXPR_END_OWN;
	guard->used = 0;
	guard->run_now = atomic_load_explicit(&guard->run, memory_order_relaxed) + 1;
	atomic_store_explicit(&guard->run, guard->run_now, memory_order_relaxed);
	atomic_store_explicit(&guard->gate, GATE_RUNNING, memory_order_release);
	current = guard;
	*ret_abandoned = true;
	if (setjmp(guard->out) == 0) {
		work(ctx);
		*ret_abandoned = false;
	}
	leave(guard);
	return (enum expr_end)guard->end;
}

void expr_guard_watch(struct expr_guard *guard, int64_t now_ms, int64_t run_ms_max)
{
	uint64_t run = atomic_load_explicit(&guard->run, memory_order_acquire);
	int running = GATE_RUNNING;

	if (run % 2 == 0 || run != guard->seen_run) {
		guard->seen_run = run;
		guard->seen_since_ms = now_ms;
		return;
	}
	if (now_ms - guard->seen_since_ms <= run_ms_max)
		return;
	atomic_store_explicit(&guard->stop_run, run, memory_order_relaxed);
	if (now_ms - guard->seen_since_ms > run_ms_max + HALT_GRACE_MS)
		atomic_store_explicit(&guard->kill_run, run, memory_order_relaxed);
	if (!atomic_compare_exchange_strong(&guard->gate, &running, GATE_SIGNALLING))
		return;
	if (atomic_load_explicit(&guard->run, memory_order_acquire) == run)
		must(pthread_kill(guard->thread, STOP_SIGNAL) == 0);
	atomic_store_explicit(&guard->gate, GATE_RUNNING, memory_order_release);
}
