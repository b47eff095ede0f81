/* verify_world: see verify_world.h. */
#include "lib/verify_world.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define OUTPUT_PARTITIONS 3 /* the last one stays empty */
#define world verify_world
#define report verify_world_report

struct verify_world verify_world;
struct verify_report verify_world_report;

struct verify_item verify_world_item(bool by_source, int i)
{
	struct verify_item it = {.by_source = by_source,
				 .source_partition = i % 2,
				 .source_offset = 10 + i};

	/* Every content twice, as different records may well have the same one. */
	it.content.bytes[0] = (uint8_t)(i / 2);
	it.content.bytes[1] = (uint8_t)(i / 512);
	it.partition = i % 2;
	it.offset = 100 + i;
	return it;
}

static void make_parts(void)
{
	verify_parts_add(&world.parts, "in", 2);
	for (size_t i = 0; i < 2; i++) {
		world.parts.all[i].start = 5;
		world.parts.all[i].c = world.parts.all[i].end = 5000;
	}
	for (uint8_t topic = 0; topic < 2; topic++)
		for (int32_t i = 0; i < OUTPUT_PARTITIONS; i++) {
			struct verify_output output = {.topic = topic};

			output.span = (struct kafka_topic_span){{"out", i}, 0, 10000};
			verify_parts_add_output(&world.parts, &output);
		}
}

void verify_world_sound(bool by_source, int records)
{
	memset(&world, 0, sizeof(world));
	world.lineage = by_source;
	make_parts();
	for (int i = 0; i < records; i++) {
		struct verify_item it = verify_world_item(by_source, i);

		world.found[world.found_count++] = it;
		it.partition = 0;
		it.offset = 0;
		world.expected[world.expected_count++] = it;
	}
}

void verify_world_clear(void)
{
	verify_parts_fini(&world.parts);
}

/* As they would be read: one output partition after the other, each in order. */
static int by_place(const void *left, const void *right)
{
	const struct verify_item *a = left, *b = right;

	if (a->topic != b->topic)
		return a->topic < b->topic ? -1 : 1;
	if (a->partition != b->partition)
		return a->partition < b->partition ? -1 : 1;
	return a->offset < b->offset ? -1 : a->offset > b->offset;
}

static void compare_with(size_t memory_bytes, struct verify_report *ret)
{
	struct verify_sort expected = {.item_bytes = sizeof(struct verify_item),
				       .memory_bytes = memory_bytes,
				       .compare = verify_compare_items,
				       .dir = verify_sort_dir()};
	struct verify_sort found = expected;
	struct verify_refused refused = {0};
	struct verify_order order = {0};
	struct verify_loss loss;
	struct verify_compare_in in = {.expected = &expected,
				       .found = &found,
				       .parts = &world.parts,
				       .loss = &loss,
				       .refused = &refused,
				       .lineage = world.lineage};
	struct err err;

	memset(ret, 0, sizeof(*ret));
	qsort(world.found, world.found_count, sizeof(world.found[0]), by_place);
	for (size_t i = 0; i < world.found_count; i++) {
		const struct verify_item *it = &world.found[i];

		verify_report_place(ret, &world.parts, &order, &refused, it);
		ck_assert_int_eq(verify_sort_add(&found, it, &err), 0);
	}
	for (size_t i = 0; i < world.expected_count; i++)
		ck_assert_int_eq(verify_sort_add(&expected, &world.expected[i], &err), 0);
	verify_loss_init(&loss, &order, &world.parts);
	ck_assert_int_eq(verify_sort_end(&expected, &err), 0);
	ck_assert_int_eq(verify_sort_end(&found, &err), 0);
	ck_assert_int_eq(verify_compare(&in, ret, &err), 0);
	if (memory_bytes < 1000 && world.found_count > 10)
		ck_assert_uint_gt(found.run_count, 2);
	verify_loss_fini(&loss);
	verify_order_fini(&order);
	verify_refused_fini(&refused);
	verify_sort_clear(&expected);
	verify_sort_clear(&found);
}

void verify_world_compare(void)
{
	struct verify_report spilled;

	compare_with((size_t)1 << 20, &report);
	compare_with(5 * sizeof(struct verify_item), &spilled);
	for (int kind = 0; kind < VERIFY_KINDS; kind++) {
		ck_assert_uint_eq(report.counts[kind], spilled.counts[kind]);
		for (uint64_t i = 0; i < report.counts[kind] && i < VERIFY_EXAMPLES_MAX; i++) {
			const struct verify_item *a = &report.examples[kind][i];
			const struct verify_item *b = &spilled.examples[kind][i];

			ck_assert_int_eq(verify_compare_items(a, b), 0);
			ck_assert_mem_eq(&a->content, &b->content, sizeof(a->content));
		}
	}
	ck_assert_uint_eq(report.maybe_missing, spilled.maybe_missing);
	ck_assert_uint_eq(report.maybe_ours, spilled.maybe_ours);
	ck_assert_uint_eq(report.foreign, spilled.foreign);
	ck_assert_uint_eq(report.refused, spilled.refused);
}
