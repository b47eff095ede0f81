/* protect: see protect.h. */
#include "run/protect.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/must.h"
#include "run/log.h"

void protect_process(void)
{
	const struct rlimit none = {0, 0};

	(void)umask(077);
	must(setrlimit(RLIMIT_CORE, &none) == 0); /* to lower a limit needs no right */
	must(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	must(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0);
}

void protect_report(void)
{
	if (geteuid() == 0)
		log_event(LOG_LEVEL_WARNING, "root", NULL,
			  "running as root, of which onced needs nothing: give it a user of its "
			  "own");
}
