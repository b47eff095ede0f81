/*
 * expr_lex: see expr_lex.h. The tokens are those of jq 1.6's lexer: where this one took a token to
 * be something else, a denied builtin could slip through.
 */
#include "io/expr_lex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "io/expr_names.h"
#include "io/expr_number.h"

#define DEPTH_MAX 512   /* open brackets and strings */
#define DEFINED_MAX 256 /* names defined by the expression itself */

const char *const expr_lex_var_names[EXPR_VARS] = {"key",       "headers", "topic",
						   "partition", "offset",  "timestamp"};

/* What an open bracket is; IN_STRING is the text of a string, IN_INTERPOLATION its \( ... ). */
enum place {
	IN_PAREN = '(',
	IN_BRACKET = '[',
	IN_BRACE = '{',
	IN_INTERPOLATION = 'i',
	IN_STRING = '"'
};

struct name {
	const char *text;
	size_t len;
};

struct lexer {
	const char *text;
	const char *p;
	char open[DEPTH_MAX]; /* enum place */
	size_t depth;
	struct name defined[DEFINED_MAX];
	size_t defined_count;
	bool collecting; /* first pass: find what is defined; second pass: check the names */
	bool key_next;   /* in {}: an object's key comes next */
	int def; /* 0; 1: the name after `def`; 2: then its parameters or `:`; 3: inside of them */
	char last; /* last character outside of strings, blanks and comments */
	struct expr_lex found;
	struct err *err;
};

static int fail(struct lexer *lexer, const char *at, const char *what, struct name name,
		const char *why)
{
	int line = 1;

	for (const char *p = lexer->text; p < at; p++)
		line += *p == '\n';
	return err_set(lexer->err, ERR_STOP, EXIT_CONFIG, "line %d: %s%.*s%s%s", line, what,
		       (int)(name.len < 64 ? name.len : 64), name.text, *why ? ": " : "", why);
}

#define NO_NAME ((struct name){"", 0})

static bool name_is(struct name name, const char *text)
{
	return name.len == strlen(text) && memcmp(name.text, text, name.len) == 0;
}

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
	return is_alpha(c) || is_digit(c);
}

/* [a-zA-Z_][a-zA-Z_0-9]* at p. */
static struct name name_at(const char *p)
{
	struct name name = {p, 0};

	while (is_alnum(p[name.len]))
		name.len++;
	return name;
}

static const char *skip_blank(const char *p)
{
	for (;;) {
		if (*p == ' ' || *p == '\n' || *p == '\t')
			p++;
		else if (*p == '#')
			p += strcspn(p, "\r\n");
		else
			return p;
	}
}

static bool is_keyword(struct name name)
{
	static const char *const keywords[] = {"as",      "def",  "if",    "then",  "else",
					       "elif",    "and",  "or",    "end",   "reduce",
					       "foreach", "try",  "catch", "label", "break",
					       "__loc__", "true", "false", "null"};

	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		if (name_is(name, keywords[i]))
			return true;
	return false;
}

static bool is_defined(const struct lexer *lexer, struct name name)
{
	for (size_t i = 0; i < lexer->defined_count; i++)
		if (lexer->defined[i].len == name.len &&
		    memcmp(lexer->defined[i].text, name.text, name.len) == 0)
			return true;
	return false;
}

/* A function or a parameter of one. Scopes are not followed: a name that is defined anywhere counts
 * as defined everywhere. That is safe, as the name of a denied builtin cannot be defined at all,
 * and an unknown one is libjq's to refuse. */
static int define(struct lexer *lexer, struct name name)
{
	const struct expr_name *builtin = expr_names_find(name.text, name.len);

	if (!lexer->collecting)
		return 0;
	if (name.text[0] == '_' || (builtin && builtin->why_not))
		return fail(lexer, name.text, "cannot define ", name,
			    "the name is taken, choose another");
	if (lexer->defined_count == DEFINED_MAX)
		return fail(lexer, name.text, "too many functions and parameters", NO_NAME, "");
	lexer->defined[lexer->defined_count++] = name;
	return 0;
}

static unsigned use_of(struct name name)
{
	static const struct {
		const char *name;
		unsigned use;
	} uses[] = {
		{"strftime", EXPR_USE_DATE},      {"todate", EXPR_USE_DATE},
		{"todateiso8601", EXPR_USE_DATE}, {"mktime", EXPR_USE_DATE},
		{"error", EXPR_USE_ERROR},        {"implode", EXPR_USE_IMPLODE},
		{"indices", EXPR_USE_INDEX},      {"index", EXPR_USE_INDEX},
		{"rindex", EXPR_USE_INDEX},       {"match", EXPR_USE_REGEX},
		{"capture", EXPR_USE_REGEX},      {"scan", EXPR_USE_REGEX},
		{"split", EXPR_USE_REGEX},        {"splits", EXPR_USE_REGEX},
		{"sub", EXPR_USE_REGEX},          {"gsub", EXPR_USE_REGEX},
	};

	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++)
		if (name_is(name, uses[i].name))
			return uses[i].use;
	return 0;
}

static int check_call(struct lexer *lexer, struct name name)
{
	const struct expr_name *builtin = expr_names_find(name.text, name.len);
	const char *like;
	char hint[80];

	if (lexer->collecting)
		return 0;
	if (is_defined(lexer, name) || (builtin && !builtin->why_not)) {
		lexer->found.uses |= use_of(name);
		return 0;
	}
	if (builtin)
		return fail(lexer, name.text, "cannot use ", name, builtin->why_not);
	like = expr_names_like(name.text, name.len);
	if (!like)
		return fail(lexer, name.text, "unknown function ", name, "");
	(void)snprintf(hint, sizeof(hint), "did you mean %s?", like);
	return fail(lexer, name.text, "unknown function ", name, hint);
}

static int identifier(struct lexer *lexer)
{
	struct name name = name_at(lexer->p);
	const char *after;
	bool is_key = lexer->key_next;

	lexer->p += name.len;
	lexer->key_next = false;
	after = skip_blank(lexer->p);
	if (lexer->p[0] == ':' && lexer->p[1] == ':')
		return fail(lexer, name.text, "cannot use ", name, "there are no modules");
	if (is_key && (*after == ':' || *after == ',' || *after == '}'))
		return 0;
	if (name_is(name, "import") || name_is(name, "include") || name_is(name, "module"))
		return fail(lexer, name.text, "cannot use ", name, "there are no modules");
	if (lexer->def == 1) {
		lexer->def = 2;
		return define(lexer, name);
	}
	if (lexer->def == 3)
		return define(lexer, name);
	if (name_is(name, "def")) {
		lexer->def = 1;
		return 0;
	}
	if (is_keyword(name))
		return 0;
	return check_call(lexer, name);
}

/* $name, $__loc__; jq lets blanks and comments stand between. */
static int variable(struct lexer *lexer)
{
	const char *start = skip_blank(lexer->p + 1);
	struct name name = name_at(start);

	lexer->key_next = false;
	if (name.len == 0 || !is_alpha(*start)) {
		lexer->p++;
		return 0; /* libjq has a word for it */
	}
	lexer->p = start + name.len;
	if (lexer->p[0] == ':' && lexer->p[1] == ':')
		return fail(lexer, name.text, "cannot use $", name, "there are no modules");
	if (name_is(name, "ENV"))
		return fail(lexer, name.text, "cannot use $", name,
			    "the environment is not part of the record");
	if (name.text[0] == '_' && name.text[1] == '_' && !name_is(name, "__loc__"))
		return fail(lexer, name.text, "cannot use $", name, "the name is taken");
	if (lexer->def == 3)
		return define(lexer, name); /* def f($x): also defines x */
	for (unsigned i = 0; i < EXPR_VARS; i++)
		if (name_is(name, expr_lex_var_names[i]))
			lexer->found.vars |= 1u << i;
	return 0;
}

/* [0-9.]+([eE][+-]?[0-9]+)?, which may be `.` and `..` as well. */
static int number(struct lexer *lexer)
{
	const char *start = lexer->p;
	size_t digits = 0, points = 0;
	struct name name;

	for (; is_digit(*lexer->p) || *lexer->p == '.'; lexer->p++) {
		digits += *lexer->p != '.';
		points += *lexer->p == '.';
	}
	if (digits + points > 0 && (*lexer->p == 'e' || *lexer->p == 'E')) {
		const char *p = lexer->p + 1;

		if (*p == '+' || *p == '-')
			p++;
		if (is_digit(*p)) {
			while (is_digit(*p))
				p++;
			lexer->p = p;
		}
	}
	lexer->key_next = false;
	name = (struct name){start, (size_t)(lexer->p - start)};
	if (digits == 0 && name.len == points && points <= 2)
		return 0; /* `.` and `..` */
	if (digits == 0 || points > 1)
		return fail(lexer, start, "not a number: ", name, "");
	if (!expr_number_is_kept(name.text, name.len, strtod(name.text, NULL)))
		return fail(lexer, start, "cannot hold the number ", name,
			    "its value would change, as jq's numbers are doubles");
	return 0;
}

static int open_place(struct lexer *lexer, enum place place)
{
	if (lexer->depth == DEPTH_MAX)
		return fail(lexer, lexer->p, "nested too deeply", NO_NAME, "");
	lexer->open[lexer->depth++] = (char)place;
	lexer->key_next = place == IN_BRACE;
	return 0;
}

/* Brackets must match: the expression is put in parentheses later and must not get out of them. */
static int close_place(struct lexer *lexer, enum place place)
{
	char top = lexer->depth ? lexer->open[lexer->depth - 1] : 0;

	if (place == IN_PAREN && top == IN_INTERPOLATION)
		place = IN_INTERPOLATION;
	if (top != (char)place)
		return fail(lexer, lexer->p, "brackets do not match", NO_NAME, "");
	lexer->depth--;
	lexer->key_next = false;
	return 0;
}

/* Inside of a string's text: up to its end or to an interpolation. */
static int string_text(struct lexer *lexer)
{
	const char *p = lexer->p + strcspn(lexer->p, "\\\"");

	lexer->p = p;
	if (*p == '\0')
		return fail(lexer, p, "a string does not end", NO_NAME, "");
	if (*p == '"') {
		lexer->p++;
		lexer->depth--;
		lexer->last = '"';
		return 0;
	}
	if (p[1] == '\0')
		return fail(lexer, p, "a string does not end", NO_NAME, "");
	lexer->p += 2;
	return p[1] == '(' ? open_place(lexer, IN_INTERPOLATION) : 0;
}

static int format_name(struct lexer *lexer)
{
	struct name name = name_at(lexer->p + 1);

	lexer->p += 1 + name.len;
	lexer->key_next = false;
	if (!expr_names_is_format(name.text, name.len))
		return fail(lexer, name.text, "unknown format @", name,
			    "there are @text @json @html @uri @csv @tsv @sh @base64 @base64d");
	return 0;
}

/* The state of a `def` while its name and parameters are read. */
static void def_punctuation(struct lexer *lexer, char c)
{
	if (lexer->def == 2)
		lexer->def = c == '(' ? 3 : 0;
	else if (lexer->def == 3 && c == ')')
		lexer->def = 0;
	else if (lexer->def == 1)
		lexer->def = 0; /* not a name: libjq has a word for it */
}

static int punctuation(struct lexer *lexer)
{
	char c = *lexer->p;
	bool in_brace = lexer->depth && lexer->open[lexer->depth - 1] == IN_BRACE;
	int result = 0;

	def_punctuation(lexer, c);
	if (c == '(' || c == '[' || c == '{')
		result = open_place(lexer, (enum place)c);
	else if (c == ')')
		result = close_place(lexer, IN_PAREN);
	else if (c == ']')
		result = close_place(lexer, IN_BRACKET);
	else if (c == '}')
		result = close_place(lexer, IN_BRACE);
	else if (c == '"')
		result = open_place(lexer, IN_STRING);
	else
		lexer->key_next = c == ',' && in_brace;
	if (c == '"')
		lexer->key_next = false;
	if (c == '%')
		lexer->found.uses |= EXPR_USE_MODULO;
	lexer->last = c;
	lexer->p++;
	return result;
}

static int token(struct lexer *lexer)
{
	const char *p = lexer->p;

	if (lexer->depth && lexer->open[lexer->depth - 1] == IN_STRING)
		return string_text(lexer);
	lexer->p = skip_blank(p);
	if (lexer->p != p)
		return 0;
	if (*p == '.' && is_alpha(p[1])) { /* a field: not a name that is called */
		lexer->p += 1 + name_at(p + 1).len;
		lexer->key_next = false;
		lexer->last = 'a';
		return 0;
	}
	if (is_alpha(*p) || is_digit(*p) || *p == '.' || *p == '$' || *p == '@')
		lexer->last = *p;
	if (is_alpha(*p))
		return identifier(lexer);
	if (is_digit(*p) || *p == '.')
		return number(lexer);
	if (*p == '$')
		return variable(lexer);
	if (*p == '@')
		return format_name(lexer);
	return punctuation(lexer);
}

static int pass(struct lexer *lexer, bool collecting)
{
	lexer->p = lexer->text;
	lexer->depth = 0;
	lexer->key_next = false;
	lexer->def = 0;
	lexer->last = 0;
	lexer->collecting = collecting;
	while (*lexer->p)
		if (token(lexer))
			return -1;
	if (lexer->depth)
		return fail(lexer, lexer->p, "a bracket or a string does not end", NO_NAME, "");
	if (!lexer->last)
		return fail(lexer, lexer->p, "the expression is empty", NO_NAME, "");
	if (lexer->last == ';')
		return fail(lexer, lexer->p, "definitions without an expression behind them",
			    NO_NAME, "");
	return 0;
}

int expr_lex_check(const char *text, struct expr_lex *ret, struct err *err)
{
	struct lexer lexer = {.text = text, .err = err};
	size_t len = strlen(text);

	if (len > EXPR_TEXT_BYTES_MAX)
		return err_set(err, ERR_STOP, EXIT_CONFIG, "longer than %d bytes",
			       EXPR_TEXT_BYTES_MAX);
	if (!bytes_is_utf8(bytes_of(text, len)))
		return err_set(err, ERR_STOP, EXIT_CONFIG, "not UTF-8");
	if (pass(&lexer, true) || pass(&lexer, false))
		return -1;
	*ret = lexer.found;
	return 0;
}
