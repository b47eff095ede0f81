/*
 * log_catalog: the MESSAGE_ID of each kind of event, by which journalctl -x finds the text in
 * systemd/onced.catalog that explains it and says what to do. An event that is not listed here has
 * no business in a log_event; tests/tidy.sh and check_catalog hold code, table and texts together.
 *
 * Pure; the table is constant.
 */
#ifndef ONCED_RUN_LOG_CATALOG_H
#define ONCED_RUN_LOG_CATALOG_H

#include <stddef.h>

struct log_catalog_entry {
	const char *event;
	const char *id; /* 32 hexadecimal digits */
};

/* NULL: not listed. */
const char *log_catalog_id(const char *event);

const struct log_catalog_entry *log_catalog_all(size_t *ret_count);

#endif
