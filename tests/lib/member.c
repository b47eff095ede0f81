/* member: see member.h. */
#include "lib/member.h"

#include <string.h>
#include <time.h>

const struct contract_world *member_world;

int64_t member_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void member_open(struct member *member, const char *group, const char *instance,
		 const char *transactional_id, const char *topic)
{
	*member = (struct member){.topics = {topic}};
	member->conf =
		(struct contract_member){group, instance, transactional_id, member->topics, 1};
	member->broker = member_world->open(&member->conf);
	ck_assert_ptr_nonnull(member->broker);
}

void member_close(struct member *member)
{
	member->broker->ops->close(member->broker);
	member->broker = NULL;
}

void member_renew(struct member *member)
{
	int64_t until = member_now_ms() + MEMBER_DEADLINE_MS;
	struct err err;

	while (member->broker->ops->renew(member->broker, &err) < 0) {
		ck_assert_msg(err.kind == ERR_RETRY, "%s %s", err_kind_name(err.kind), err.msg);
		ck_assert_msg(member_now_ms() < until, "%s", err.msg);
	}
}

void member_next(struct member *member, struct broker_event *ret)
{
	int64_t until = member_now_ms() + MEMBER_DEADLINE_MS;
	struct err err = {.kind = ERR_NONE};

	do {
		ck_assert_msg(member_now_ms() < until, "no event in time: %s", err.msg);
		if (member->broker->ops->poll(member->broker, MEMBER_POLL_MS, ret, &err) < 0) {
			ck_assert_msg(err.kind == ERR_RETRY, "%s %s", err_kind_name(err.kind),
				      err.msg);
			ret->kind = BROKER_NOTHING;
		}
	} while (ret->kind == BROKER_NOTHING);
}

void member_expect(struct member *member, enum broker_event_kind kind, struct broker_event *ret)
{
	member_next(member, ret);
	ck_assert_int_eq(ret->kind, kind);
}

void member_keep(struct member *member, const struct broker_event *event)
{
	ck_assert_uint_le(event->partition_count, MEMBER_PARTS_MAX);
	member->part_count = event->partition_count;
	if (event->partition_count > 0)
		memcpy(member->parts, event->partitions,
		       event->partition_count * sizeof(member->parts[0]));
}

void member_assign_at(struct member *member, int64_t offset)
{
	struct tp_offset positions[MEMBER_PARTS_MAX];
	struct err err;

	for (size_t i = 0; i < member->part_count; i++)
		positions[i] = (struct tp_offset){.tp = member->parts[i], .offset = offset};
	ck_assert_msg(member->broker->ops->assign(member->broker, positions, member->part_count,
						  &err) == 0,
		      "%s", err.msg);
}

void member_join(struct member *member)
{
	struct broker_event event;
	struct err err;

	member_renew(member);
	ck_assert_msg(member->broker->ops->subscribe(member->broker, &err) == 0, "%s", err.msg);
	member_expect(member, BROKER_ASSIGNED, &event);
	member_keep(member, &event);
	member_assign_at(member, 0);
}

struct record member_text(const char *text)
{
	return (struct record){.value = bytes_str(text), .timestamp = 1700000000000};
}

void member_append(const char *topic, int32_t partition, const char *text)
{
	struct record record = member_text(text);

	member_world->append(topic, partition, &record, 1, false);
}

void member_produce(struct member *member, const char *topic, const char *text)
{
	struct output output = {topic, member_text(text)};
	int64_t until = member_now_ms() + MEMBER_DEADLINE_MS;
	struct err err;

	while (member->broker->ops->produce(member->broker, &output, &err) < 0) {
		ck_assert_msg(err.kind == ERR_RETRY, "%s %s", err_kind_name(err.kind), err.msg);
		ck_assert_msg(member_now_ms() < until, "%s", err.msg);
	}
}

void member_begin(struct member *member)
{
	struct err err;

	ck_assert_msg(member->broker->ops->begin(member->broker, &err) == 0, "%s", err.msg);
}

int member_send(struct member *member, int32_t partition, int64_t offset, const char *metadata,
		struct err *err)
{
	struct tp_offset item = {{member->topics[0], partition}, offset, metadata};

	return member->broker->ops->send_offsets(member->broker, &item, 1, err);
}

void member_commit(struct member *member)
{
	int64_t until = member_now_ms() + MEMBER_DEADLINE_MS;
	struct err err;

	while (member->broker->ops->commit(member->broker, &err) < 0) {
		ck_assert_msg(err.kind == ERR_RETRY, "%s %s", err_kind_name(err.kind), err.msg);
		ck_assert_msg(member_now_ms() < until, "%s", err.msg);
	}
}

void member_abort(struct member *member)
{
	int64_t until = member_now_ms() + MEMBER_DEADLINE_MS;
	struct err err;

	while (member->broker->ops->abort(member->broker, &err) < 0) {
		ck_assert_msg(err.kind == ERR_RETRY, "%s %s", err_kind_name(err.kind), err.msg);
		ck_assert_msg(member_now_ms() < until, "%s", err.msg);
	}
}

int64_t member_committed(struct member *member, int32_t partition, char metadata[512])
{
	struct tp tp = {member->topics[0], partition};
	struct arena *arena = arena_new(0);
	int64_t until = member_now_ms() + MEMBER_DEADLINE_MS;
	struct committed ret;
	struct err err;

	while (member->broker->ops->committed(member->broker, &tp, 1, arena, &ret, &err) < 0) {
		ck_assert_msg(err.kind == ERR_RETRY, "%s %s", err_kind_name(err.kind), err.msg);
		ck_assert_msg(member_now_ms() < until, "%s", err.msg);
	}
	metadata[0] = '\0';
	if (ret.has_offset && ret.metadata.len > 0) {
		ck_assert_uint_lt(ret.metadata.len, 512);
		memcpy(metadata, ret.metadata.data, ret.metadata.len);
		metadata[ret.metadata.len] = '\0';
	}
	arena_free(arena);
	return ret.has_offset ? ret.offset : -1;
}

static void count_one(void *arg, const struct record *record)
{
	(void)record;
	++*(int *)arg;
}

int member_visible(const char *topic)
{
	int count = 0;

	member_world->read(topic, count_one, &count);
	return count;
}

struct names member_names_make(int partitions)
{
	struct names names = {member_world->name("in"), member_world->name("out"),
			      member_world->name("group"), member_world->name("txn")};

	member_world->create(names.in, partitions, 0);
	member_world->create(names.out, 1, 0);
	return names;
}
