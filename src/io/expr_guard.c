/* expr_guard: see expr_guard.h. */
#include "io/expr_guard.h"

#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/must.h"
#include "io/clock_ms.h"
#include "io/expr_hooks.h"

#define STOP_SIGNAL SIGURG

/* Left of the stack for what runs between two hooks: printing a value (257 frames), a regular
 * expression. */
#define STACK_MARGIN_BYTES ((size_t)256 * 1024)

/* The main thread's stack grows when it is used: so much of it counts as there. The kernel keeps at
 * least 128 MB below it free of other mappings, if its limit is higher. */
#define MAIN_STACK_BYTES_MAX ((size_t)8 << 20)

/* A halt takes effect at the next bytecode; one builtin that still runs after this is cut off. */
#define HALT_GRACE_MS 1000

enum gate { GATE_IDLE, GATE_RUNNING, GATE_SIGNALLING };

void expr_guard_give_up(struct expr_guard *guard, enum expr_end end)
{
	if (guard->end == EXPR_END_OWN)
		guard->end = (sig_atomic_t)end;
	longjmp(guard->out, 1);
}

/* Also from the signal handler: jq_halt only sets three fields. */
void expr_guard_halt(struct expr_guard *guard, enum expr_end end)
{
	if (guard->end == EXPR_END_OWN)
		guard->end = (sig_atomic_t)end;
	if (!jq_halted(guard->jq))
		jq_halt(guard->jq, jv_null(), jv_null());
}

static void on_signal(int number)
{
	struct expr_guard *guard = expr_hooks_run;

	(void)number;
	if (guard && atomic_load_explicit(&guard->stop_run, memory_order_relaxed) == guard->run_now)
		expr_guard_halt(guard, EXPR_END_TIME);
}

static bool take_array(void *ctx)
{
	*(jv *)ctx = jv_array();
	return true;
}

bool expr_guard_works(void)
{
	struct expr_guard guard;
	struct expr_heap heap;
	jq_state *jq;
	jv array;
	bool kept, works;

	expr_hooks_limit_regex();
	expr_heap_init(&heap);
	expr_guard_init(&guard, &heap, 64, NULL);
	(void)expr_heap_use(&heap);
	jq = jq_init();
	(void)expr_heap_use(NULL);
	must(jq != NULL);
	/* The state must be a block of ours. An array of 16 is more than twice 64 bytes: libjq's
	 * own allocation in jv_array must be refused by our hook. */
	works = expr_heap_size(jq) > 0 &&
		expr_guard_call(&guard, jq, take_array, &array, &kept) == EXPR_END_MEMORY && !kept;
	jq_teardown(&jq);
	must(heap.count == 0);
	return works;
}

static int64_t cpu_ms(pthread_t thread)
{
	clockid_t id;

	must(pthread_getcpuclockid(thread, &id) == 0);
	return clock_ms(id);
}

void expr_guard_init(struct expr_guard *guard, struct expr_heap *heap, int64_t bytes_max,
		     expr_spent_fn *spent)
{
	must(bytes_max > 0);
	memset(guard, 0, sizeof(*guard));
	guard->heap = heap;
	guard->bytes_max = bytes_max;
	guard->spent = spent ? spent : cpu_ms;
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

/* The low end of this thread's stack. */
static char *stack_end(pthread_t self)
{
	struct rlimit limit;
	pthread_attr_t attr;
	size_t size;
	void *base;

	must(pthread_getattr_np(self, &attr) == 0);
	must(pthread_attr_getstack(&attr, &base, &size) == 0);
	must(pthread_attr_destroy(&attr) == 0);
	if (gettid() != getpid())
		return base;
	/* glibc counts from what is mapped: under valgrind, and in a forked child there, the part
	 * that grew is a mapping of its own, in which glibc sees the end. */
	must(getrlimit(RLIMIT_STACK, &limit) == 0);
	return (char *)base + size -
	       (limit.rlim_cur < MAIN_STACK_BYTES_MAX ? limit.rlim_cur : MAIN_STACK_BYTES_MAX);
}

/* The thread's first run of this guard: where its stack ends, and the signal let through. */
static void meet(struct expr_guard *guard, pthread_t self)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	char *end = stack_end(self);
	size_t left = (size_t)((char *)__builtin_frame_address(0) - end);
	sigset_t set;

	must(pthread_once(&once, install) == 0);
	expr_hooks_stack_low =
		end + (left / 2 < STACK_MARGIN_BYTES ? left / 2 : STACK_MARGIN_BYTES);
	sigemptyset(&set);
	sigaddset(&set, STOP_SIGNAL);
	must(pthread_sigmask(SIG_UNBLOCK, &set, NULL) == 0);
	guard->thread = self;
	guard->known = true;
}

static void leave(struct expr_guard *guard)
{
	int running = GATE_RUNNING;

	expr_hooks_run = NULL;
	atomic_store_explicit(&guard->run, guard->run_now + 1, memory_order_release);
	/* The watcher may be about to signal this thread: not before it has, may the thread go on,
	 * for it could end. */
	while (!atomic_compare_exchange_strong(&guard->gate, &running, GATE_IDLE)) {
		running = GATE_RUNNING;
		sched_yield();
	}
}

enum expr_end expr_guard_call(struct expr_guard *guard, jq_state *jq, bool (*work)(void *ctx),
			      void *ctx, bool *ret_kept)
{
	struct expr_heap *heap = expr_heap_use(guard->heap);
	pthread_t self = pthread_self();
	volatile bool done = false;

	must(expr_hooks_run == NULL);
	if (!guard->known || !expr_hooks_stack_low || !pthread_equal(guard->thread, self))
		meet(guard, self);
	guard->jq = jq;
	guard->end = EXPR_END_OWN;
	guard->used = 0;
	guard->hold = 0;
	expr_heap_mark(guard->heap, &guard->mark);
	guard->run_now = atomic_load_explicit(&guard->run, memory_order_relaxed) + 1;
	atomic_store_explicit(&guard->run, guard->run_now, memory_order_relaxed);
	atomic_store_explicit(&guard->gate, GATE_RUNNING, memory_order_release);
	expr_hooks_run = guard;
	if (setjmp(guard->out) == 0) {
		done = work(ctx);
		expr_hooks_drain();
	}
	leave(guard);
	*ret_kept = done && guard->end == EXPR_END_OWN;
	expr_hooks_end(*ret_kept);
	expr_heap_unmark(guard->heap, &guard->mark, *ret_kept);
	(void)expr_heap_use(heap);
	return (enum expr_end)guard->end;
}

/* The gate is held: the thread is there, and stays in its run. */
static void look(struct expr_guard *guard, uint64_t run, int64_t run_ms_max)
{
	int64_t spent_ms = guard->spent(guard->thread);

	if (run != guard->seen_run) {
		guard->seen_run = run;
		guard->seen_at_ms = spent_ms;
	}
	if (spent_ms - guard->seen_at_ms <= run_ms_max)
		return;
	atomic_store_explicit(&guard->stop_run, run, memory_order_relaxed);
	if (spent_ms - guard->seen_at_ms > run_ms_max + HALT_GRACE_MS)
		atomic_store_explicit(&guard->kill_run, run, memory_order_relaxed);
	must(pthread_kill(guard->thread, STOP_SIGNAL) == 0);
}

void expr_guard_watch(struct expr_guard *guard, int64_t run_ms_max)
{
	int running = GATE_RUNNING;
	uint64_t run;

	if (!atomic_compare_exchange_strong(&guard->gate, &running, GATE_SIGNALLING))
		return;
	run = atomic_load_explicit(&guard->run, memory_order_acquire);
	if (run % 2 == 1) /* else it is about to leave */
		look(guard, run, run_ms_max);
	atomic_store_explicit(&guard->gate, GATE_RUNNING, memory_order_release);
}
