/*
 * journal_poll: what the two files of the journal's broker share, and nobody else sees: the broker
 * itself, and its consumer half, which reads entries and moves its place on when there are none.
 *
 * Thread: the worker's. Blocks: poll at most its timeout. Errors: see port/broker.h.
 */
#ifndef ONCED_IO_JOURNAL_POLL_H
#define ONCED_IO_JOURNAL_POLL_H

#include "io/journal_broker.h"
#include "io/journal_known.h"
#include "io/journal_reader.h"
#include "io/kafka_pair.h"
#include "io/kafka_position.h"

struct journal_broker {
	struct kafka_pair pair; /* first: it begins with the port's handle; never subscribes */
	const struct pipeline *pipeline; /* borrowed */
	bool whole;                      /* as in the conf */
	struct kafka_position kafka;
	struct journal *journal;
	struct arena *records; /* of what was delivered and not released */
	struct tp tp;
	bool subscribed, told, assigned;
	int64_t next;      /* offset of the next entry */
	bool at_end;       /* and the worker was told so */
	bool is_overtaken; /* entries sort before what was read: the clock was set back */
	struct journal_known known;
	struct journal_position sent;  /* in the open transaction */
	int64_t committed_ms, tail_ms; /* monotonic */
	/* counting back from `home`, over several calls */
	bool looking;
	int64_t looked, wanted;
};

int journal_poll(struct journal_broker *own, int timeout_ms, struct broker_event *ret,
		 struct err *err) CHECKED;
int journal_assign(struct journal_broker *own, const struct tp_offset *positions, size_t count,
		   struct err *err) CHECKED;

#endif
