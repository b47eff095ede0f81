/*
 * kafka_topic: reads topics without being a worker: `onced verify` and `onced offsets` use it. It
 * joins no group and commits nothing; the group's id is named only because the library wants one,
 * and to read its committed offsets. read_committed.
 *
 * Thread: its owner's. Blocks: facts at most call_ms_max, read until done or idle for too long.
 * Errors: RETRY, the broker is away or an end cannot be reached yet; STOP (65), the span begins
 * before the log does; STOP (77, 78).
 */
#ifndef ONCED_IO_KAFKA_TOPIC_H
#define ONCED_IO_KAFKA_TOPIC_H

#include "io/kafka_broker.h"

struct kafka_topic_conf {
	const struct kafka_setting *settings; /* borrowed during open */
	size_t setting_count;
	const char *const *secrets; /* as in kafka_broker_conf */
	size_t secret_count;
	const char *group; /* one that the user may read: the pipeline's */
	size_t queue_bytes;
	int call_ms_max;
	void (*log)(int level, const char *fac, const char *text); /* as in kafka_broker_conf */
};

/* What to read of one partition: offsets start <= offset < end. */
struct kafka_topic_span {
	struct tp tp;
	int64_t start;
	int64_t end;
};

/* Gets each record, in order per partition; source->topic is the span's pointer. The record is
 * borrowed until it returns. 0 goes on; -1 (err filled) ends the read with that error. */
typedef int kafka_topic_fn(void *arg, const struct source *source, const struct record *record,
			   struct err *err);

struct kafka_topic;

int kafka_topic_open(const struct kafka_topic_conf *conf, struct kafka_topic **ret,
		     struct err *err) CHECKED;
void kafka_topic_close(struct kafka_topic *reader); /* NULL is fine */

/* As the broker port's facts of these names, but that the end is the high watermark: reading up to
 * it waits for transactions that are still open or whose markers are still being written. (The last
 * stable offset would silently leave out what was committed a moment ago.) */
int kafka_topic_partitions(struct kafka_topic *reader, const char *topic, int32_t *ret,
			   struct err *err) CHECKED;
int kafka_topic_compacted(struct kafka_topic *reader, const char *topic, bool *ret,
			  struct err *err) CHECKED; /* false where we may not ask */
int kafka_topic_range(struct kafka_topic *reader, struct tp tp, int64_t *ret_start,
		      int64_t *ret_end, struct err *err) CHECKED;
int kafka_topic_committed(struct kafka_topic *reader, const struct tp *tps, size_t count,
			  struct arena *arena, struct committed *ret, struct err *err) CHECKED;

/* Reads all spans. The ends are fixed, so this ends however fast others write. idle_ms_max: the
 * longest time without any progress; then RETRY, naming a partition and what it waits for. */
int kafka_topic_read(struct kafka_topic *reader, const struct kafka_topic_span *spans, size_t count,
		     int idle_ms_max, kafka_topic_fn *fn, void *arg, struct err *err) CHECKED;

#endif
