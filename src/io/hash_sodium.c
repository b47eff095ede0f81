/*
 * hash_sodium: port/hash.h on libsodium's short hashes. Both functions are plain C over their
 * arguments; libsodium still asks for one sodium_init before any other call, so the first hash of
 * the process makes it (pthread_once: later calls pay one atomic load).
 */
#include <pthread.h>
#include <string.h>

#include <sodium.h>

#include "base/must.h"
#include "port/hash.h"

_Static_assert(crypto_shorthash_siphash24_KEYBYTES == HASH_KEY_BYTES, "key of the 64-bit hash");
_Static_assert(crypto_shorthash_siphash24_BYTES == sizeof(uint64_t), "64-bit hash");
_Static_assert(crypto_shorthash_siphashx24_KEYBYTES == HASH_KEY_BYTES, "key of the 128-bit hash");
_Static_assert(crypto_shorthash_siphashx24_BYTES == sizeof(struct hash128), "128-bit hash");

static const uint8_t no_key[HASH_KEY_BYTES];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void begin(void)
{
	must(sodium_init() >= 0);
}

/* libsodium's functions want a pointer even for no bytes. */
static const void *not_null(const void *data, size_t len)
{
	must(data || len == 0);
	return data ? data : no_key;
}

uint64_t hash64(const uint8_t *key, const void *data, size_t len)
{
	uint8_t out[crypto_shorthash_siphash24_BYTES];
	uint64_t hash = 0;

	pthread_once(&once, begin);
	crypto_shorthash_siphash24(out, not_null(data, len), len, key ? key : no_key);
	/* SipHash's result is a little-endian number; hashes travel between hosts in M. */
	for (size_t i = sizeof(out); i-- > 0;)
		hash = hash << 8 | out[i];
	return hash;
}

struct hash128 hash128(const uint8_t *key, const void *data, size_t len)
{
	struct hash128 hash;

	pthread_once(&once, begin);
	crypto_shorthash_siphashx24(hash.bytes, not_null(data, len), len, key ? key : no_key);
	return hash;
}
