/*
 * expr_number: is a decimal number's value kept by the engine? libjq 1.6 holds doubles and prints
 * the shortest text that reads back as the same double; a number is kept if that text has the same
 * decimal value as the input's. The spelling may change (1.0 -> 1), the value may not.
 */
#ifndef ONCED_IO_EXPR_NUMBER_H
#define ONCED_IO_EXPR_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

/* text: a JSON number (well-formed, len bytes); value: the double it was read as. */
bool expr_number_is_kept(const char *text, size_t len, double value);

/* Is each number in a text that is meant to be JSON (NUL behind its len bytes) kept by the double
 * that it is read as? What is no number is not looked at. */
bool expr_number_all_kept(const char *text, size_t len);

/* Have two JSON numbers the same decimal value? */
bool expr_number_same(const char *a, size_t a_len, const char *b, size_t b_len);

#endif
