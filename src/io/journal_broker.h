/*
 * journal_broker: the broker port over a host's journal: entries instead of a topic's records, the
 * same transactional producer. The journal is one partition, JOURNAL_TOPIC/0, that is always ours.
 *
 * An offset counts the entries that the source's matches let through. What finds the place again is
 * an entry's cursor in the committed metadata (journal_place): every matching entry up to it lies
 * below the offset, and offsets below are found by counting back from it. The log thus begins where
 * the journal does, and never ends before the committed offset. A place whose entry is gone means
 * that entries were deleted before they were read; how many cannot be known, so one offset stands
 * for them: the log then begins at C + 1.
 *
 * While there is nothing to read the place moves on with the journal's end, and is committed anew
 * now and then (an EOF that asks for it), so that what others write does not push it out of the
 * journal, and the offset does not expire.
 */
#ifndef ONCED_IO_JOURNAL_BROKER_H
#define ONCED_IO_JOURNAL_BROKER_H

#include "core/pipeline.h"
#include "io/kafka_broker.h"

struct journal_broker_conf {
	struct kafka_broker_conf kafka;  /* what it points to is borrowed */
	const struct pipeline *pipeline; /* borrowed; with a journal */
	bool whole; /* log_range looks back to the base, whatever the pipeline's state needs */
};

/* As kafka_broker_open; also STOP 77: the journal may not be read. */
int journal_broker_open(const struct journal_broker_conf *conf, struct broker **ret,
			struct err *err) CHECKED;

#endif
