/* journal_poll: see journal_poll.h. */
#include "io/journal_poll.h"

#include <inttypes.h>
#include <time.h>

#include "base/must.h"
#include "io/clock_ms.h"

#define TAIL_EVERY_MS 1000
#define RENEW_MOVED_MS INT64_C(60000)        /* the journal went on without us */
#define RENEW_IDLE_MS (INT64_C(6) * 3600000) /* far below the brokers' offsets.retention.minutes */

/* Nothing to read: how far did the journal get without us? Only what lies behind the place, and
 * only if there is still nothing to read, moves it. *ret: what turned up meanwhile. */
static int follow_tail(struct journal_broker *own, enum journal_found *ret, struct record *record,
		       struct err *err)
{
	const struct journal_place *last = journal_last(own->journal);
	struct journal_place tail;
	bool is, overtaken;

	*ret = JOURNAL_END;
	if (clock_ms(CLOCK_MONOTONIC) - own->tail_ms < TAIL_EVERY_MS)
		return 0;
	own->tail_ms = clock_ms(CLOCK_MONOTONIC);
	if (journal_settled_tail(own->journal, &is, &tail, err) < 0)
		return -1;
	if (journal_next(own->journal, own->records, ret, record, err) < 0)
		return -1;
	if (*ret != JOURNAL_END || !is || !last)
		return 0;
	if (journal_tail_overtakes(own->journal, last, &tail, &overtaken, err) < 0)
		return -1;
	if (overtaken) {
		*ret = JOURNAL_HOLE;
	} else if (journal_cursor_is_later(tail.cursor, last->cursor)) {
		journal_advance(own->journal, &tail);
		journal_known_add(&own->known, own->next, &tail);
	}
	return 0;
}

static void give_record(struct journal_broker *own, const struct record *record,
			struct broker_event *ret)
{
	const struct journal_place *place = journal_last(own->journal);

	must(place != NULL);
	*ret = (struct broker_event){.kind = BROKER_RECORD,
				     .source = {own->tp.topic, own->tp.partition, own->next},
				     .record = *record};
	own->next++;
	own->at_end = false;
	journal_known_add(&own->known, own->next, place);
}

/* Is all committed that was read? */
static bool is_settled(const struct journal_broker *own)
{
	return own->next == (own->known.home.is ? own->known.home.offset : 0);
}

/* Must the position be committed once more though nothing was read? */
static bool is_renewal_due(const struct journal_broker *own)
{
	const struct journal_place *place = journal_known_place(&own->known, own->next);
	int64_t since_ms = clock_ms(CLOCK_MONOTONIC) - own->committed_ms;

	if (!own->known.home.is || own->known.home.offset != own->next || !place)
		return false;
	return since_ms >= RENEW_IDLE_MS ||
	       (since_ms >= RENEW_MOVED_MS && !journal_place_equal(place, &own->known.home.place));
}

static int poll_end(struct journal_broker *own, int timeout_ms, struct broker_event *ret,
		    struct err *err)
{
	bool renew = own->at_end && is_renewal_due(own);

	if (!own->at_end || renew) {
		own->at_end = true;
		if (renew)
			own->committed_ms =
				clock_ms(CLOCK_MONOTONIC); /* not in every turn until it is done */
		*ret = (struct broker_event){.kind = BROKER_EOF,
					     .source = {own->tp.topic, own->tp.partition,
							own->next},
					     .renew = renew};
		return 0;
	}
	/* Idle: hear what the connections have to say. */
	kafka_producer_serve(&own->pair.producer);
	if (kafka_consumer_poll(&own->pair.consumer, 0, ret, err) < 0)
		return -1;
	must(ret->kind == BROKER_NOTHING);
	journal_wait(own->journal, timeout_ms);
	return 0;
}

int journal_poll(struct journal_broker *own, int timeout_ms, struct broker_event *ret,
		 struct err *err)
{
	enum journal_found found;
	struct record record;
	bool overtaken;

	if (own->subscribed && !own->told) {
		own->told = true;
		*ret = (struct broker_event){.kind = BROKER_ASSIGNED,
					     .partitions = &own->tp,
					     .partition_count = 1};
		return 0;
	}
	if (!own->assigned)
		return kafka_consumer_poll(&own->pair.consumer, timeout_ms, ret, err);
	if (journal_next(own->journal, own->records, &found, &record, err) < 0)
		return -1;
	overtaken = found == JOURNAL_HOLE && journal_was_overtaken(own->journal);
	if (found == JOURNAL_END && own->at_end) {
		if (follow_tail(own, &found, &record, err) < 0)
			return -1;
		overtaken = found == JOURNAL_HOLE && journal_was_overtaken(own->journal);
	}
	/* To go on behind such a hole passes over what was not committed: so that comes first. */
	if (overtaken && !is_settled(own))
		found = JOURNAL_END;
	switch (found) {
	case JOURNAL_ENTRY:
		give_record(own, &record, ret);
		return 0;
	case JOURNAL_HOLE:
		own->assigned = false; /* until the worker has decided */
		own->is_overtaken = overtaken;
		*ret = (struct broker_event){.kind = BROKER_OFFSET_GONE,
					     .source = {own->tp.topic, own->tp.partition,
							own->next}};
		return 0;
	case JOURNAL_END:
		break;
	}
	return poll_end(own, timeout_ms, ret, err);
}

int journal_assign(struct journal_broker *own, const struct tp_offset *positions, size_t count,
		   struct err *err)
{
	const struct journal_place *place;
	int64_t offset;
	uint64_t back = 0;

	own->assigned = false;
	own->at_end = false;
	if (count == 0)
		return 0;
	must(count == 1);
	offset = positions[0].offset;
	place = journal_known_place(&own->known, offset);
	if (!place && own->known.home.is && own->known.home.placed &&
	    offset < own->known.home.offset) {
		place = &own->known.home.place;
		back = (uint64_t)(own->known.home.offset - offset);
	}
	if (!place)
		return err_set(err, ERR_RETRY, 0, "journal: no place is known for offset %" PRId64,
			       offset);
	own->looking = false;
	if (journal_seek(own->journal, place, back, err) < 0)
		return -1;
	own->next = offset;
	own->assigned = true;
	return 0;
}
