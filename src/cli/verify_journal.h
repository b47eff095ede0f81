/*
 * verify_journal: the input of `onced verify` where it is a journal, through the same broker as the
 * daemon's: read again from what is left of it up to C.
 *
 * Thread: main. Blocks: as verify_read.
 */
#ifndef ONCED_CLI_VERIFY_JOURNAL_H
#define ONCED_CLI_VERIFY_JOURNAL_H

#include "cli/ask.h"
#include "cli/verify_parts.h"
#include "port/broker.h"

/* After committed: the log's ends. */
int verify_journal_range(struct broker *journal, const struct ask *ask, struct tp tp,
			 int64_t *ret_start, int64_t *ret_end, struct err *err) CHECKED;

/* The part's records. ABORT: some were deleted meanwhile, begin again. */
int verify_journal_read(struct broker *journal, const struct verify_part *part, kafka_topic_fn *fn,
			void *arg, struct err *err) CHECKED;

#endif
