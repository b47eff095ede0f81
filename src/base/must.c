/* must: see must.h. */
#include "base/must.h"

#include <stdio.h>
#include <stdlib.h>

void must_fail(const char *expr, const char *file, int line, const char *func)
{
	fprintf(stderr, "onced: broken invariant: %s (%s:%d, %s)\n", expr, file, line, func);
	abort();
}
