/* onced version: its own and that of the libraries it runs with. */
#include <gnu/libc-version.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "cli/cli.h"
#include "io/versions.h"

int cli_version(int argc, char **argv)
{
	if (argc > 1) {
		bool help = strcmp(argv[1], "--help") == 0;

		(void)fputs("onced version: prints the versions of onced and its libraries\n",
			help ? stdout : stderr);
		return help ? 0 : EXIT_USAGE;
	}
	(void)printf("onced %s\n", ONCED_VERSION);
	(void)printf("librdkafka %s\n", kafka_version_text());
	(void)printf("lmdb %s\n", lmdb_version_text());
	(void)printf("libsodium %s\n", sodium_version_text());
	(void)printf("glibc %s\n", gnu_get_libc_version());
	return fflush(stdout) == 0 ? 0 : EXIT_INTERNAL;
}
