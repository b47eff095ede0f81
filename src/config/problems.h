/*
 * problems: what is wrong with the files, collected over one whole run: errors, each as
 * `file:line:column: key: reason`, and hints. In the end they come in the order of the files
 * and of their lines.
 *
 * Thread: main. Blocks: no.
 */
#ifndef ONCED_CONFIG_PROBLEMS_H
#define ONCED_CONFIG_PROBLEMS_H

#include "config/config.h"
#include "config/tree.h"

/* More errors than anyone reads at once; the rest is counted. */
#define PROBLEMS_MAX 200

struct problems; /* opaque */

struct problems *problems_new(void);
void problems_free(struct problems *problems); /* NULL is fine */

/* About a node. key NULL: the node's own path; else "path.key", a key that the mapping lacks. */
void problems_error(struct problems *problems, const struct node *node, const char *key,
		    const char *format, ...) __attribute__((format(printf, 4, 5)));
void problems_hint(struct problems *problems, const struct node *node, const char *key,
		   const char *format, ...) __attribute__((format(printf, 4, 5)));

/* About a key of a mapping: at the key's place instead of its value's. */
void problems_error_key(struct problems *problems, const struct node *value, const char *format,
			...) __attribute__((format(printf, 3, 4)));

/* About a place. line 0: the file as a whole; no key: NULL. */
void problems_error_at(struct problems *problems, const char *file, int line, int column,
		       const char *key, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

/* A whole line as somebody else wrote it ("file:line:column: key: reason"), at a node's place. */
void problems_error_line(struct problems *problems, const struct node *node, const char *line);

size_t problems_error_count(const struct problems *problems);

/* Sorts, and moves everything to *ret, which the caller frees with config_errors_free. */
void problems_finish(struct problems *problems, struct config_errors *ret);

#endif
