/*
 * member: a broker under test and what a test does with it over and over: renew, join, produce,
 * commit, each patient with RETRY until a deadline and failing the test on anything else.
 */
#ifndef ONCED_TESTS_LIB_MEMBER_H
#define ONCED_TESTS_LIB_MEMBER_H

#include "lib/contract_broker.h"

#define MEMBER_DEADLINE_MS 30000
#define MEMBER_POLL_MS 50
#define MEMBER_PARTS_MAX 8

/* What the suite runs in. */
extern const struct contract_world *member_world;

struct member {
	struct broker *broker;
	struct tp parts[MEMBER_PARTS_MAX];
	size_t part_count;
	struct contract_member conf;
	const char *topics[1];
};

/* Fresh names of one test. */
struct names {
	const char *in, *out, *group, *txn;
};

int64_t member_now_ms(void);
void member_open(struct member *member, const char *group, const char *instance,
		 const char *transactional_id, const char *topic);
void member_close(struct member *member);
void member_renew(struct member *member);
/* The next event that is not nothing. */
void member_next(struct member *member, struct broker_event *ret);
void member_expect(struct member *member, enum broker_event_kind kind, struct broker_event *ret);
void member_keep(struct member *member, const struct broker_event *event);
void member_assign_at(struct member *member, int64_t offset);
/* Renews, subscribes, waits for the assignment and starts at offset 0. */
void member_join(struct member *member);
struct record member_text(const char *text);
void member_append(const char *topic, int32_t partition, const char *text);
void member_produce(struct member *member, const char *topic, const char *text);
void member_begin(struct member *member);
int member_send(struct member *member, int32_t partition, int64_t offset, const char *metadata,
		struct err *err);
void member_commit(struct member *member);
void member_abort(struct member *member);
/* The committed offset of a partition; -1 = none. metadata gets a NUL-terminated copy. */
int64_t member_committed(struct member *member, int32_t partition, char metadata[512]);
/* How many records a read_committed reader sees. */
int member_visible(const char *topic);
/* An input of so many partitions, an output of one. */
struct names member_names_make(int partitions);

#endif
