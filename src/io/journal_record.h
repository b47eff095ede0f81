/*
 * journal_record: an entry as a record. The value is one JSON object of the entry's fields, as
 * `journalctl -o json` prints them, with sorted names so that it is a pure function of the entry:
 *
 *   text                          a string
 *   what is not UTF-8, or has a NUL   an array of its bytes, as numbers
 *   a field that occurs again     an array of its values, sorted
 *   too long to be taken          null, and its name is in the array __ONCED_CUT
 *
 * The key is _SYSTEMD_UNIT, null where there is none; the timestamp is journald's, in ms.
 *
 * Pure. Thread: any.
 */
#ifndef ONCED_IO_JOURNAL_RECORD_H
#define ONCED_IO_JOURNAL_RECORD_H

#include "base/arena.h"
#include "core/record.h"

/* A field's bytes, and those of all values as JSON: what is beyond is cut, in the order of names.
 * So the record fits into what brokers take by default (1 MB). */
#define JOURNAL_FIELD_BYTES_MAX ((size_t)128 << 10)
#define JOURNAL_ENTRY_BYTES_MAX ((size_t)768 << 10)

struct journal_field {
	struct bytes name;
	struct bytes value; /* null = cut by the reader */
};

/* Sorts the fields. Everything is in the arena, but the key: borrowed from the fields. */
void journal_record_make(struct journal_field *fields, size_t count, int64_t realtime_us,
			 struct arena *arena, struct record *ret);

#endif
