/*
 * verify_item: goal: what a record on a topic says of itself is read right, and what it only seems
 * to say is not believed. Method: records with and without the headers that onced adds.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verify_item.h"
#include "lib/suite.h"

static const char *const topics[] = {"in.a", "in.b"};
static const struct target targets[] = {{.topic = "out"}, {.topic = "big"}, {.topic = "out"}};
static struct pipeline pipeline = {
	.topics = topics,
	.topic_count = 2,
	.targets = targets,
	.target_count = 3,
	.errors = ERRORS_TO,
	.errors_topic = "dead",
	.lineage = true,
};
static struct arena *arena;
static const uint8_t key[HASH_KEY_BYTES] = "a key of 15 byte";

static void open_arena(void)
{
	arena = arena_new(1 << 16);
	pipeline.lineage = true;
}

static void close_arena(void)
{
	arena_free(arena);
}

static struct verify_item describe(const char *topic, const char *value,
				   const struct header *headers, size_t count)
{
	struct record record = {.key = bytes_str("k"),
				.value = bytes_str(value),
				.headers = headers,
				.header_count = count,
				.timestamp = 1};
	struct verify_item it;

	verify_item_describe(&pipeline, arena, key, topic, &record, &it);
	return it;
}

static struct header header(const char *name, const char *value)
{
	return (struct header){bytes_str(name), bytes_str(value)};
}

static bool same_content(const struct verify_item *a, const struct verify_item *b)
{
	return memcmp(&a->content, &b->content, sizeof(a->content)) == 0;
}

START_TEST(outputs_are_listed_once)
{
	ck_assert_str_eq(verify_item_topic(&pipeline, 0), "out");
	ck_assert_str_eq(verify_item_topic(&pipeline, 1), "big");
	ck_assert_str_eq(verify_item_topic(&pipeline, 2), "dead");
	ck_assert_ptr_null(verify_item_topic(&pipeline, 3));
	ck_assert_int_eq(verify_item_topic_index(&pipeline, "dead"), 2);
	ck_assert_int_eq(verify_item_topic_index(&pipeline, "in.a"), -1);
}
END_TEST

START_TEST(lineage_is_read)
{
	const struct header forged[] = {header("onced.source", "in.a/0/1/0"),
					header("onced.source", "in.b/3/77/2")};
	struct verify_item it = describe("big", "v", forged, 2);

	ck_assert(it.by_source && !it.dead);
	ck_assert_int_eq(it.topic, 1);
	ck_assert_int_eq(it.source_topic, 1);
	ck_assert_int_eq(it.source_partition, 3);
	ck_assert_int_eq(it.source_offset, 77);
	ck_assert_int_eq(it.source_index, 2);
	pipeline.lineage = false;
	it = describe("big", "v", forged, 2);
	ck_assert(!it.by_source);
}
END_TEST

START_TEST(what_is_no_lineage_is_foreign)
{
	static const char *const texts[] = {"",
					    "in.a",
					    "in.a/0/1",
					    "in.a/0/1/0/9",
					    "other/0/1/0",
					    "in.a/x/1/0",
					    "in.a/0/-1/0",
					    "in.a/0/99999999999999999999/0",
					    "in.a//1/0",
					    "in.a/4294967296/1/0",
					    "in.a/0/1/0 ",
					    "in.a/+0/1/0",
					    "in.a/0/ 1/0",
					    "in.a/0/1/00"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const struct header one = header("onced.source", texts[i]);
		struct verify_item it = describe("out", "v", &one, 1);

		ck_assert_msg(!it.by_source, "%s", texts[i]);
	}
}
END_TEST

START_TEST(a_dead_letter_is_known_whatever_its_reason_says)
{
	struct header headers[] = {header("mine", "1"),
				   header("onced.error.reason", "a.yaml:1: no"),
				   header("onced.error.topic", "in.b"),
				   header("onced.error.partition", "3"),
				   header("onced.error.offset", "77")};
	struct verify_item a = describe("dead", "v", headers, 5), b;

	ck_assert(a.dead && a.by_source);
	ck_assert_int_eq(a.source_topic, 1);
	ck_assert_int_eq(a.source_partition, 3);
	ck_assert_int_eq(a.source_offset, 77);
	ck_assert(!a.sending);
	headers[1] = header("onced.error.reason", "/etc/a.yaml:1: no");
	b = describe("dead", "v", headers, 5);
	ck_assert(same_content(&a, &b));
	headers[0] = header("mine", "2");
	b = describe("dead", "v", headers, 5);
	ck_assert(!same_content(&a, &b));
	b = describe("out", "v", headers, 5); /* not on the errors' topic */
	ck_assert(!b.dead);
}
END_TEST

START_TEST(content_tells_null_from_empty_and_headers_from_values)
{
	const struct header one = header("a", "bc"), two = header("ab", "c");
	const struct header both[] = {header("a", "1"), header("b", "2")};
	const struct header swapped[] = {header("b", "2"), header("a", "1")};
	struct verify_item a = describe("out", NULL, NULL, 0), b = describe("out", "", NULL, 0);

	ck_assert(!same_content(&a, &b));
	a = describe("out", "v", &one, 1);
	b = describe("out", "v", &two, 1);
	ck_assert(!same_content(&a, &b));
	a = describe("out", "v", both, 2);
	b = describe("out", "v", swapped, 2);
	ck_assert(!same_content(&a, &b));
	b = describe("out", "v", both, 2);
	ck_assert(same_content(&a, &b));
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("verify_item");

	tcase_add_checked_fixture(tcase, open_arena, close_arena);
	tcase_add_test(tcase, outputs_are_listed_once);
	tcase_add_test(tcase, lineage_is_read);
	tcase_add_test(tcase, what_is_no_lineage_is_foreign);
	tcase_add_test(tcase, a_dead_letter_is_known_whatever_its_reason_says);
	tcase_add_test(tcase, content_tells_null_from_empty_and_headers_from_values);
	return suite_run("verify_item", tcase);
}
