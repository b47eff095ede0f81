/* build_main: the main file; see build.h. */
#include "config/build.h"

#include <pwd.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/must.h"
#include "config/units.h"

/* The index of "error" in the option's words is 0, syslog's number for it is 3. */
#define LOG_LEVEL_FIRST 3

static const char *host_instance(struct arena *arena)
{
	char host[256] = "";
	char name[NAME_MAX_BYTES + 1];

	/* A host without a name (which has not been seen) becomes "onced". */
	if (gethostname(host, sizeof(host) - 1) < 0)
		host[0] = '\0';
	units_name_of_host(host, name, sizeof(name));
	return arena_printf(arena, "%s", name);
}

const char *build_state_dir(bool user, const char *xdg_state_home, const char *home,
			    struct arena *arena)
{
	if (!user)
		return "/var/lib/onced";
	/* XDG Base Directory Specification: a relative path there is to be ignored. */
	if (xdg_state_home && *xdg_state_home == '/')
		return arena_printf(arena, "%s/onced", xdg_state_home);
	if (home && *home == '/')
		return arena_printf(arena, "%s/.local/state/onced", home);
	return NULL;
}

static const char *default_state_dir(struct build *build, const char *file)
{
	/* A service has no pipeline files on its command line: its place is fixed. */
	bool user = geteuid() != 0 && build->request->pipeline_count > 0;
	const char *home = getenv("HOME");
	const struct passwd *entry;
	const char *directory;

	if (user && !home) {
		entry = getpwuid(geteuid());
		home = entry ? entry->pw_dir : NULL;
	}
	directory = build_state_dir(user, getenv("XDG_STATE_HOME"), home, build->arena);
	if (!directory) {
		problems_error_at(
			build->problems, file ? file : "onced", 0, 0, "state_dir",
			"there is no home directory to keep it in: set state_dir in the main file "
			"(-c FILE)");
		return "";
	}
	section_record(build, "state_dir", directory, NULL);
	return directory;
}

void build_main(struct build *build, const struct node *node, const char *file,
		struct config *config, const char **ret_glob)
{
	struct section root = section_root(build, OPTION_MAIN, node, file);

	config->file = file ? arena_printf(build->arena, "%s", file) : NULL;
	config->instance = section_text(&root, "instance");
	if (!config->instance) {
		config->instance = host_instance(build->arena);
		section_record(build, "instance", config->instance, NULL);
	}
	config->state_dir = section_text(&root, "state_dir");
	if (!config->state_dir)
		config->state_dir = default_state_dir(build, file);
	*ret_glob = section_text(&root, "pipelines");
	if (!*ret_glob)
		*ret_glob = "";
	config->memory_bytes = section_number(&root, "memory");
	config->log_level = LOG_LEVEL_FIRST + section_word(&root, "log_level");
	build_kafka(build, section_node(&root, "kafka"), config);
}
