/*
 * kafka_allow: which of librdkafka's properties may be set under `kafka:`, which may not, and why.
 * A property that is in neither list is refused too: an allow-list, because one property can load a
 * library into the daemon, run a program or take the guarantee away.
 *
 * Pure; the table is constant.
 */
#ifndef ONCED_CONFIG_KAFKA_ALLOW_H
#define ONCED_CONFIG_KAFKA_ALLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KAFKA_WORDS_MAX 6

enum kafka_type { KAFKA_REFUSED, KAFKA_TEXT, KAFKA_PATH, KAFKA_BOOL, KAFKA_INT, KAFKA_WORD };

struct kafka_rule {
	const char *name;
	enum kafka_type type;
	bool secret;
	int64_t min, max;                   /* KAFKA_INT */
	const char *words[KAFKA_WORDS_MAX]; /* KAFKA_WORD */
	const char *note; /* REFUSED: why, and what to do instead; else what it is for */
};

const struct kafka_rule *kafka_allow_all(size_t *ret_count);
const struct kafka_rule *kafka_allow_find(const char *name);

/* The nearest allowed name, NULL if none is near. */
const char *kafka_allow_suggest(const char *name);

/* A KAFKA_WORD as the table spells it (Java's clients write SASL_SSL); NULL if it is none. */
const char *kafka_allow_word(const struct kafka_rule *rule, const char *value);

/* NULL: the value is right. Else what is expected instead; text is where it may be written. */
#define KAFKA_EXPECTED_MAX 256
const char *kafka_allow_check(const struct kafka_rule *rule, const char *value,
			      char text[KAFKA_EXPECTED_MAX]);

#endif
