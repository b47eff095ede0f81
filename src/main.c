/* onced: the subcommand table, nothing else. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "cli/cli.h"

static const struct subcommand {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} subcommands[] = {
	{"run", cli_run, "[-c FILE] [PIPELINE.yaml ...]    move records until a signal comes"},
	{"check", cli_check,
	 "[-c FILE] [--online] [PIPELINE.yaml ...]  is the configuration right?"},
	{"test", cli_test,
	 "[-c FILE] [PIPELINE.yaml ...]    run the pipelines' own tests, no broker"},
	{"reload", cli_reload,
	 "[-c FILE]                         let the daemon read its files anew"},
	{"verify", cli_verify, "[-c FILE] [--json] PIPELINE      compare outputs with the input"},
	{"offsets", cli_offsets,
	 "show | accept | reset PIPELINE ...   where each partition stands"},
	{"version", cli_version, "                                 of onced and its libraries"},
};

#define SUBCOMMAND_COUNT (sizeof(subcommands) / sizeof(subcommands[0]))

static void help(FILE *to)
{
	(void)fputs("onced moves records from Kafka to Kafka exactly once.\n\n", to);
	for (size_t i = 0; i < SUBCOMMAND_COUNT; i++)
		(void)fprintf(to, "  onced %-8s %s\n", subcommands[i].name, subcommands[i].help);
	(void)fputs("\nEach takes --help.\n", to);
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
		help(stdout);
		return 0;
	}
	if (strcmp(name, "--version") == 0)
		name = "version";
	for (size_t i = 0; i < SUBCOMMAND_COUNT; i++)
		if (strcmp(name, subcommands[i].name) == 0)
			return subcommands[i].run(argc - 1, argv + 1);
	if (*name)
		(void)fprintf(stderr, "onced: there is no command '%s'\n\n", name);
	help(stderr);
	return EXIT_USAGE;
}
