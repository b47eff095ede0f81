/* A placeholder that proves the build; the subcommand table takes its place. */
#include <stdio.h>
#include <string.h>

#include "base/must.h"

int main(int argc, char **argv)
{
	must(argc > 0);
	if (argc == 2 && strcmp(argv[1], "version") == 0)
		return printf("onced %s\n", ONCED_VERSION) < 0;
	return 64;
}
