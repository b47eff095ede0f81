/*
 * protect: what the process gives up at its start, before it reads any secret. Core dumps (they
 * hold records and secrets): no limit lets one be written, and the kernel makes none of a process
 * that is not dumpable, whatever handler it pipes them to; other programs of the same user cannot
 * read its memory either. Privileges: none that the user does not have, none gained later. Files:
 * for us alone.
 *
 * Thread: main, before any other. Nothing blocks.
 */
#ifndef ONCED_RUN_PROTECT_H
#define ONCED_RUN_PROTECT_H

/* Cannot fail where it matters: the kernel refuses none of it. */
void protect_process(void);

/* Says so if onced runs as root. After log_open. */
void protect_report(void);

#endif
