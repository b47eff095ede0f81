/* sodium_version: see versions.h. */
#include <sodium.h>

#include "io/versions.h"

const char *sodium_version_text(void)
{
	return sodium_version_string();
}
