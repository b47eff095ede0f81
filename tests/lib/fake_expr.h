/*
 * fake_expr: an expression engine with a language of its own, small enough to see what was asked of
 * it and when. Its values are strings or null. Expressions: "." the value; "=x" the string x;
 * "null"; "key" the key; "hdr" the last header's value; "many" the value's bytes one by one;
 * "none"; "fail" a DATA error; "stop" a STOP; "?x" true if the value is x, else false; "+x" the
 * value with x behind it. The value "bad" does not parse, and "long" is too long to be written;
 * JSON text is <x>.
 */
#ifndef ONCED_TESTS_LIB_FAKE_EXPR_H
#define ONCED_TESTS_LIB_FAKE_EXPR_H

#include "port/expr.h"

struct fake_expr_stats {
	int parsed;               /* calls of parse */
	int live;                 /* values not given back */
	const char *refused_text; /* does not compile */
};

extern struct expr_engine fake_expr;
extern struct fake_expr_stats fake_expr_stats;

void fake_expr_reset(void);

#endif
