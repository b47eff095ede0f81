/*
 * daemon: how a command talks to the daemon that runs: by the control socket in the state directory
 * of its main file.
 *
 * Thread: main. Blocks: until the daemon has answered or is gone.
 */
#ifndef ONCED_CLI_DAEMON_H
#define ONCED_CLI_DAEMON_H

/* file: the main file, NULL = the default. Prints the answer, to stderr if it is no success, and
 * returns its exit code; 69 nobody answers, 77 it may not be asked. */
int daemon_ask(const char *file, const char *request);

#endif
