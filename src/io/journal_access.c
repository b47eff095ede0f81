/* journal_access: see journal_access.h. */
#include "io/journal_access.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

#include "base/must.h"

/* sd-journal leaves out what may not be read, and would look like an empty journal. */
int journal_access_check(struct err *err)
{
	static const char *const folders[] = {"/run/log/journal", "/var/log/journal"};
	char id[SD_ID128_STRING_MAX];
	sd_id128_t machine;
	int res = sd_id128_get_machine(&machine);
	bool found = false;

	if (res < 0)
		return err_set(err, ERR_STOP, EXIT_PERMISSION,
			       "journal: this machine's id cannot be read: %s", strerror(-res));
	(void)sd_id128_to_string(machine, id);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		char path[128];

		must(snprintf(path, sizeof(path), "%s/%s/system.journal", folders[i], id) <
		     (int)sizeof(path));
		if (access(path, R_OK) == 0)
			found = true;
		else if (errno == EACCES)
			return err_set(err, ERR_STOP, EXIT_PERMISSION,
				       "journal: %s may not be read: onced's user must be in the "
				       "group systemd-journal (a unit: `%s`)",
				       path, "SupplementaryGroups=systemd-journal");
	}
	if (!found)
		return err_set(err, ERR_STOP, EXIT_PERMISSION,
			       "journal: system.journal of this machine is not to be seen in "
			       "/var/log/journal nor /run/log/journal: is journald running? (a "
			       "unit: `BindReadOnlyPaths=-/var/log/journal`)");
	return 0;
}

int journal_access_boot(char boot[JOURNAL_BOOT_MAX], struct err *err)
{
	sd_id128_t id;
	int res = sd_id128_get_boot(&id);

	if (res < 0)
		return err_set(err, ERR_STOP, EXIT_PERMISSION,
			       "journal: this boot's id cannot be read (%s) (a unit: "
			       "`ProcSubset=all`)",
			       strerror(-res));
	(void)sd_id128_to_string(id, boot);
	return 0;
}
