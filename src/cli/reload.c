/* onced reload: lets the daemon read its files anew, and waits until that is done or refused. */
#include <getopt.h>
#include <stdio.h>

#include "base/err.h"
#include "cli/cli.h"
#include "cli/daemon.h"

static const char usage[] =
	"onced reload [-c FILE]\n"
	"\n"
	"Lets the daemon read all its files anew, check them and run their `tests:`, and\n"
	"only then go on by them; unchanged pipelines do not notice. Returns when that is\n"
	"done, with a line for each pipeline, or refused, with the reason on stderr: then the\n"
	"old definitions go on.\n"
	"\n"
	"  -c FILE   the main file of the daemon, to find it by its state_dir; default\n"
	"            /etc/onced/onced.yaml. The daemon reads the files that it was\n"
	"            started with.\n"
	"\n"
	"Exit: 0 done; 1 a test of a pipeline does not pass; 78 the configuration is wrong\n"
	"or holds a change that needs a restart; 69 no daemon answers; 77 it may not be asked.\n"
	"A pipeline that the reload started and that stopped at once: its code (65, 73, 76,\n"
	"77, 78), with the reload done.\n";

int cli_reload(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	const char *file = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			file = optarg;
			break;
		case 'h':
			(void)fputs(usage, stdout);
			return 0;
		default:
			(void)fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (optind < argc) {
		(void)fputs(usage, stderr);
		return EXIT_USAGE;
	}
	return daemon_ask(file, "reload");
}
