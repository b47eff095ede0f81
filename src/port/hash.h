/*
 * hash: what the core asks of a hash: keyed SipHash (libsodium), so that nobody outside can make
 * two ids or two logs collide on purpose. Pure, thread-safe, never blocks, cannot fail.
 */
#ifndef ONCED_PORT_HASH_H
#define ONCED_PORT_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_KEY_BYTES 16

struct hash128 {
	uint8_t bytes[16];
};

/* SipHash-2-4, 64 bits. key: HASH_KEY_BYTES; NULL = the all-zero key (for what is no secret). */
uint64_t hash64(const uint8_t *key, const void *data, size_t len);

/* SipHash-2-4 with 128 bits of output (libsodium's siphashx24). */
struct hash128 hash128(const uint8_t *key, const void *data, size_t len);

#endif
