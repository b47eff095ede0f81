/*
 * versions: what the libraries say of themselves at run time; it is not always what onced was
 * built with. (libjq and simdjson do not tell.) Thread: any. Never blocks; borrowed for ever.
 */
#ifndef ONCED_IO_VERSIONS_H
#define ONCED_IO_VERSIONS_H

const char *kafka_version_text(void);
const char *lmdb_version_text(void);
const char *sodium_version_text(void);

#endif
