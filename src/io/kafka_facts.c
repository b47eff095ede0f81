/* kafka_facts: see kafka_facts.h. */
#include "io/kafka_facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "io/kafka_admin.h"
#include "io/kafka_configs.h"
#include "io/kafka_err.h"
#include "port/hash.h"

#define EXPLAIN_MS_MAX 1000

struct kafka_facts_topic {
	char *name; /* owned */
	bool compacted;
};

void kafka_facts_fini(struct kafka_facts *facts)
{
	for (size_t i = 0; i < facts->topic_count; i++)
		free(facts->topics[i].name);
	free(facts->topics);
	facts->topics = NULL;
	facts->topic_count = 0;
}

/* What the broker did not allow: every question here needs no more than the right to read. */
static int failed(const struct kafka_facts *facts, rd_kafka_resp_err_t code, const char *topic,
		  struct err *err)
{
	const struct kafka_right right = {.operation = "READ",
					  .topic = topic,
					  .group = facts->group};

	kafka_err_right(err, code, &right);
	return -1;
}

int kafka_facts_cluster(struct kafka_facts *facts, uint64_t *ret_hash, struct err *err)
{
	char *id = rd_kafka_clusterid(facts->rk, facts->call_ms_max);

	if (!id)
		return err_set(err, ERR_RETRY, (int)RD_KAFKA_RESP_ERR__TIMED_OUT,
			       "cluster id: no broker answers");
	*ret_hash = hash64(NULL, id, strlen(id));
	rd_kafka_mem_free(facts->rk, id);
	return 0;
}

/* --- topics --- */

int kafka_facts_partitions(struct kafka_facts *facts, const char *topic, int32_t *ret,
			   struct err *err)
{
	const struct rd_kafka_metadata *metadata = NULL;
	rd_kafka_resp_err_t code;
	int count = 0;
	rd_kafka_topic_t *handle = rd_kafka_topic_new(facts->rk, topic, NULL);

	if (!handle)
		return err_set(err, ERR_STOP, EXIT_CONFIG, "topic %s: librdkafka refuses the name",
			       topic);
	code = rd_kafka_metadata(facts->rk, 0, handle, &metadata, facts->call_ms_max);
	rd_kafka_topic_destroy(handle);
	if (!code) {
		if (metadata->topic_cnt == 1) {
			code = metadata->topics[0].err;
			count = metadata->topics[0].partition_cnt;
		}
		rd_kafka_metadata_destroy(metadata);
	}
	if (!code && count == 0)
		code = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
	if (code) {
		kafka_err_code(err, code, "topic %s: partition count", topic);
		return failed(facts, code, topic, err);
	}
	*ret = count;
	return 0;
}

static void read_policy(void *arg, const char *name, const char *value)
{
	if (strcmp(name, "cleanup.policy") == 0)
		*(bool *)arg = value && strstr(value, "compact");
}

int kafka_facts_compacted(struct kafka_facts *facts, const char *topic, bool *ret, struct err *err)
{
	struct kafka_facts_topic *grown;
	bool compacted = false;
	rd_kafka_resp_err_t code;

	for (size_t i = 0; i < facts->topic_count; i++)
		if (strcmp(facts->topics[i].name, topic) == 0) {
			*ret = facts->topics[i].compacted;
			return 0;
		}
	code = kafka_configs_read(facts->rk, RD_KAFKA_RESOURCE_TOPIC, topic, facts->call_ms_max,
				  read_policy, &compacted);
	/* Reading a topic does not need the right to read its settings. */
	if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
	    code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED)
		code = RD_KAFKA_RESP_ERR_NO_ERROR;
	if (code)
		return kafka_err_code(err, code, "topic %s: cleanup.policy", topic);
	grown = realloc(facts->topics, (facts->topic_count + 1) * sizeof(*grown));
	must(grown != NULL);
	facts->topics = grown;
	grown[facts->topic_count].name = strdup(topic);
	must(grown[facts->topic_count].name != NULL);
	grown[facts->topic_count++].compacted = compacted;
	*ret = compacted;
	return 0;
}

/* --- offsets --- */

static rd_kafka_topic_partition_list_t *make_list(const struct tp *tps, size_t count)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);

	for (size_t i = 0; i < count; i++)
		rd_kafka_topic_partition_list_add(list, tps[i].topic, tps[i].partition);
	return list;
}

/* Why does a stable C not come? librdkafka asks until its time is over when a transaction is open
 * on one of the offsets, and then says no more than that; an admin request says which. */
static void explain_unstable(struct kafka_facts *facts, const rd_kafka_topic_partition_list_t *list,
			     struct err *err)
{
	struct kafka_admin admin;
	const rd_kafka_topic_partition_list_t *answer;
	const rd_kafka_topic_partition_t *first = NULL;
	char more[32] = "";
	size_t count = 0;

	/* Without an answer there is nothing to add. */
	(void)kafka_admin_offsets(&admin, facts->rk, facts->group, list, EXPLAIN_MS_MAX, &answer);
	for (int i = 0; answer && i < answer->cnt; i++) {
		if (answer->elems[i].err != RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT)
			continue;
		first = first ? first : &answer->elems[i];
		count++;
	}
	if (count > 1)
		(void)snprintf(more, sizeof(more), " and %zu more", count - 1);
	if (first)
		err_set(err, ERR_RETRY, (int)RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT,
			"%s/%d%s: a transaction that moves the committed offset has not ended; it "
			"does within its timeout (10 s if it is onced's), or the brokers have lost "
			"its end: see \"A transaction that does not end\" in operations.md",
			first->topic, (int)first->partition, more);
	kafka_admin_end(&admin);
}

/* The error of the call or of the first partition with one. "None" and "could not read" are not
 * the same thing: -1001 counts only where there is no error. */
static int ask_committed(struct kafka_facts *facts, rd_kafka_topic_partition_list_t *list,
			 bool *ret_none, struct err *err)
{
	rd_kafka_resp_err_t code = rd_kafka_committed(facts->rk, list, facts->call_ms_max);

	if (code) {
		kafka_err_code(err, code, "committed offsets");
		failed(facts, code, NULL, err);
		if (code == RD_KAFKA_RESP_ERR__TIMED_OUT)
			explain_unstable(facts, list, err);
		return -1;
	}
	*ret_none = false;
	for (int i = 0; i < list->cnt; i++) {
		const rd_kafka_topic_partition_t *item = &list->elems[i];

		if (item->err) {
			kafka_err_code(err, item->err, "%s/%d: committed offset", item->topic,
				       (int)item->partition);
			return failed(facts, item->err, item->topic, err);
		}
		if (item->offset < 0)
			*ret_none = true;
	}
	return 0;
}

int kafka_facts_committed(struct kafka_facts *facts, const struct tp *tps, size_t count,
			  struct arena *arena, struct committed *ret, struct err *err)
{
	rd_kafka_topic_partition_list_t *list = make_list(tps, count);
	bool none;
	int res = ask_committed(facts, list, &none, err);

	/* A coordinator that is moving may answer "none" where there is an offset (KAFKA-20416):
	 * to begin at from.start would then repeat everything. So none needs a second witness. */
	if (res == 0 && none) {
		rd_kafka_topic_partition_list_destroy(list);
		list = make_list(tps, count);
		res = ask_committed(facts, list, &none, err);
	}
	for (size_t i = 0; res == 0 && i < count; i++) {
		const rd_kafka_topic_partition_t *item = &list->elems[i];

		ret[i] = (struct committed){.has_offset = item->offset >= 0};
		if (!ret[i].has_offset)
			continue;
		ret[i].offset = item->offset;
		ret[i].metadata = arena_copy(arena, bytes_of(item->metadata, item->metadata_size));
	}
	rd_kafka_topic_partition_list_destroy(list);
	return res;
}

/* offsets_for_times rather than query_watermark_offsets: the latter forgets its timeout before
 * librdkafka 2.3. The request (ListOffsets) is the same for both. */
int kafka_facts_offset(struct kafka_facts *facts, struct tp tp, int64_t ms, int64_t *ret,
		       struct err *err)
{
	rd_kafka_topic_partition_list_t *list = make_list(&tp, 1);
	rd_kafka_resp_err_t code;
	int64_t offset;

	list->elems[0].offset = ms;
	code = rd_kafka_offsets_for_times(facts->rk, list, facts->call_ms_max);
	if (!code)
		code = list->elems[0].err;
	offset = list->elems[0].offset;
	rd_kafka_topic_partition_list_destroy(list);
	if (code) {
		kafka_err_code(err, code, "%s/%d: offsets of the log", tp.topic, (int)tp.partition);
		return failed(facts, code, tp.topic, err);
	}
	*ret = offset < 0 ? -1 : offset;
	return 0;
}

int kafka_facts_range(struct kafka_facts *facts, struct tp tp, int64_t *ret_start, int64_t *ret_end,
		      struct err *err)
{
	int64_t start = -1, end = -1;

	if (kafka_facts_offset(facts, tp, RD_KAFKA_OFFSET_BEGINNING, &start, err) < 0 ||
	    kafka_facts_offset(facts, tp, RD_KAFKA_OFFSET_END, &end, err) < 0)
		return -1;
	if (start < 0 || end < 0)
		return err_set(err, ERR_RETRY, 0, "%s/%d: the broker names no offsets of the log",
			       tp.topic, (int)tp.partition);
	/* Two questions, one moment apart: deletion may have moved the start behind the end. */
	*ret_start = start;
	*ret_end = end < start ? start : end;
	return 0;
}

int64_t kafka_facts_heard_end(struct kafka_facts *facts, struct tp tp)
{
	int64_t low = -1, high = -1;

	if (rd_kafka_get_watermark_offsets(facts->rk, tp.topic, tp.partition, &low, &high) !=
	    RD_KAFKA_RESP_ERR_NO_ERROR)
		return -1;
	return high < 0 ? -1 : high;
}
