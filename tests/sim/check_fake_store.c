/*
 * Goal: the simulation's store keeps the promises of port/store.h, like the real one, and is no
 * kinder. Method: the contract that the LMDB store goes through too (tests/unit/check_store.c).
 */
#include <check.h>
#include <stdlib.h>

#include "lib/contract_store.h"
#include "lib/fake_store.h"
#include "lib/suite.h"

static void *begin(void)
{
	return fake_disk_new();
}

static struct store *open_handle(void *world)
{
	return fake_store_new(world, NULL, 1, 0);
}

static void restart(void *world)
{
	(void)world; /* a disk is all that there is */
}

static void end(void *world)
{
	fake_disk_free(world);
}

int main(void)
{
	static const struct contract_store maker = {begin, open_handle, restart, end};

	return suite_run("fake_store", contract_store_tcase(&maker));
}
