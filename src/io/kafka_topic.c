/* kafka_topic: see kafka_topic.h. A consumer that assigns itself and never subscribes. */
#include "io/kafka_topic.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/must.h"
#include "io/clock_ms.h"
#include "io/kafka_consumer.h"
#include "io/kafka_facts.h"

#define POLL_MS 100
#define RELEASE_EVERY 1024

struct kafka_topic {
	struct kafka_consumer consumer;
	struct kafka_facts facts;
	/* read_uncommitted: librdkafka asks for log ends by the handle's isolation level */
	struct kafka_client ends;
	struct kafka_facts ends_facts;
};

struct span_state {
	int64_t next; /* all below it was delivered or is a control record */
	bool done;
};

static int open_ends(struct kafka_topic *reader, const struct kafka_topic_conf *conf,
		     struct err *err)
{
	const struct kafka_setting owned[] = {
		{"group.id", conf->group},
		{"isolation.level", "read_uncommitted"},
		{"enable.metrics.push", "false"},
	};
	rd_kafka_conf_t *rk_conf;

	reader->ends.role = "reader";
	reader->ends.log = conf->log;
	kafka_client_guard(&reader->ends, conf->secrets, conf->secret_count);
	if (kafka_client_conf(conf->settings, conf->setting_count, owned,
			      sizeof(owned) / sizeof(owned[0]), &rk_conf, err) < 0 ||
	    kafka_client_open(&reader->ends, RD_KAFKA_CONSUMER, rk_conf, err) < 0)
		return -1;
	reader->ends_facts.rk = reader->ends.rk;
	reader->ends_facts.group = conf->group;
	reader->ends_facts.call_ms_max = conf->call_ms_max;
	return 0;
}

int kafka_topic_open(const struct kafka_topic_conf *conf, struct kafka_topic **ret, struct err *err)
{
	struct kafka_topic *reader = calloc(1, sizeof(*reader));
	const struct kafka_broker_conf consumer_conf = {
		.settings = conf->settings,
		.setting_count = conf->setting_count,
		.secrets = conf->secrets,
		.secret_count = conf->secret_count,
		.group = conf->group,
		.consumer_queue_bytes = conf->queue_bytes,
		.call_ms_max = conf->call_ms_max,
		.log = conf->log,
	};

	must(reader != NULL);
	must(conf->call_ms_max > 0);
	reader->facts.call_ms_max = conf->call_ms_max;
	if (kafka_consumer_open(&reader->consumer, &consumer_conf, err) < 0 ||
	    open_ends(reader, conf, err) < 0) {
		kafka_topic_close(reader);
		return -1;
	}
	reader->facts.rk = reader->consumer.client.rk;
	reader->facts.group = conf->group;
	*ret = reader;
	return 0;
}

void kafka_topic_close(struct kafka_topic *reader)
{
	if (!reader)
		return;
	kafka_facts_fini(&reader->facts);
	kafka_consumer_close(&reader->consumer, reader->facts.call_ms_max);
	kafka_client_close(&reader->ends, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE,
			   reader->facts.call_ms_max);
	/* a handle that hangs may still log */
	if (!reader->consumer.client.leaked && !reader->ends.leaked)
		free(reader);
}

static int explained(struct kafka_topic *reader, int res, struct err *err)
{
	return kafka_client_answer(&reader->consumer.client, res, err);
}

int kafka_topic_partitions(struct kafka_topic *reader, const char *topic, int32_t *ret,
			   struct err *err)
{
	return explained(reader, kafka_facts_partitions(&reader->facts, topic, ret, err), err);
}

int kafka_topic_compacted(struct kafka_topic *reader, const char *topic, bool *ret, struct err *err)
{
	return explained(reader, kafka_facts_compacted(&reader->facts, topic, ret, err), err);
}

int kafka_topic_range(struct kafka_topic *reader, struct tp tp, int64_t *ret_start,
		      int64_t *ret_end, struct err *err)
{
	return kafka_client_answer(&reader->ends,
				   kafka_facts_range(&reader->ends_facts, tp, ret_start, ret_end,
						     err),
				   err);
}

int kafka_topic_committed(struct kafka_topic *reader, const struct tp *tps, size_t count,
			  struct arena *arena, struct committed *ret, struct err *err)
{
	return explained(reader, kafka_facts_committed(&reader->facts, tps, count, arena, ret, err),
			 err);
}

/* --- read --- */

/* Records come in runs of one partition: the last hit is tried first. */
static size_t find_span(const struct kafka_topic_span *spans, size_t count, size_t hint,
			const struct source *source)
{
	for (size_t i = 0; i < count; i++) {
		size_t at = (hint + i) % count;

		if (spans[at].tp.partition == source->partition &&
		    strcmp(spans[at].tp.topic, source->topic) == 0)
			return at;
	}
	must(false && "a record of a partition that was not assigned");
	return 0;
}

struct reading {
	const struct kafka_topic_span *spans;
	size_t count, left, hint;
	struct span_state *states;
	kafka_topic_fn *fn;
	void *arg;
};

static void reach(struct reading *reading, size_t at, int64_t next)
{
	struct span_state *state = &reading->states[at];

	if (next > state->next)
		state->next = next;
	if (state->done || state->next < reading->spans[at].end)
		return;
	state->done = true;
	reading->left--;
}

static int read_event(struct reading *reading, const struct broker_event *event, struct err *err)
{
	const struct source *source = &event->source;
	const struct kafka_topic_span *span;
	size_t at;

	if (event->kind == BROKER_NOTHING)
		return 0;
	at = find_span(reading->spans, reading->count, reading->hint, source);
	reading->hint = at;
	span = &reading->spans[at];
	switch (event->kind) {
	case BROKER_RECORD:
		if (source->offset < span->end && !reading->states[at].done) {
			/* The span's own pointer: two spans may share a topic's name. */
			struct source own = {span->tp.topic, source->partition, source->offset};

			if (reading->fn(reading->arg, &own, &event->record, err) < 0)
				return -1;
		}
		reach(reading, at, source->offset + 1);
		return 0;
	case BROKER_EOF: /* the tail may be control records only */
		reach(reading, at, source->offset);
		return 0;
	case BROKER_OFFSET_GONE:
		return err_set(err, ERR_STOP, EXIT_DATA,
			       "%s/%d: offset %lld is not in the log: it was deleted, or the topic "
			       "was made anew",
			       span->tp.topic, (int)span->tp.partition,
			       (long long)reading->states[at].next);
	case BROKER_NOTHING:
	case BROKER_ASSIGNED:
	case BROKER_REVOKED:
	case BROKER_LOST:
		break;
	}
	must(false && "a rebalance without a subscription");
	return -1;
}

static int idle_error(const struct reading *reading, int idle_ms_max, const struct err *trouble,
		      struct err *err)
{
	for (size_t i = 0; i < reading->count; i++) {
		const struct kafka_topic_span *span = &reading->spans[i];

		if (reading->states[i].done)
			continue;
		return err_set(err, ERR_RETRY, 0,
			       "%s/%d: nothing for %d ms at offset %lld, short of %lld: %s",
			       span->tp.topic, (int)span->tp.partition, idle_ms_max,
			       (long long)reading->states[i].next, (long long)span->end,
			       trouble->kind == ERR_NONE
				       ? "is the broker there, or a transaction still open?"
				       : trouble->msg);
	}
	must(false && "idle with nothing left to read");
	return -1;
}

static int read_all(struct kafka_topic *reader, struct reading *reading, int idle_ms_max,
		    struct err *err)
{
	struct err trouble = {.kind = ERR_NONE};
	int64_t progress_ms = clock_ms(CLOCK_MONOTONIC);
	unsigned int records = 0; /* since the clock was last asked */

	while (reading->left > 0) {
		struct broker_event event = {.kind = BROKER_NOTHING};

		if (kafka_consumer_poll(&reader->consumer, POLL_MS, &event, &trouble) < 0 &&
		    trouble.kind != ERR_RETRY) {
			*err = trouble;
			return -1;
		}
		if (read_event(reading, &event, err) < 0)
			return -1;
		if (event.kind == BROKER_RECORD && ++records < RELEASE_EVERY)
			continue;
		kafka_consumer_release(&reader->consumer);
		if (records > 0)
			progress_ms = clock_ms(CLOCK_MONOTONIC);
		records = 0;
		if (clock_ms(CLOCK_MONOTONIC) - progress_ms > idle_ms_max && reading->left > 0)
			return idle_error(reading, idle_ms_max, &trouble, err);
	}
	return 0;
}

int kafka_topic_read(struct kafka_topic *reader, const struct kafka_topic_span *spans, size_t count,
		     int idle_ms_max, kafka_topic_fn *fn, void *arg, struct err *err)
{
	struct reading reading = {.spans = spans, .count = count, .fn = fn, .arg = arg};
	struct tp_offset *positions = calloc(count + 1, sizeof(*positions));
	const char **topics = calloc(count + 1, sizeof(*topics));
	size_t assigned = 0;
	int res = 0;

	reading.states = calloc(count + 1, sizeof(*reading.states));
	must(positions && topics && reading.states);
	for (size_t i = 0; i < count; i++) {
		must(spans[i].start >= 0);
		topics[i] = spans[i].tp.topic;
		reading.states[i] =
			(struct span_state){spans[i].start, spans[i].start >= spans[i].end};
		if (!reading.states[i].done)
			positions[assigned++] =
				(struct tp_offset){.tp = spans[i].tp, .offset = spans[i].start};
	}
	reading.left = assigned;
	reader->consumer.topics = topics;
	reader->consumer.topic_count = count;
	if (assigned > 0) {
		struct err
			later; /* an unassign that fails leaves nothing to do: it is closed next */

		res = kafka_consumer_assign(&reader->consumer, positions, assigned, err);
		if (res == 0)
			res = read_all(reader, &reading, idle_ms_max, err);
		kafka_consumer_release(&reader->consumer);
		(void)!kafka_consumer_unassign(&reader->consumer, &later);
	}
	reader->consumer.topic_count = 0;
	reader->consumer.topics = NULL;
	free(positions);
	free(topics);
	free(reading.states);
	return res;
}
