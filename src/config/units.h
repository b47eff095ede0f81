/*
 * units: how sizes, durations, times and names are written in the files, both ways. Pure.
 */
#ifndef ONCED_CONFIG_UNITS_H
#define ONCED_CONFIG_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UNITS_TEXT_MAX 32
#define UNITS_TOPIC_BYTES_MAX 249 /* Kafka's own limit: with "-partition" it is a directory name */

/* All return false and leave *ret untouched unless the whole text is one. */
bool units_int(const char *text, int64_t *ret);
bool units_size(const char *text, int64_t *ret);        /* 16M; k, M, G are powers of 1024 */
bool units_duration(const char *text, int64_t *ret_ms); /* 100ms, 5s, 10m, 24h, 7d */
bool units_time(const char *text, int64_t *ret_ms);     /* RFC 3339, 1970 or later */

/* The shortest way to write it with one unit. */
void units_size_text(int64_t bytes, char text[UNITS_TEXT_MAX]);
void units_duration_text(int64_t ms, char text[UNITS_TEXT_MAX]);

/* Letters, digits, `_`, `-`, with dots also `.`; 1 to 64 of them, not "." or "..". */
bool units_is_name(const char *text, bool dots);

/* Kafka's rules for a topic. */
bool units_is_topic(const char *text);

/* A host name as a name: what is not allowed becomes `-`, what is too long is cut. */
void units_name_of_host(const char *host, char *text, size_t size);

#endif
