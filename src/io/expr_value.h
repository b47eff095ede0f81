/*
 * expr_value: JSON text to libjq's values and back. Text is written here and not by libjq, which
 * would print nan as null, infinity as a number, and "<skipped: too deep>" below 256 levels; all
 * three are errors here. Numbers and escapes are as libjq prints them.
 *
 * Thread: the engine's. Blocks: no.
 */
#ifndef ONCED_IO_EXPR_VALUE_H
#define ONCED_IO_EXPR_VALUE_H

#include <jv.h>

#include "base/bytes.h"
#include "base/err.h"
#include "io/json_check.h"

/* A buffer that grows up to a limit. */
struct expr_text {
	char *data; /* owned */
	size_t len;
	size_t size;
	size_t bytes_max;
};

void expr_text_fini(struct expr_text *text);

/* Strict JSON to a value the caller owns. DATA, as json_check_read. */
int expr_value_parse(struct json_checker *checker, struct bytes bytes, jv *ret,
		     struct err *err) CHECKED;

enum expr_form {
	EXPR_FORM_TEXT,      /* compact, keys in libjq's order */
	EXPR_FORM_CANONICAL, /* compact, keys sorted by bytes, -0 is 0 */
};

/* Writes the value (borrowed) over the text's content. DATA: a number that JSON has no form for,
 * nested too deeply, longer than the text's limit. */
int expr_value_write(jv value, enum expr_form form, struct expr_text *text,
		     struct err *err) CHECKED;

#endif
