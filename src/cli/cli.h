/*
 * cli: the subcommands, one file each (offsets and verify have more). argv[0] is the subcommand's
 * name; each returns the exit code. Thread: main. They print to stdout what was asked for and to
 * stderr why it could not be done.
 */
#ifndef ONCED_CLI_CLI_H
#define ONCED_CLI_CLI_H

int cli_run(int argc, char **argv);
int cli_check(int argc, char **argv);
int cli_test(int argc, char **argv);
int cli_reload(int argc, char **argv);
int cli_verify(int argc, char **argv);
int cli_offsets(int argc, char **argv);
int cli_version(int argc, char **argv);

#endif
