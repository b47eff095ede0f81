/*
 * tree: one YAML file as a tree in which every node knows its line and column, so that every
 * complaint can say where. Built from libyaml's events; the only user of <yaml.h>.
 *
 * What makes a file mean more than it shows is refused: aliases and anchors, tags, duplicate keys,
 * several documents. So are files beyond the limits below: a configuration is written by people.
 *
 * Thread: main. Blocks: tree_load reads a local file.
 */
#ifndef ONCED_CONFIG_TREE_H
#define ONCED_CONFIG_TREE_H

#include "base/arena.h"
#include "base/err.h"

#define TREE_FILE_BYTES_MAX ((size_t)1024 * 1024)
#define TREE_DEPTH_MAX 64
#define TREE_NODES_MAX 100000
#define TREE_SCALAR_BYTES_MAX ((size_t)64 * 1024)
#define TREE_KEY_BYTES_MAX 256
#define TREE_KEYS_MAX 1000 /* of one mapping */

enum node_kind {
	NODE_SCALAR,
	NODE_SEQUENCE,
	NODE_MAPPING,
	NODE_REFUSED, /* already complained about (an alias): whoever meets it says nothing more */
};

/* Everything is in the arena that the tree was made in. */
struct node {
	enum node_kind kind;
	int line, column;          /* from 1; column counts characters */
	const char *file;          /* as it was named */
	const struct node *parent; /* NULL = the root */
	const char *key;           /* in a mapping: its key (no NUL byte in it); else NULL */
	int key_line, key_column;
	size_t index;      /* in a sequence */
	struct node *next; /* next sibling */
	/* NODE_SCALAR */
	char *text; /* followed by a NUL byte, may hold some too */
	size_t len;
	bool plain;  /* neither quoted nor a block: 12 is a number, "12" is not */
	bool quoted; /* in '' or "" */
	/* NODE_SEQUENCE, NODE_MAPPING */
	struct node *first;
	size_t count;
};

struct problems;

/* Reads and parses a file. 0: *ret_root is the root, NULL when the file says nothing at all. -1: it
 * cannot be read or parsed. Everything that is wrong is added to problems; some of it
 * (duplicate keys, anchors, tags, aliases) leaves a usable tree and 0. */
int tree_load(const char *file, struct arena *arena, struct problems *problems,
	      struct node **ret_root) CHECKED;

/* The same for text at hand; file is only a name. */
int tree_parse(const char *file, struct bytes text, struct arena *arena, struct problems *problems,
	       struct node **ret_root) CHECKED;

/* The value of a key of a mapping, NULL if it is not there. */
struct node *tree_find(const struct node *mapping, const char *key);

/* "steps[2].dedup.id": where a node stands in its file. In the arena; "" for the root. */
const char *tree_path(const struct node *node, struct arena *arena);

/* What a node is, for a message: `a list`, `a mapping`, `"text"` (cut, made printable). */
const char *tree_describe(const struct node *node, struct arena *arena);

#endif
