/*
 * control: the daemon's ear for `onced reload` and its like: a Unix socket in the state directory,
 * `<state_dir>/control.sock`, mode 0600, one line of request and one answer a connection:
 *
 *   client: "reload\n"        daemon: "78\npayments.yaml:3:1: ...\n", then it closes
 *
 * The first line of the answer is the exit code, the rest is for people. Only this user and root
 * are heard. Everything is bounded (CONTROL_*), nothing ever waits for a client: what does not fit
 * or takes too long is cut off. A request is answered when the daemon pleases; many may wait.
 *
 * The state directory is flock'ed as long as the socket is open, so that a socket that is found
 * there is a dead daemon's and may be replaced.
 *
 * Thread: main. Blocks: no.
 */
#ifndef ONCED_RUN_CONTROL_H
#define ONCED_RUN_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define CONTROL_NAME "control.sock"
#define CONTROL_CLIENTS_MAX 8
#define CONTROL_REQUEST_MAX 64   /* with its line break */
#define CONTROL_ANSWER_MAX 65536 /* what is longer is cut */
#define CONTROL_PATIENCE_MS 5000 /* for a request to come, for an answer to be taken */

struct control; /* opaque */

/* STOP (73): another daemon listens there, or the directory does not take a socket. */
int control_open(const char *dir, struct control **ret, struct err *err) CHECKED;
void control_close(struct control *control); /* NULL is fine; removes the socket */

/* Every tick: takes connections, reads, writes. */
void control_tick(struct control *control, int64_t now_ms);

/* The next request that nobody has seen: its line, and the number to answer it by. */
bool control_next(struct control *control, uint64_t *ret_client, char request[CONTROL_REQUEST_MAX]);

/* A client that has gone away is no error. */
void control_answer(struct control *control, uint64_t client, int code, const char *text);

/* ---- the other end, for the commands (control_client.c) ---- */

/* Sends one request and waits for the answer. Returns 0 with the daemon's exit code and text
 * (free); -1: 69 nobody listens there or it went away, 77 it may not be asked. */
int control_ask(const char *dir, const char *request, int *ret_code, char **ret_text,
		struct err *err) CHECKED;

/* The path to dir/control.sock that fits into a socket address whatever dir's length, by way of a
 * descriptor of the directory. */
#define CONTROL_PATH_MAX 64
void control_path(int dir_fd, char path[CONTROL_PATH_MAX]);

#endif
