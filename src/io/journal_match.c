/* journal_match: see journal_match.h. */
#include "io/journal_match.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"

#define COREDUMP_ID "MESSAGE_ID=fc2e22bc6ee647b6b90729ab34a250b1"
#define MATCH_MAX 1200 /* the configuration's limits: a field of 64, a value of 1024 */

static int add(sd_journal *handle, const char *field, const char *value)
{
	char text[MATCH_MAX];
	int len = snprintf(text, sizeof(text), "%s=%s", field, value);

	must(len > 0 && (size_t)len < sizeof(text));
	return sd_journal_add_match(handle, text, (size_t)len);
}

static int add_unit(sd_journal *handle, const char *unit)
{
	int res;

	if ((res = add(handle, "_SYSTEMD_UNIT", unit)) < 0 ||
	    (res = sd_journal_add_disjunction(handle)) < 0 ||
	    (res = add(handle, "_PID", "1")) < 0 || (res = add(handle, "UNIT", unit)) < 0 ||
	    (res = sd_journal_add_disjunction(handle)) < 0 ||
	    (res = add(handle, "_UID", "0")) < 0 ||
	    (res = add(handle, "OBJECT_SYSTEMD_UNIT", unit)) < 0 ||
	    (res = sd_journal_add_disjunction(handle)) < 0 ||
	    (res = sd_journal_add_match(handle, COREDUMP_ID, 0)) < 0 ||
	    (res = add(handle, "_UID", "0")) < 0 || (res = add(handle, "COREDUMP_UNIT", unit)) < 0)
		return res;
	return 0;
}

static int add_all(sd_journal *handle, const struct journal_source *source)
{
	int res = 0;

	for (size_t i = 0; res >= 0 && i < source->unit_count; i++) {
		if (i > 0)
			res = sd_journal_add_disjunction(handle);
		if (res >= 0)
			res = add_unit(handle, source->units[i]);
	}
	if (res >= 0 && source->unit_count > 0 && source->match_count > 0)
		res = sd_journal_add_conjunction(handle);
	for (size_t i = 0; i < source->match_count; i++) {
		const struct journal_match *match = &source->matches[i];

		for (size_t k = 0; res >= 0 && k < match->value_count; k++)
			res = add(handle, match->field, match->values[k]);
	}
	return res;
}

int journal_match_add(sd_journal *handle, const struct journal_source *source, struct err *err)
{
	int res = add_all(handle, source);

	if (res < 0)
		return err_set(err, ERR_STOP, EXIT_INTERNAL,
			       "journal: sd-journal refuses a match: %s", strerror(-res));
	return 0;
}

int journal_match_add_boot(sd_journal *handle, const struct journal_source *source,
			   const char *boot, struct err *err)
{
	int res;

	if (source && journal_match_add(handle, source, err) < 0)
		return -1;
	res = source ? sd_journal_add_conjunction(handle) : 0;
	if (res >= 0)
		res = add(handle, "_BOOT_ID", boot);
	if (res < 0)
		return err_set(err, ERR_STOP, EXIT_INTERNAL,
			       "journal: sd-journal refuses a match: %s", strerror(-res));
	return 0;
}
