/* verify_journal: see verify_journal.h. */
#include "cli/verify_journal.h"

#include <inttypes.h>

#define POLL_MS 100

int verify_journal_range(struct broker *journal, const struct ask *ask, struct tp tp,
			 int64_t *ret_start, int64_t *ret_end, struct err *err)
{
	int rc;

	do
		rc = journal->ops->log_range(journal, tp, ret_start, ret_end, err);
	while (ask_again(ask, rc, err));
	return rc;
}

/* Everything below C was in the journal when it was committed: an end before that is a hole. */
static int gone(const struct verify_part *part, int64_t offset, struct err *err)
{
	return err_set(err, ERR_ABORT, 0,
		       "the journal has changed while it was read, at %" PRId64 " of %" PRId64
		       " to %" PRId64,
		       offset, part->start, part->end);
}

int verify_journal_read(struct broker *journal, const struct verify_part *part, kafka_topic_fn *fn,
			void *arg, struct err *err)
{
	const struct tp_offset from = {.tp = part->tp, .offset = part->start};
	int64_t next = part->start;

	if (part->start >= part->end)
		return 0;
	if (journal->ops->assign(journal, &from, 1, err) < 0)
		return err->kind == ERR_RETRY ? gone(part, next, err) : -1;
	while (next < part->end) {
		struct broker_event event = {0};
		int rc = journal->ops->poll(journal, POLL_MS, &event, err);

		if (rc < 0 && err->kind != ERR_RETRY)
			return -1;
		if (rc < 0)
			continue;
		if (event.kind == BROKER_EOF || event.kind == BROKER_OFFSET_GONE)
			return gone(part, next, err);
		if (event.kind == BROKER_RECORD) {
			rc = fn(arg, &event.source, &event.record, err);
			next = event.source.offset + 1;
		}
		journal->ops->release(journal);
		if (rc < 0)
			return -1;
	}
	return 0;
}
