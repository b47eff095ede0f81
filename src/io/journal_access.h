/*
 * journal_access: what has to be there before a journal is read, asked at once so that what is
 * missing is said in one clear message. sd-journal would show an empty journal instead.
 *
 * Thread: any. Blocks: on local files. Errors: STOP 77.
 */
#ifndef ONCED_IO_JOURNAL_ACCESS_H
#define ONCED_IO_JOURNAL_ACCESS_H

#include "base/err.h"
#include "io/journal_place.h"

/* Is there a journal of this machine, and may it be read? */
int journal_access_check(struct err *err) CHECKED;

/* The id of the running boot. */
int journal_access_boot(char boot[JOURNAL_BOOT_MAX], struct err *err) CHECKED;

#endif
