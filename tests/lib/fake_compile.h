/*
 * fake_compile: an expression engine that only compiles, and takes every text but one that holds
 * the word BROKEN: what the configuration needs of an engine, without libjq.
 */
#ifndef ONCED_TESTS_FAKE_COMPILE_H
#define ONCED_TESTS_FAKE_COMPILE_H

#include "port/expr.h"

struct expr_engine *fake_compile_engine(void); /* static; never closed */

#endif
