/* lmdb_version: see versions.h. */
#include <lmdb.h>
#include <stddef.h>

#include "io/versions.h"

const char *lmdb_version_text(void)
{
	return mdb_version(NULL, NULL, NULL);
}
