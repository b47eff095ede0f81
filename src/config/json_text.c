/* json_text: see json_text.h. YAML 1.2, section 10.3.2 has the patterns. */
#include "config/json_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/must.h"

static bool is_one_of(const char *text, const char *const words[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return false;
}

#define IS_ONE_OF(text, ...)                                                                       \
	is_one_of(text, (const char *const[]){__VA_ARGS__},                                        \
		  sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static bool is_null(const char *text)
{
	return IS_ONE_OF(text, "", "~", "null", "Null", "NULL");
}

static bool is_true(const char *text)
{
	return IS_ONE_OF(text, "true", "True", "TRUE");
}

static bool is_bool(const char *text)
{
	return is_true(text) || IS_ONE_OF(text, "false", "False", "FALSE");
}

/* 0o17, 0x1F */
static bool is_based(const char *text)
{
	const char *digits;

	if (text[0] != '0' || (text[1] != 'o' && text[1] != 'x') || !text[2])
		return false;
	digits = text[1] == 'o' ? "01234567" : "0123456789abcdefABCDEF";
	return text[2 + strspn(text + 2, digits)] == '\0';
}

static bool is_inf_or_nan(const char *text)
{
	if (IS_ONE_OF(text, ".nan", ".NaN", ".NAN"))
		return true;
	text += *text == '-' || *text == '+';
	return IS_ONE_OF(text, ".inf", ".Inf", ".INF");
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? ; integers are among them. */
static bool is_decimal(const char *text)
{
	static const char digits[] = "0123456789";
	size_t before, after = 0;

	text += *text == '-' || *text == '+';
	before = strspn(text, digits);
	text += before;
	if (*text == '.') {
		after = strspn(text + 1, digits);
		if (before == 0 && after == 0)
			return false;
		text += 1 + after;
	}
	if (before == 0 && after == 0)
		return false;
	if (*text == 'e' || *text == 'E') {
		text++;
		text += *text == '-' || *text == '+';
		if (strspn(text, digits) == 0)
			return false;
		text += strspn(text, digits);
	}
	return *text == '\0';
}

enum json_kind json_text_kind(const struct node *node)
{
	if (node->kind != NODE_SCALAR)
		return JSON_OTHER;
	if (!node->plain || strlen(node->text) != node->len)
		return JSON_STRING;
	if (is_null(node->text))
		return JSON_NULL;
	if (is_bool(node->text))
		return JSON_BOOL;
	if (is_decimal(node->text) || is_based(node->text) || is_inf_or_nan(node->text))
		return JSON_NUMBER;
	return JSON_STRING;
}

static void write_string(FILE *out, const char *text, size_t len)
{
	fputc('"', out);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < 0x20)
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

/* The same number as JSON spells it: no plus sign, no leading zeros, digits on both sides of the
 * point. */
static void write_decimal(FILE *out, const char *text)
{
	size_t before;

	if (*text == '-')
		fputc('-', out);
	text += *text == '-' || *text == '+';
	text += strspn(text, "0");
	before = strspn(text, "0123456789");
	fprintf(out, "%s%.*s", before ? "" : "0", (int)before, text);
	text += before;
	if (*text == '.') {
		size_t after = strspn(text + 1, "0123456789");

		if (after > 0)
			fprintf(out, ".%.*s", (int)after, text + 1);
		text += 1 + after;
	}
	fputs(text, out); /* the exponent: JSON takes it as it is */
}

static int write_number(struct build *build, const struct node *node, FILE *out)
{
	const char *text = node->text;
	unsigned long long value;

	if (is_inf_or_nan(text)) {
		problems_error(build->problems, node, NULL,
			       "JSON has no %s; put quotes around it if a string is meant", text);
		return -1;
	}
	if (!is_based(text)) {
		write_decimal(out, text);
		return 0;
	}
	errno = 0;
	value = strtoull(text + 2, NULL, text[1] == 'o' ? 8 : 16);
	if (errno == ERANGE) {
		problems_error(build->problems, node, NULL, "%s does not fit in 64 bits", text);
		return -1;
	}
	fprintf(out, "%llu", value);
	return 0;
}

static int write_node(struct build *build, const struct node *node, FILE *out);

static int write_children(struct build *build, const struct node *node, FILE *out)
{
	bool is_list = node->kind == NODE_SEQUENCE;
	int result = 0;

	fputc(is_list ? '[' : '{', out);
	for (const struct node *child = node->first; child; child = child->next) {
		if (child != node->first)
			fputc(',', out);
		if (!is_list) {
			write_string(out, child->key, strlen(child->key));
			fputc(':', out);
		}
		if (write_node(build, child, out) < 0)
			result = -1;
	}
	fputc(is_list ? ']' : '}', out);
	return result;
}

/* As deep as the tree, which TREE_DEPTH_MAX bounds. */
static int write_node(struct build *build, const struct node *node, FILE *out)
{
	if (node->kind == NODE_REFUSED)
		return -1;
	switch (json_text_kind(node)) {
	case JSON_NULL:
		fputs("null", out);
		return 0;
	case JSON_BOOL:
		fputs(is_true(node->text) ? "true" : "false", out);
		return 0;
	case JSON_NUMBER:
		return write_number(build, node, out);
	case JSON_STRING:
		write_string(out, node->text, node->len);
		return 0;
	case JSON_OTHER:
		break;
	}
	return write_children(build, node, out);
}

int json_text_of(struct build *build, const struct node *node, struct bytes *ret)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int result;

	must(out != NULL);
	result = write_node(build, node, out);
	must(fclose(out) == 0);
	if (result == 0)
		*ret = bytes_of(arena_printf(build->arena, "%s", text), size);
	free(text);
	return result;
}
