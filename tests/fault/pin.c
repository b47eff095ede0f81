/*
 * pin DIR: looks into onced's state, as a curious tool would, and stays: its read transaction pins
 * the pages of that moment. Prints "pinned" and waits to be killed.
 */
#include <lmdb.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	MDB_env *env;
	MDB_txn *txn;
	int rc = argc == 2 ? mdb_env_create(&env) : 22;

	if (!rc)
		rc = mdb_env_open(env, argv[1], MDB_RDONLY, 0600);
	if (!rc)
		rc = mdb_txn_begin(env, NULL, MDB_RDONLY, &txn);
	if (rc) {
		fprintf(stderr, "pin: %s\n", mdb_strerror(rc));
		return 1;
	}
	printf("pinned at %zu\n", mdb_txn_id(txn));
	fflush(stdout);
	for (;;)
		pause();
}
