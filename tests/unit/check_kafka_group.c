/*
 * check_kafka_group: the generation of a consumer that no broker knows must never look like one
 * that fences. Method: librdkafka's own writer, then every cut and every wrong byte of its output.
 */
#include <check.h>
#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <string.h>

#include "io/kafka_group.h"
#include "lib/suite.h"

static rd_kafka_consumer_group_metadata_t *metadata(int32_t generation, const char *member)
{
	return rd_kafka_consumer_group_metadata_new_with_genid("payments", generation, member,
							       "host.payments.0");
}

static bool is_member(int32_t generation, const char *member)
{
	rd_kafka_consumer_group_metadata_t *md = metadata(generation, member);
	bool res = kafka_group_is_member(md);

	rd_kafka_consumer_group_metadata_destroy(md);
	return res;
}

START_TEST(only_a_generation_above_zero_with_a_member_id_is_fenced)
{
	ck_assert(is_member(1, "m-1"));
	ck_assert(is_member(INT32_MAX, "m"));
	ck_assert(!is_member(0, "m-1"));
	ck_assert(!is_member(-1, "m-1"));
	ck_assert(!is_member(-1, ""));
	ck_assert(!is_member(5, ""));
}
END_TEST

START_TEST(what_librdkafka_writes_is_read_back)
{
	rd_kafka_consumer_group_metadata_t *md = metadata(77, "member-id");
	void *data;
	size_t size;
	int32_t generation = 0;
	const char *member = NULL;

	ck_assert_ptr_null(rd_kafka_consumer_group_metadata_write(md, &data, &size));
	ck_assert(kafka_group_parse(data, size, &generation, &member));
	ck_assert_int_eq(generation, 77);
	ck_assert_str_eq(member, "member-id");
	rd_kafka_mem_free(NULL, data);
	rd_kafka_consumer_group_metadata_destroy(md);
}
END_TEST

START_TEST(what_is_cut_or_foreign_is_no_member)
{
	static const char good[] = "CGMDv2:\1\0\0\0group\0member";
	const size_t size = sizeof(good); /* with the last NUL */
	int32_t generation = 42;
	const char *member = "untouched";

	for (size_t cut = 0; cut < size; cut++) {
		char *copy = malloc(cut + 1); /* its own block, so that a read beyond is seen */

		memcpy(copy, good, cut);
		ck_assert_msg(!kafka_group_parse(copy, cut, &generation, &member), "cut at %zu",
			      cut);
		free(copy);
	}
	ck_assert(!kafka_group_parse(NULL, 0, &generation, &member));
	ck_assert(!kafka_group_parse("CGMDv3:\1\0\0\0g\0m", 15, &generation, &member));
	ck_assert_int_eq(generation, 42);
	ck_assert_str_eq(member, "untouched");
	ck_assert(kafka_group_parse(good, size, &generation, &member));
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("group metadata");

	tcase_add_test(tcase, only_a_generation_above_zero_with_a_member_id_is_fenced);
	tcase_add_test(tcase, what_librdkafka_writes_is_read_back);
	tcase_add_test(tcase, what_is_cut_or_foreign_is_no_member);
	return suite_run("kafka_group", tcase);
}
