/* daemon: see daemon.h. */
#include "cli/daemon.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "config/config.h"
#include "run/control.h"

int daemon_ask(const char *file, const char *request)
{
	struct config_errors errors;
	CLEANUP(free) char *dir = config_state_dir(file, &errors);
	CLEANUP(free) char *text = NULL;
	struct err err;
	int code;

	if (control_ask(dir, request, &code, &text, &err) < 0) {
		/* The daemon is perhaps elsewhere: where, only the file could tell. */
		for (size_t i = 0; i < errors.count; i++)
			(void)fprintf(stderr, "%s\n", errors.lines[i]);
		(void)fprintf(stderr, "onced: %s\n", err.msg);
		code = errors.count > 0 ? EXIT_CONFIG : err.code;
	} else {
		(void)fputs(text, code == 0 ? stdout : stderr);
	}
	config_errors_free(&errors);
	return code;
}
