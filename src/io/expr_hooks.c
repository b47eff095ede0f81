/*
 * expr_hooks: see expr_hooks.h. The functions below that are not named expr_hooks_* have other
 * libraries' names on purpose. Each is cheap, as libjq calls jv_free some hundred times a record.
 */
#include "io/expr_hooks.h"

#include <dlfcn.h>
#include <malloc.h>
#include <math.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "io/expr_heap.h"
#include "io/expr_number.h"
#include "io/expr_sort.h"

/* A search that takes more steps back is an error; it takes about half a second. */
#define REGEX_STEPS_MAX 10000000
/* Entries of the matcher's stack, of some 50 bytes. */
#define REGEX_STACK_MAX 1000000
/* The compiler of regular expressions recurses so deep, at about a kilobyte a level. */
#define REGEX_DEPTH_MAX 250

/* Above the low end of the stack by so much, frees that were put off are done. */
#define FAR_BYTES 16384

__thread struct expr_guard *volatile expr_hooks_run;
__thread char *expr_hooks_stack_low;

/* Values whose free was put off. */
static __thread struct {
	jv *values;
	size_t count;
	size_t size;
	size_t nested; /* jv_free within jv_free */
	bool draining;
} later;

/* Of the run under way: not on a list. */
static __thread void *stack, *regex, *region;
static __thread bool parsing;

static void (*real_free)(jv value);
static int (*real_equal)(jv a, jv b);
static jv (*real_array_set)(jv array, int idx, jv value);
static jv (*real_get)(jv container, jv key);
static jv (*real_set)(jv container, jv key, jv value);
static jv (*real_delpaths)(jv container, jv paths);
static jv (*real_append_buf)(jv string, const char *buf, int len);
static jv (*real_parse_sized)(const char *text, int len);
typedef void sorter(void *base, size_t count, size_t size,
		    int (*order)(const void *, const void *));
static _Atomic uintptr_t real_qsort; /* a sorter; 0 = not looked up yet */
static int (*real_onig_new)(void **ret, const unsigned char *pattern, const unsigned char *end,
			    unsigned options, void *encoding, void *syntax, void *info);
static void (*real_onig_free)(void *regex);
static void *(*real_region_new)(void);
static void (*real_region_free)(void *region, int itself);

/* The libraries export these, but their installed headers do not declare them, or there are none.
 */
void *jv_mem_alloc(size_t size);
void *jv_mem_alloc_unguarded(size_t size);
void *jv_mem_calloc(size_t size, size_t count);
void *jv_mem_realloc(void *pointer, size_t size);
void jv_mem_free(void *pointer);
int onig_new(void **ret, const unsigned char *pattern, const unsigned char *end, unsigned options,
	     void *encoding, void *syntax, void *info);
void onig_free(void *regex);
void *onig_region_new(void);
void onig_region_free(void *region, int itself);

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
	*(void **)&real_get = real("jv_get");
	*(void **)&real_set = real("jv_set");
	*(void **)&real_delpaths = real("jv_delpaths");
	*(void **)&real_append_buf = real("jv_string_append_buf");
	*(void **)&real_parse_sized = real("jv_parse_sized");
	*(void **)&real_onig_new = real("onig_new");
	*(void **)&real_onig_free = real("onig_free");
	*(void **)&real_region_new = real("onig_region_new");
	*(void **)&real_region_free = real("onig_region_free");
}

/* ---- limits ---- */

static inline bool is_low(void)
{
	return __builtin_expect((char *)__builtin_frame_address(0) < expr_hooks_stack_low, 0);
}

/* Is the stack nearly used up, or is the run to be cut off? False: it cannot be left here. */
static inline bool check(struct expr_guard *guard)
{
	if (!guard)
		return false;
	if (guard->hold > 0) {
		guard->hold--;
		return false;
	}
	if (is_low())
		expr_guard_give_up(guard, EXPR_END_DEPTH);
	if (__builtin_expect(atomic_load_explicit(&guard->kill_run, memory_order_relaxed) ==
				     guard->run_now,
			     0))
		expr_guard_give_up(guard, EXPR_END_TIME);
	return true;
}

/* Before taking size bytes. */
static inline void ask(struct expr_guard *guard, size_t size)
{
	if (check(guard) && (size > (size_t)guard->bytes_max * 2 ||
			     guard->used + (int64_t)size > guard->bytes_max * 2))
		expr_guard_give_up(guard, EXPR_END_MEMORY);
}

/* ---- memory ---- */

static void *taken(struct expr_guard *guard, void *pointer)
{
	if (!pointer) {
		if (guard)
			expr_guard_give_up(guard, EXPR_END_MEMORY);
		must(pointer != NULL);
	}
	if (guard) {
		guard->used += (int64_t)expr_heap_size(pointer);
		if (__builtin_expect(guard->used > guard->bytes_max, 0))
			expr_guard_halt(guard, EXPR_END_MEMORY);
	}
	return pointer;
}

void *jv_mem_alloc(size_t size)
{
	struct expr_guard *guard = expr_hooks_run;

	ask(guard, size);
	return taken(guard, expr_heap_alloc(size));
}

void *jv_mem_alloc_unguarded(size_t size)
{
	return jv_mem_alloc(size);
}

/* @base64d takes its buffer as (bytes, 1) and gives it back by free(), not by jv_mem_free: it must
 * not be on a list, and the run must not be left while the buffer is there: over the next
 * allocation, of a string that is at most three times as long, and the free of the input. (So do
 * `keys` and `sort` of one element take theirs; were the run left within, it would cost as many
 * bytes as an element has.) */
static void *take_foreign(struct expr_guard *guard, size_t size)
{
	void *pointer;

	ask(guard, size > SIZE_MAX / 4 ? SIZE_MAX : size * 4);
	pointer = calloc(1, size ? size : 1);
	if (!pointer)
		expr_guard_give_up(guard, EXPR_END_MEMORY);
	guard->hold = 2;
	return pointer;
}

/* The machine's stack, of which there is one: libjq would give it back by free(), too, but does not
 * come to that, as a state is put back after each run. */
static void *resize_stack(struct expr_guard *guard, size_t size)
{
	void *pointer = realloc(stack, size);

	if (!pointer)
		expr_guard_give_up(guard, EXPR_END_MEMORY);
	guard->used += (int64_t)malloc_usable_size(pointer);
	if (guard->used > guard->bytes_max)
		expr_guard_halt(guard, EXPR_END_MEMORY);
	return stack = pointer;
}

void *jv_mem_calloc(size_t size, size_t count)
{
	struct expr_guard *guard = expr_hooks_run;
	size_t bytes;

	if (guard && count == 1)
		return take_foreign(guard, size);
	if (__builtin_mul_overflow(size, count, &bytes))
		bytes = SIZE_MAX;
	ask(guard, bytes);
	/* libjq sorts an empty array by way of calloc(0), whose NULL it would take for the end. */
	return taken(guard, expr_heap_zeroed(bytes ? bytes : 1));
}

void *jv_mem_realloc(void *pointer, size_t size)
{
	struct expr_guard *guard = expr_hooks_run;

	ask(guard, size);
	if (guard) {
		if (!parsing && (!pointer || pointer == stack)) {
			guard->used -= pointer ? (int64_t)malloc_usable_size(pointer) : 0;
			stack = pointer;
			return resize_stack(guard, size);
		}
		guard->used -= (int64_t)expr_heap_size(pointer);
	}
	return taken(guard, expr_heap_realloc(pointer, size));
}

void jv_mem_free(void *pointer)
{
	struct expr_guard *guard = expr_hooks_run;

	if (guard)
		guard->used -= (int64_t)expr_heap_size(pointer);
	expr_heap_free(pointer);
}

/* ---- values ---- */

static void put_off(jv value)
{
	if (later.count == later.size) {
		later.size = later.size ? later.size * 2 : 64;
		later.values = realloc(later.values, later.size * sizeof(*later.values));
		must(later.values != NULL);
	}
	later.values[later.count++] = value;
}

void expr_hooks_drain(void)
{
	if (later.count == 0)
		return;
	later.draining = true;
	while (later.count > 0)
		jv_free(later.values[--later.count]);
	later.draining = false;
	free(later.values);
	later.values = NULL;
	later.size = 0;
}

/* Recursion over a value, however deep, comes by here at every level, in and out of runs. A value
 * that is being freed when the stack ends is freed from there on by one of the calls above, after
 * its own. */
void jv_free(jv value)
{
	if (__builtin_expect(later.nested > 0, 0) && is_low()) {
		put_off(value);
		return;
	}
	(void)check(expr_hooks_run);
	later.nested++;
	real_free(value);
	later.nested--;
	if (__builtin_expect(later.count > 0, 0) && !later.draining &&
	    (char *)__builtin_frame_address(0) > expr_hooks_stack_low + FAR_BYTES)
		expr_hooks_drain();
}

int jv_equal(jv a, jv b)
{
	(void)check(expr_hooks_run);
	return real_equal(a, b);
}

/* libjq 1.6 multiplies the index without looking: beyond 2^30 it writes outside of the array. */
jv jv_array_set(jv array, int idx, jv value)
{
	(void)check(expr_hooks_run);
	if (idx >= EXPR_ARRAY_GAP_MAX &&
	    idx - EXPR_ARRAY_GAP_MAX >= jv_array_length(jv_copy(array))) {
		jv_free(array);
		jv_free(value);
		return jv_invalid_with_msg(jv_string("Array index too large"));
	}
	return real_array_set(array, idx, value);
}

/* The start and end of a slice: 1.6 asserts on nan, which counts as null here, as it later does. */
static jv slice_of(jv key)
{
	static const char *const names[] = {"start", "end"};

	if (jv_get_kind(key) != JV_KIND_OBJECT)
		return key;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		jv bound = jv_object_get(jv_copy(key), jv_string(names[i]));

		if (jv_get_kind(bound) == JV_KIND_NUMBER && isnan(jv_number_value(bound)))
			key = jv_object_set(key, jv_string(names[i]), jv_null());
		jv_free(bound);
	}
	return key;
}

jv jv_get(jv container, jv key)
{
	return real_get(container, slice_of(key));
}

jv jv_set(jv container, jv key, jv value)
{
	return real_set(container, slice_of(key), value);
}

jv jv_delpaths(jv container, jv paths)
{
	int count = jv_get_kind(paths) == JV_KIND_ARRAY ? jv_array_length(jv_copy(paths)) : 0;

	for (int i = 0; i < count; i++) {
		jv path = jv_array_get(jv_copy(paths), i);
		int len = jv_get_kind(path) == JV_KIND_ARRAY ? jv_array_length(jv_copy(path)) : 0;

		for (int j = 0; j < len; j++) {
			jv key = jv_array_get(jv_copy(path), j);

			if (jv_get_kind(key) == JV_KIND_OBJECT)
				path = jv_array_set(path, j, slice_of(key));
			else
				jv_free(key);
		}
		paths = jv_array_set(paths, i, path);
	}
	return real_delpaths(container, paths);
}

jv jv_string_append_buf(jv string, const char *buf, int len)
{
	(void)check(expr_hooks_run);
	return real_append_buf(string, buf, len);
}

jv jv_parse_sized(const char *text, int len)
{
	jv value;

	if (expr_hooks_run && !expr_number_all_kept(text, (size_t)len))
		return jv_invalid_with_msg(jv_string("a number would change its value"));
	parsing = true; /* the parser's memory is not the machine's stack */
	value = real_parse_sized(text, len);
	parsing = false;
	return value;
}

/* Neither ~/.jq, which 1.6 compiles in, nor modules. */
jv jv_load_file(const char *name, int raw)
{
	(void)name;
	(void)raw;
	return jv_invalid_with_msg(jv_string("no file can be read"));
}

/* ---- the libraries under libjq ---- */

int onig_new(void **ret, const unsigned char *pattern, const unsigned char *end, unsigned options,
	     void *encoding, void *syntax, void *info)
{
	int result = real_onig_new(ret, pattern, end, options, encoding, syntax, info);

	if (expr_hooks_run && result == 0)
		regex = *ret;
	return result;
}

void onig_free(void *freed)
{
	if (freed == regex)
		regex = NULL;
	real_onig_free(freed);
}

void *onig_region_new(void)
{
	void *created = real_region_new();

	if (expr_hooks_run)
		region = created;
	return created;
}

void onig_region_free(void *freed, int itself)
{
	if (freed == region && itself)
		region = NULL;
	real_region_free(freed, itself);
}

/* As expr_sort needs, on the heap: a jump out of the comparison leaves nothing else behind. */
static void sort(void *base, size_t count, size_t size, int (*order)(const void *, const void *))
{
	void *buffer = jv_mem_alloc(count * size); /* of an array that is there: no overflow */

	expr_sort(base, count, size, order, buffer);
	jv_mem_free(buffer);
}

void qsort(void *base, size_t count, size_t size, int (*order)(const void *, const void *))
{
	uintptr_t found;

	if (expr_hooks_run && count > 1) {
		sort(base, count, size, order);
		return;
	}
	/* Another library may sort before this program's constructors are run, and any thread may
	 * be the first: all find the same. */
	found = atomic_load_explicit(&real_qsort, memory_order_relaxed);
	if (!found) {
		found = (uintptr_t)real("qsort");
		atomic_store_explicit(&real_qsort, found, memory_order_relaxed);
	}
	((sorter *)found)(base, count, size, order);
}

/* ---- for the guard ---- */

void expr_hooks_end(bool kept)
{
	free(stack);
	stack = NULL;
	if (kept)
		return;
	free(later.values);
	memset(&later, 0, sizeof(later));
	if (region)
		real_region_free(region, 1);
	if (regex)
		real_onig_free(regex);
	regex = region = NULL;
	parsing = false;
}

void expr_hooks_limit_regex(void)
{
	int (*set_steps)(unsigned long);
	int (*set_stack)(unsigned);
	int (*set_depth)(unsigned);

	*(void **)&set_steps = real("onig_set_retry_limit_in_search");
	*(void **)&set_stack = real("onig_set_match_stack_limit_size");
	*(void **)&set_depth = real("onig_set_parse_depth_limit");
	must(set_steps(REGEX_STEPS_MAX) == 0 && set_stack(REGEX_STACK_MAX) == 0 &&
	     set_depth(REGEX_DEPTH_MAX) == 0);
}
