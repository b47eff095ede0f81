/* naive: see naive.h. */
#include "lib/naive.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"

struct naive {
	struct sim *sim;
	struct broker *broker;
	struct overlay *marks;    /* borrowed: the disk */
	struct overlay unwritten; /* marks not on disk yet: written with every fourth record */
	int records;
	struct window windows[SIM_PARTITIONS_MAX];
	struct arena *arena;
	bool subscribed;
};

struct naive *naive_new(struct sim *sim, struct broker *broker, struct overlay *marks)
{
	struct naive *naive = calloc(1, sizeof(*naive));

	must(naive != NULL);
	naive->sim = sim;
	naive->broker = broker;
	naive->marks = marks;
	naive->arena = arena_new(0);
	for (int p = 0; p < SIM_PARTITIONS_MAX; p++)
		window_init(&naive->windows[p]);
	return naive;
}

void naive_free(struct naive *naive)
{
	overlay_fini(&naive->unwritten);
	arena_free(naive->arena);
	free(naive);
}

static int assigned(struct naive *naive, const struct broker_event *event, struct err *err)
{
	struct committed *committed =
		arena_alloc(naive->arena, event->partition_count * sizeof(*committed));
	struct tp_offset *positions =
		arena_alloc(naive->arena, event->partition_count * sizeof(*positions));

	if (naive->broker->ops->committed(naive->broker, event->partitions, event->partition_count,
					  naive->arena, committed, err))
		return -1;
	for (size_t i = 0; i < event->partition_count; i++)
		positions[i] =
			(struct tp_offset){event->partitions[i],
					   committed[i].has_offset ? committed[i].offset : 0, NULL};
	return naive->broker->ops->assign(naive->broker, positions, event->partition_count, err);
}

/* Where the mark is on disk before the output is committed, a crash between them loses the record.
 * Where it is not, the offset follows in a transaction of its own, and a crash before it repeats
 * the record. */
static int record(struct naive *naive, const struct broker_event *event, struct err *err)
{
	const struct broker_ops *ops = naive->broker->ops;
	const struct source *source = &event->source;
	struct output output = {"out", event->record};
	struct tp_offset offset = {{source->topic, source->partition},
				   source->offset + 1,
				   "naive b=0"};
	struct hash128 id = hash128(NULL, event->record.key.data, event->record.key.len);
	struct entry now = window_advance(&naive->windows[source->partition], 1000, source->offset,
					  event->record.timestamp);
	const char first = *(const char *)event->record.value.data;
	const struct entry *known;
	bool seen = false;

	if (first == '.') {
		known = overlay_get(&naive->unwritten, (uint32_t)source->partition + 1, &id);
		if (!known)
			known = overlay_get(naive->marks, (uint32_t)source->partition + 1, &id);
		seen = known && window_is_duplicate(1000, *known, now);
		(void)overlay_put(&naive->unwritten, (uint32_t)source->partition + 1, &id, now,
				  NULL);
		if (++naive->records % 4 == 0)
			overlay_merge(naive->marks, &naive->unwritten);
	}
	if (first == '.' && !seen &&
	    (ops->begin(naive->broker, err) || ops->produce(naive->broker, &output, err) ||
	     ops->commit(naive->broker, err)))
		return -1;
	if (ops->begin(naive->broker, err) || ops->send_offsets(naive->broker, &offset, 1, err) ||
	    ops->commit(naive->broker, err))
		return -1;
	return 0;
}

int naive_turn(struct naive *naive)
{
	const struct broker_ops *ops = naive->broker->ops;
	struct broker_event event;
	struct err err;
	int rc = 0;

	if (!naive->subscribed) {
		naive->subscribed = true;
		return ops->renew(naive->broker, &err) || ops->subscribe(naive->broker, &err) ? -1
											      : 0;
	}
	if (ops->poll(naive->broker, 10, &event, &err))
		return -1;
	if (event.kind == BROKER_ASSIGNED)
		rc = assigned(naive, &event, &err);
	else if (event.kind == BROKER_RECORD)
		rc = record(naive, &event, &err);
	arena_reset(naive->arena);
	return rc ? -1 : 0;
}
