/*
 * contract_store: what port/store.h promises, as test cases that any store can be put through: the
 * real one and the simulation's, so that the fake cannot drift. A suite per store:
 *
 *   suite_add_tcase(suite, contract_store_tcase(&maker));
 *
 * One maker per program: Check's tests take no argument, so it is kept in a static.
 */
#ifndef ONCED_TESTS_CONTRACT_STORE_H
#define ONCED_TESTS_CONTRACT_STORE_H

#include <check.h>

#include "port/store.h"

struct contract_store {
	/* A fresh, empty environment (one pipeline's); the world is the maker's own. */
	void *(*begin)(void);
	/* A worker's handle; several are open at once. Closed by the test through its close. */
	struct store *(*open)(void *world);
	/* The process ends and comes back: all handles are closed, what was checkpointed stays. */
	void (*restart)(void *world);
	void (*end)(void *world);
};

TCase *contract_store_tcase(const struct contract_store *maker);

#endif
