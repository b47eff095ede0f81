/*
 * expr_lex: reads an expression's tokens as jq 1.6's lexer does and finds the names in it, so that
 * only allowed builtins are used. It knows no grammar: what it lets pass, libjq still has to
 * compile.
 */
#ifndef ONCED_IO_EXPR_LEX_H
#define ONCED_IO_EXPR_LEX_H

#include <stdbool.h>

#include "base/err.h"

/* libjq's bytecode counts in 16 bits; a text of this size stays well inside. */
#define EXPR_TEXT_BYTES_MAX 32768

enum expr_var {
	EXPR_VAR_KEY,
	EXPR_VAR_HEADERS,
	EXPR_VAR_TOPIC,
	EXPR_VAR_PARTITION,
	EXPR_VAR_OFFSET,
	EXPR_VAR_TIMESTAMP,
	EXPR_VARS,
};

/* "key", "headers", ... */
extern const char *const expr_lex_var_names[EXPR_VARS];

/* Groups of builtins that need a checked definition in front (expr_prelude.h). */
enum expr_use {
	EXPR_USE_MODULO = 1 << 0,
	EXPR_USE_DATE = 1 << 1,
	EXPR_USE_IMPLODE = 1 << 2,
	EXPR_USE_INDEX = 1 << 3,
	EXPR_USE_REGEX = 1 << 4,
	EXPR_USE_ERROR = 1 << 5,
};

struct expr_lex {
	unsigned vars; /* bit n: enum expr_var n is named */
	unsigned uses; /* enum expr_use */
};

/* Checks the text (NUL-terminated). STOP with EXIT_CONFIG: the message says which name, why, and
 * what may have been meant. *ret is filled on success. Nothing allocates. */
int expr_lex_check(const char *text, struct expr_lex *ret, struct err *err) CHECKED;

#endif
