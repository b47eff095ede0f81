/*
 * tiny_map: LMDB with a map as small as $MAP_BYTES says, for a program that is started with
 * LD_PRELOAD=tiny_map.so: a state that is full while the disk is not.
 */
#include <dlfcn.h>
#include <lmdb.h>
#include <stdlib.h>

int mdb_env_set_mapsize(MDB_env *env, size_t size)
{
	int (*next)(MDB_env *, size_t) =
		(int (*)(MDB_env *, size_t))dlsym(RTLD_NEXT, "mdb_env_set_mapsize");
	const char *bytes = getenv("MAP_BYTES");

	return next(env, bytes ? strtoull(bytes, NULL, 10) : size);
}
