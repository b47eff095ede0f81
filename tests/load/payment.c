/* payment: see payment.h. */
#include "payment.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Mean distance of the near half of the repeats: mostly within one batch, often in the same. */
#define NEAR 40.0

/* Every draw of one record comes from its own stream (splitmix64), so that indices are
 * independent of each other. */
struct stream {
	uint64_t state;
};

enum purpose { FOR_ORIGIN = 1, FOR_CONTENT, FOR_OWN };

static uint64_t draw(struct stream *stream)
{
	uint64_t x = stream->state += 0x9e3779b97f4a7c15u;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static uint32_t below(struct stream *stream, uint32_t limit)
{
	return (uint32_t)((draw(stream) >> 32) * limit >> 32);
}

static struct stream stream_of(const struct payment_plan *plan, uint64_t index,
			       enum purpose purpose)
{
	struct stream stream = {plan->seed * 0xd1342543de82ef95u + (uint64_t)purpose};

	stream.state = draw(&stream) ^ (index * 0xaf251af3b0f025b5u);
	(void)draw(&stream);
	return stream;
}

/* The index whose id and contents this record has: its own, or for a repeat the origin of an
 * earlier one. Distances are exponential, half of them near, half of them far. */
static uint64_t origin_of(const struct payment_plan *plan, uint64_t index)
{
	for (;;) {
		struct stream stream = stream_of(plan, index, FOR_ORIGIN);
		double mean, unit;
		uint64_t distance;

		if (below(&stream, 100) >= plan->repeat_percent)
			return index;
		mean = below(&stream, 2) ? NEAR : plan->far;
		unit = ((double)(draw(&stream) >> 11) + 1.0) / 9007199254740993.0;
		distance = 1 + (uint64_t)(-mean * log(unit));
		if (distance > index)
			return index;
		index -= distance;
	}
}

/* Breaks a good value in one of seven ways. All but the last are for the JSON gate or the first
 * expression; a null id gets as far as dedup. */
static void break_value(struct stream *stream, struct payment *payment)
{
	char *value = payment->value;
	char *at;
	size_t size = payment->value_size;

	switch (below(stream, 7)) {
	case 0: /* cut off */
		payment->value_size = 1 + below(stream, (uint32_t)size - 2);
		break;
	case 1: /* not UTF-8 */
		at = strstr(value, "\"memo\":\"");
		at[8] = (char)0xff;
		break;
	case 2: /* the same key twice: "card" becomes a second "type" */
		at = strstr(value, "\"card\"");
		memcpy(at, "\"type\"", 6);
		break;
	case 3: /* no JSON number */
		at = strstr(value, "\"amount\":");
		memcpy(at + 9, "NaN", 3);
		for (at += 12; *at != ','; at++)
			*at = ' ';
		break;
	case 4: /* an array where the pipeline expects an object */
		memmove(value + 1, value, size);
		value[0] = '[';
		value[size + 1] = ']';
		payment->value_size = size + 2;
		break;
	case 5: /* more digits than a double holds */
		at = strstr(value, "\"memo\":\"");
		payment->value_size = (size_t)(at - value) +
				      (size_t)snprintf(at, 32, "\"memo\":12345678901234567890123}");
		break;
	default: /* no id: the same length, so that nothing moves */
		at = strstr(value, "\"id\":\"");
		memcpy(at + 5, "null", 4);
		for (at += 9; *at != ','; at++)
			*at = ' ';
		break;
	}
}

static void write_value(const struct payment_plan *plan, uint64_t index, uint64_t origin,
			struct payment *ret)
{
	static const char *const country[] = {"DE", "FR", "IT", "ES", "NL", "PL", "SE", "AT"};
	static const char *const channel[] = {"web", "app", "pos", "atm"};
	struct stream s = stream_of(plan, origin, FOR_CONTENT);
	uint32_t account = below(&s, plan->accounts);
	uint32_t kind = below(&s, 100);
	uint32_t cents = below(&s, 100);
	uint32_t units = 1 + below(&s, 900) * below(&s, 10);
	const char *type = kind < 4 ? "refund" : "payment";
	const char *sign = kind == 4 ? "-" : "";
	int size;

	if (kind == 5)
		units = cents = 0;
	if (kind == 6)
		units = 10000 + below(&s, 40000); /* most of these are "big", a few just not */
	ret->key_size = (size_t)snprintf(ret->key, sizeof(ret->key), "acc-%07u", account);
	size = snprintf(
		ret->value, sizeof(ret->value),
		"{\"id\":\"pay-%010llu-%08x\",\"type\":\"%s\",\"amount\":%s%u.%02u,"
		"\"currency\":\"EUR\",\"account\":\"%s\",\"card\":\"4%03u-%04u-%04u-%04u\","
		"\"merchant\":\"m-%05u\",\"country\":\"%s\",\"channel\":\"%s\",\"seq\":%llu,"
		"\"memo\":\"order %08x%08x\"}",
		(unsigned long long)origin, (unsigned)draw(&s), type, sign, units, cents, ret->key,
		below(&s, 1000), below(&s, 10000), below(&s, 10000), below(&s, 10000),
		below(&s, 100000), country[below(&s, 8)], channel[below(&s, 4)],
		(unsigned long long)index, (unsigned)draw(&s), (unsigned)draw(&s));
	ret->value_size = (size_t)size;
}

void payment_make(const struct payment_plan *plan, uint64_t index, struct payment *ret)
{
	struct stream own = stream_of(plan, index, FOR_OWN);

	write_value(plan, index, origin_of(plan, index), ret);
	if (below(&own, 1000) < plan->malformed_per_mille)
		break_value(&own, ret);
	ret->traced = below(&own, 8) == 0;
	ret->timestamp_ms = 0;
	if (plan->span_ms > 0) {
		double part = (double)(index - plan->start_index) / (double)plan->count;

		ret->timestamp_ms = plan->base_ms + (int64_t)(part * (double)plan->span_ms);
		/* Clocks of producers differ: a few records are up to two seconds late. */
		if (below(&own, 20) == 0)
			ret->timestamp_ms -= below(&own, 2000);
	}
}
