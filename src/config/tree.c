/*
 * tree: see tree.h. One recursion over libyaml's events, as deep as TREE_DEPTH_MAX. What cannot be
 * understood ends the file (libyaml does not go on after a syntax error); what is merely
 * refused is complained about and the rest is read, so that one run shows all there is.
 */
#include "config/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

#include "base/cleanup.h"
#include "base/must.h"
#include "config/problems.h"
#include "config/trust.h"

#define SHOWN_BYTES_MAX 40

struct loader {
	yaml_parser_t parser;
	const char *file;
	struct bytes text;
	struct arena *arena;
	struct problems *problems;
	size_t node_count;
};

static const char block_hint[] =
	"; if a jq expression stands here, write it as a block: `map: |` with the expression on "
	"the next line, indented";

/* Where a byte stands: libyaml gives no line for a byte that is no character. */
static void place_of(struct bytes text, size_t pos, int *ret_line, int *ret_column)
{
	const char *bytes = text.data;

	*ret_line = 1;
	*ret_column = 1;
	for (size_t i = 0; i < pos && i < text.len; i++) {
		*ret_column += 1;
		if (bytes[i] == '\n') {
			*ret_line += 1;
			*ret_column = 1;
		}
	}
}

/* libyaml only says that "it cannot start any token". */
static bool is_tab(struct bytes text, yaml_mark_t mark)
{
	const char *line = text.data;
	const char *end = line + text.len;

	for (size_t i = 0; i < mark.line && line; i++) {
		line = memchr(line, '\n', (size_t)(end - line));
		line = line ? line + 1 : NULL;
	}
	/* Up to a tab that indents there are only ASCII blanks: columns are bytes. */
	return line && mark.column < (size_t)(end - line) && line[mark.column] == '\t';
}

static int syntax_error(struct loader *loader)
{
	const yaml_parser_t *parser = &loader->parser;
	int line, column;

	if (parser->error == YAML_READER_ERROR) {
		place_of(loader->text, parser->problem_offset, &line, &column);
		problems_error_at(loader->problems, loader->file, line, column, "yaml",
				  "%s; the file must be UTF-8 text without control characters",
				  parser->problem);
		return -1;
	}
	must(parser->error != YAML_MEMORY_ERROR);
	line = (int)parser->problem_mark.line + 1;
	column = (int)parser->problem_mark.column + 1;
	if (is_tab(loader->text, parser->problem_mark))
		problems_error_at(loader->problems, loader->file, line, column, "yaml",
				  "a tab; YAML is indented with spaces only");
	else if (parser->context)
		problems_error_at(loader->problems, loader->file, line, column, "yaml",
				  "%s that begins in line %d: %s%s", parser->context,
				  (int)parser->context_mark.line + 1, parser->problem, block_hint);
	else
		problems_error_at(loader->problems, loader->file, line, column, "yaml", "%s%s",
				  parser->problem, block_hint);
	return -1;
}

static int next_event(struct loader *loader, yaml_event_t *event)
{
	if (!yaml_parser_parse(&loader->parser, event))
		return syntax_error(loader);
	return 0;
}

/* About the place of an event, with the path of the node it belongs to. */
static int refuse(struct loader *loader, const struct node *node, const char *reason)
{
	problems_error(loader->problems, node, NULL, "%s", reason);
	return -1;
}

static struct node *node_new(struct loader *loader, const yaml_event_t *event,
			     const struct node *parent)
{
	struct node *node = arena_alloc(loader->arena, sizeof(*node));

	memset(node, 0, sizeof(*node));
	node->file = loader->file;
	node->line = (int)event->start_mark.line + 1;
	node->column = (int)event->start_mark.column + 1;
	node->parent = parent;
	if (parent)
		node->index = parent->count;
	return node;
}

static void append(struct node *parent, struct node **last, struct node *child)
{
	if (*last)
		(*last)->next = child;
	else
		parent->first = child;
	*last = child;
	parent->count++;
}

static void check_properties(struct loader *loader, const struct node *node,
			     const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor)
		(void)refuse(
			loader, node,
			"anchors (&name) are not supported: write the value where it is needed");
	if (tag)
		(void)refuse(loader, node,
			     "tags (!name) are not supported: remove it; quotes make a string");
}

static int parse_scalar(struct loader *loader, const yaml_event_t *event, struct node *node)
{
	size_t len = event->data.scalar.length;

	node->kind = NODE_SCALAR;
	check_properties(loader, node, event->data.scalar.anchor, event->data.scalar.tag);
	if (len > TREE_SCALAR_BYTES_MAX)
		return refuse(loader, node, "is longer than 64k, the limit of one value");
	node->text = arena_alloc(loader->arena, len + 1);
	memcpy(node->text, event->data.scalar.value, len);
	node->text[len] = '\0';
	node->len = len;
	node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	node->quoted = event->data.scalar.style == YAML_SINGLE_QUOTED_SCALAR_STYLE ||
		       event->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;
	return 0;
}

static int parse_children(struct loader *loader, struct node *node, int depth);

/* Makes a node of an event (and of those that belong to it). The event is freed by the caller. */
static int parse_node(struct loader *loader, const yaml_event_t *event, struct node *node,
		      int depth)
{
	if (++loader->node_count > TREE_NODES_MAX)
		return refuse(loader, node, "the file has more than 100,000 values, the limit");
	if (depth > TREE_DEPTH_MAX)
		return refuse(loader, node, "is nested more than 64 levels deep, the limit");
	switch ((int)event->type) {
	case YAML_SCALAR_EVENT:
		return parse_scalar(loader, event, node);
	case YAML_ALIAS_EVENT:
		node->kind = NODE_REFUSED;
		(void)refuse(
			loader, node,
			"aliases (*name) are not supported: write the value where it is needed");
		return 0;
	case YAML_SEQUENCE_START_EVENT:
		node->kind = NODE_SEQUENCE;
		check_properties(loader, node, event->data.sequence_start.anchor,
				 event->data.sequence_start.tag);
		return parse_children(loader, node, depth);
	default:
		must(event->type == YAML_MAPPING_START_EVENT);
		node->kind = NODE_MAPPING;
		check_properties(loader, node, event->data.mapping_start.anchor,
				 event->data.mapping_start.tag);
		return parse_children(loader, node, depth);
	}
}

/* The key of the value to come. */
static int parse_key(struct loader *loader, const yaml_event_t *event, const struct node *mapping,
		     struct node *value)
{
	size_t len;

	if (event->type != YAML_SCALAR_EVENT) {
		problems_error_at(loader->problems, loader->file, (int)event->start_mark.line + 1,
				  (int)event->start_mark.column + 1,
				  tree_path(mapping, loader->arena), "a key must be a plain word%s",
				  block_hint);
		return -1;
	}
	len = event->data.scalar.length;
	if (len > TREE_KEY_BYTES_MAX || strlen((const char *)event->data.scalar.value) != len) {
		problems_error_at(loader->problems, loader->file, (int)event->start_mark.line + 1,
				  (int)event->start_mark.column + 1,
				  tree_path(mapping, loader->arena),
				  "a key is longer than 256 bytes or holds a NUL character");
		return -1;
	}
	value->key = arena_printf(loader->arena, "%s", event->data.scalar.value);
	value->key_line = (int)event->start_mark.line + 1;
	value->key_column = (int)event->start_mark.column + 1;
	check_properties(loader, value, event->data.scalar.anchor, event->data.scalar.tag);
	return 0;
}

/* One `key: value` of a mapping, whose key event is at hand. */
static int parse_pair(struct loader *loader, const yaml_event_t *key, struct node *mapping,
		      struct node **last, int depth)
{
	struct node *value = node_new(loader, key, mapping);
	const struct node *earlier;
	yaml_event_t event;
	int result;

	if (parse_key(loader, key, mapping, value) < 0 || next_event(loader, &event) < 0)
		return -1;
	value->line = (int)event.start_mark.line + 1;
	value->column = (int)event.start_mark.column + 1;
	result = parse_node(loader, &event, value, depth + 1);
	yaml_event_delete(&event);
	if (result < 0)
		return -1;
	earlier = tree_find(mapping, value->key);
	if (earlier) {
		problems_error_key(loader->problems, value,
				   "is there twice, first in line %d: remove one",
				   earlier->key_line);
		return 0;
	}
	if (mapping->count >= TREE_KEYS_MAX)
		return refuse(loader, mapping, "has more than 1,000 keys, the limit");
	append(mapping, last, value);
	return 0;
}

static int parse_item(struct loader *loader, const yaml_event_t *event, struct node *sequence,
		      struct node **last, int depth)
{
	struct node *item = node_new(loader, event, sequence);

	if (parse_node(loader, event, item, depth + 1) < 0)
		return -1;
	append(sequence, last, item);
	return 0;
}

static int parse_children(struct loader *loader, struct node *node, int depth)
{
	struct node *last = NULL;
	yaml_event_t event;
	bool ended = false;
	int result = 0;

	while (result == 0 && !ended) {
		if (next_event(loader, &event) < 0)
			return -1;
		if (event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT)
			ended = true;
		else if (node->kind == NODE_SEQUENCE)
			result = parse_item(loader, &event, node, &last, depth);
		else
			result = parse_pair(loader, &event, node, &last, depth);
		yaml_event_delete(&event);
	}
	return result;
}

/* Stream start, one document, stream end. */
static int parse_stream(struct loader *loader, struct node **ret_root)
{
	struct node *root = NULL;
	bool ended = false;
	int result = 0, documents = 0;

	while (result == 0 && !ended) {
		yaml_event_t event;

		if (next_event(loader, &event) < 0)
			return -1;
		if (event.type == YAML_STREAM_END_EVENT) {
			ended = true;
		} else if (event.type == YAML_DOCUMENT_START_EVENT && ++documents > 1) {
			problems_error_at(
				loader->problems, loader->file, (int)event.start_mark.line + 1,
				(int)event.start_mark.column + 1, "yaml",
				"a second document begins here: one file holds one document");
			result = -1;
		} else if (event.type != YAML_STREAM_START_EVENT &&
			   event.type != YAML_DOCUMENT_START_EVENT &&
			   event.type != YAML_DOCUMENT_END_EVENT) {
			root = node_new(loader, &event, NULL);
			result = parse_node(loader, &event, root, 1);
		}
		yaml_event_delete(&event);
	}
	if (result == 0)
		*ret_root = root;
	return result;
}

int tree_parse(const char *file, struct bytes text, struct arena *arena, struct problems *problems,
	       struct node **ret_root)
{
	struct loader loader = {
		.file = arena_printf(arena, "%s", file),
		.text = text,
		.arena = arena,
		.problems = problems,
	};
	int result;

	must(yaml_parser_initialize(&loader.parser) == 1);
	/* Whatever a byte order mark says: the limits and columns count UTF-8. */
	yaml_parser_set_encoding(&loader.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&loader.parser, text.data, text.len);
	result = parse_stream(&loader, ret_root);
	yaml_parser_delete(&loader.parser);
	return result;
}

static int unreadable(const char *file, struct problems *problems, const char *why)
{
	problems_error_at(problems, file, 0, 0, NULL, "cannot be read: %s", why);
	return -1;
}

/* The whole file in memory; the file may hold a secret, so the buffer is wiped by the caller. */
static int read_file(int fd, const char *file, struct problems *problems, char *buffer,
		     size_t *ret_len)
{
	const char *why;
	size_t len = 0;
	struct stat status;

	if (fstat(fd, &status) < 0)
		return unreadable(file, problems, strerror(errno));
	if (!S_ISREG(status.st_mode))
		return unreadable(file, problems, "it is not a regular file");
	why = trust_problem(file, &status);
	if (why)
		problems_error_at(problems, file, 0, 0, NULL, "%s", why);
	while (len <= TREE_FILE_BYTES_MAX) {
		ssize_t got = read(fd, buffer + len, TREE_FILE_BYTES_MAX + 1 - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return unreadable(file, problems, strerror(errno));
		if (got == 0)
			break;
		len += (size_t)got;
	}
	if (len > TREE_FILE_BYTES_MAX)
		return unreadable(file, problems, "it is larger than 1M, the limit");
	*ret_len = len;
	return 0;
}

int tree_load(const char *file, struct arena *arena, struct problems *problems,
	      struct node **ret_root)
{
	/* O_NONBLOCK: a FIFO by that name must not hang the start. */
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	CLEANUP(free) char *buffer = NULL;
	size_t len = 0;
	int result;

	if (fd < 0)
		return unreadable(file, problems, strerror(errno));
	buffer = malloc(TREE_FILE_BYTES_MAX + 1);
	must(buffer != NULL);
	result = read_file(fd, file, problems, buffer, &len);
	(void)close(fd); /* nothing was written */
	if (result == 0)
		result = tree_parse(file, bytes_of(buffer, len), arena, problems, ret_root);
	explicit_bzero(buffer, len);
	return result;
}

struct node *tree_find(const struct node *mapping, const char *key)
{
	must(mapping->kind == NODE_MAPPING);
	for (struct node *child = mapping->first; child; child = child->next)
		if (strcmp(child->key, key) == 0)
			return child;
	return NULL;
}

/* A copy with every byte that a terminal might act on replaced. */
static const char *printable(struct arena *arena, const char *text, size_t len)
{
	char *copy = arena_printf(arena, "%.*s", (int)len, text);

	for (char *c = copy; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = ' ';
	return copy;
}

const char *tree_path(const struct node *node, struct arena *arena)
{
	const char *path = "";

	for (; node->parent; node = node->parent) {
		const char *dot = *path && *path != '[' ? "." : "";

		if (node->key)
			path = arena_printf(arena, "%s%s%s",
					    printable(arena, node->key, strlen(node->key)), dot,
					    path);
		else
			path = arena_printf(arena, "[%zu]%s%s", node->index, dot, path);
	}
	return path;
}

const char *tree_describe(const struct node *node, struct arena *arena)
{
	size_t len = node->len;

	switch (node->kind) {
	case NODE_SEQUENCE:
		return "a list";
	case NODE_MAPPING:
		return "a mapping";
	case NODE_REFUSED:
		return "an alias";
	case NODE_SCALAR:
		break;
	}
	if (len == 0 && node->plain)
		return "nothing";
	if (len > SHOWN_BYTES_MAX) {
		len = SHOWN_BYTES_MAX;
		while (len > 0 && ((unsigned char)node->text[len] & 0xC0) == 0x80)
			len--; /* not in the middle of a character */
		return arena_printf(arena, "\"%s...\"", printable(arena, node->text, len));
	}
	return arena_printf(arena, "\"%s\"", printable(arena, node->text, len));
}
