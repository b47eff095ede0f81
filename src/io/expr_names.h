/*
 * expr_names: the builtins of jq 1.6: which an expression may use, and why not the others. What is
 * allowed depends on the record alone: no time of day, zone, environment, input, output, module.
 */
#ifndef ONCED_IO_EXPR_NAMES_H
#define ONCED_IO_EXPR_NAMES_H

#include <stdbool.h>
#include <stddef.h>

struct expr_name {
	const char *name;
	const char *why_not; /* NULL = allowed */
};

/* All builtins, allowed and denied. */
const struct expr_name *expr_names(size_t *ret_count);

/* NULL: no such builtin. name: len bytes. */
const struct expr_name *expr_names_find(const char *name, size_t len);

/* Is "@name" (without the @) one of jq's formats? */
bool expr_names_is_format(const char *name, size_t len);

/* The allowed name that is most like it; NULL if none is near. */
const char *expr_names_like(const char *name, size_t len);

#endif
