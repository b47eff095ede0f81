/*
 * cleanup: scope-bound locals. CLEANUP(thing_free) calls thing_free on the value when the scope
 * ends; TAKE hands a pointer over and forgets it. Declare the pair once per type with
 * CLEANUP_DEFINE(struct thing, thing_free).
 */
#ifndef ONCED_BASE_CLEANUP_H
#define ONCED_BASE_CLEANUP_H

#include <stdlib.h>

#define CLEANUP(function) __attribute__((cleanup(function##_cleanup)))

#define CLEANUP_DEFINE(type, function)                                                             \
	static inline void function##_cleanup(type **pointer)                                      \
	{                                                                                          \
		if (*pointer)                                                                      \
			function(*pointer);                                                        \
	}                                                                                          \
	struct cleanup_semicolon

#define TAKE(pointer)                                                                              \
	({                                                                                         \
		__typeof__(pointer) taken_ = (pointer);                                            \
		(pointer) = NULL;                                                                  \
		taken_;                                                                            \
	})

static inline void free_cleanup(void *pointer)
{
	free(*(void **)pointer);
}

#endif
