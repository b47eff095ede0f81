/*
 * check_murmur2: a key must go to the partition where the Java client puts it, or a topic that
 * both write loses its co-partitioning. Goal: librdkafka's partitioner, which the producer is
 * configured with, against hashes computed by Utils.murmur2 of the Java client
 * (the first six are the vectors of its UtilsTest). Java: (hash & 0x7fffffff) % partitions.
 */
#include <check.h>
#include <librdkafka/rdkafka.h>
#include <stdint.h>
#include "lib/suite.h"

static const struct vector {
	const char *key;
	size_t len;
	int32_t hash;
} vectors[] = {
	{"21", 2, -973932308},
	{"foobar", 6, -790332482},
	{"a-little-bit-long-string", 24, -985981536},
	{"a-little-bit-longer-string", 26, -1486304829},
	{"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", 48, -58897971},
	{"abc", 3, 479470107},
	{"", 0, 275646681},
	{"\0", 1, 375494588},
	{"\xff", 1, -311467685},
	{"\x80\x00\x7f", 3, 2046301964},
	{"\1\2\3\4\5\6\7\10", 8, -1574696873},
	{"\xff\xfe\xfd\xfc\xfb", 5, 524068735},
	{"kafka", 5, -798503068},
	{"acc-000123", 10, 1348248735},
	{"\xc3\xbcn\xc3\xaf\x63\xc3\xb6\x64\x65", 10, 195858210},
};
#define VECTORS ((int)(sizeof(vectors) / sizeof(vectors[0])))

static int32_t expected(int32_t hash, int32_t partitions)
{
	return (int32_t)((uint32_t)hash & 0x7fffffff) % partitions;
}

START_TEST(a_key_goes_to_the_java_clients_partition)
{
	static const int32_t counts[] = {1, 2, 3, 7, 12, 64, 1000, INT32_MAX};
	const struct vector *vector = &vectors[_i];

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		ck_assert_int_eq(rd_kafka_msg_partitioner_murmur2_random(NULL, vector->key,
									 vector->len, counts[i],
									 NULL, NULL),
				 expected(vector->hash, counts[i]));
}
END_TEST

int main(void)
{
	TCase *tcase = tcase_create("vectors");

	tcase_add_loop_test(tcase, a_key_goes_to_the_java_clients_partition, 0, VECTORS);
	return suite_run("murmur2", tcase);
}
