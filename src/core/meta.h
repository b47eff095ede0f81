/*
 * meta: M, the metadata string that travels with every committed offset, and nothing else: ASCII,
 * under META_MAX bytes, "onced1" and then one letter=value a field. It is what lets a host without
 * any state rebuild it from the input. A reader knows three answers: ours, newer than this program,
 * foreign.
 */
#ifndef ONCED_CORE_META_H
#define ONCED_CORE_META_H

#include "base/bytes.h"
#include "core/window.h"

#define META_MAX 512

struct gap {
	bool open;
	int64_t t; /* M.T and M.x when what was seen before them was lost */
	int64_t x;
};

struct meta {
	uint64_t k; /* hash of the cluster id */
	int32_t n;  /* partition count of the topic */
	int32_t i;  /* worker that wrote it, for the operator */
	uint64_t d; /* hash of the prefix */
	int64_t g;  /* generation of the state */
	int64_t b;  /* first offset whose record may be in the state */
	int64_t v;  /* the window, ms; 0 = no dedup */
	int64_t t, p, x;
	uint64_t h;
	bool has_w;
	struct marker w;
	struct gap a;
};

enum meta_form { META_OURS, META_NEWER, META_FOREIGN };

/* Writes the string with its NUL into text; always fits. Returns its length. */
size_t meta_write(const struct meta *meta, char text[META_MAX]);

/* Fills *ret only for META_OURS. Any byte sequence is fine as input. */
enum meta_form meta_read(struct bytes text, struct meta *ret);

#endif
