/*
 * journal_match: a source's units and matches as those of an sd-journal handle. Units are taken as
 * `journalctl -u` takes them: what a unit's processes wrote, what the manager and other services of
 * root wrote about the unit, and its core dumps.
 *
 * Thread: the handle's. Nothing blocks. Errors: STOP 70, sd-journal refuses.
 */
#ifndef ONCED_IO_JOURNAL_MATCH_H
#define ONCED_IO_JOURNAL_MATCH_H

#include <systemd/sd-journal.h>

#include "base/err.h"
#include "core/pipeline.h"

int journal_match_add(sd_journal *handle, const struct journal_source *source,
		      struct err *err) CHECKED;

/* The same, of one boot only (32 hex digits). source NULL: all of that boot. */
int journal_match_add_boot(sd_journal *handle, const struct journal_source *source,
			   const char *boot, struct err *err) CHECKED;

#endif
