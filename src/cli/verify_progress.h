/*
 * verify_progress: one line on a terminal that says how far it is, how fast, and how long it will
 * take. Thread: main.
 */
#ifndef ONCED_CLI_VERIFY_PROGRESS_H
#define ONCED_CLI_VERIFY_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct verify_progress {
	bool shown; /* on stderr */
	const char *what;
	uint64_t total, done; /* records; the total counts transaction markers too */
	int64_t began_ms, said_ms;
};

void verify_progress_begin(struct verify_progress *progress, const char *what, uint64_t total);
void verify_progress_step(struct verify_progress *progress); /* one more; cheap */
void verify_progress_end(struct verify_progress *progress);  /* the line is gone */

/* The line: pure. */
void verify_progress_text(const struct verify_progress *progress, int64_t elapsed_ms, char *text,
			  size_t size);

#endif
