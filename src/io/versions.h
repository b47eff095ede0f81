/*
 * versions: what the libraries say of themselves at run time; it is not always what onced was
 * built with. (libjq and simdjson do not tell.) Thread: any. Never blocks; borrowed for ever.
 */
#ifndef ONCED_IO_VERSIONS_H
#define ONCED_IO_VERSIONS_H

#include <stdbool.h>

const char *kafka_version_text(void);
const char *lmdb_version_text(void);
const char *sodium_version_text(void);

/* Can librdkafka do SCRAM with Kafka 3.8.1 and later? Before 2.6.1 it sends a nonce that they
 * refuse, like a wrong password. */
bool kafka_version_does_scram(void);

#endif
