/*
 * tally: how often each kind of trouble really came in a simulation. A schedule that never meets a
 * fault proves nothing about it, so the run prints the counts and fails where one of them is zero.
 * Counts go on over all schedules of a process; one thread.
 */
#ifndef ONCED_TESTS_TALLY_H
#define ONCED_TESTS_TALLY_H

#include <stdint.h>
#include <stdio.h>

/* clang-format off */
#define TALLIES(X) \
	/* answers of the broker */ \
	X(RETRY, "a call to be made again") \
	X(ABORT, "an error that asks for an abort") \
	X(REFUSED, "a record refused by its delivery report") \
	X(TOO_LARGE, "a record refused at once") \
	X(QUEUE_FULL, "the producer's queue full") \
	X(DONE_UNKNOWN, "done, and the answer lost") \
	X(LOST_UNKNOWN, "no answer") \
	X(UNDER_WAY, "of those, an EndTxn that arrived later") \
	X(COMMIT_UNKNOWN, "of those, commits that were done") \
	X(COMMIT_LATE, "a commit answered only when asked again") \
	X(LATE_END, "a second EndTxn that arrived later") \
	X(LATE_OFFSETS, "a second TxnOffsetCommit that arrived later") \
	X(LATE_MARKERS, "markers written late, offsets unstable") \
	X(STALE, "a record from before a rewind") \
	X(TXN_TIMEOUT, "a transaction timed out") \
	X(FENCED, "a producer fenced") \
	X(OLD_GENERATION, "offsets of an old generation") \
	X(NO_MEMBER, "offsets that no member would have sent") \
	/* the group */ \
	X(REBALANCE, "a rebalance") \
	X(EXPIRED, "a member whose session ended") \
	X(STATIC_RETURN, "a member that came back to its partitions") \
	X(LOST, "partitions lost") \
	X(LOST_UNSEEN, "records taken while the loss was not known") \
	X(FENCED_MEMBER, "a member fenced by its successor") \
	/* processes */ \
	X(CRASH, "a crash in the middle of a call") \
	X(KILL, "a process killed") \
	X(CRASH_LOOP, "a record that was in hand at five crashes") \
	X(DRAIN, "a process stopped in order") \
	X(FREEZE, "a process frozen") \
	X(MEANWHILE, "hosts that went on while another was in a call") \
	X(ZOMBIE, "a process that woke after its partitions were given away") \
	/* the state */ \
	X(DISK_LOST, "the state lost") \
	X(DISK_OLD, "an old state put back") \
	X(DISK_COPIED, "another host's state") \
	X(CHECKPOINT_LOST, "a checkpoint that a crash undid") \
	X(CHECKPOINT_FAILED, "a checkpoint that failed") \
	X(WRITE_FAILED, "another write that failed") \
	X(READ_FAILED, "a read that failed") \
	X(OLD_OWNER, "a checkpoint of an older owner refused") \
	X(NOT_OURS, "a batch whose state another worker took over") \
	X(SWEPT, "expired entries swept") \
	/* the log */ \
	X(CONTROL, "a control record") \
	X(INPUT_ABORTED, "an aborted record in the input") \
	X(DISORDER, "a timestamp out of order") \
	X(NO_TIMESTAMP, "no timestamp") \
	X(FUTURE, "a timestamp of 2099") \
	X(RETENTION, "records deleted") \
	X(DELETED_UNREAD, "records deleted before they were read") \
	X(PARTITION_ADDED, "a partition added") \
	/* definitions */ \
	X(DEF_PREFIX, "another prefix") \
	X(DEF_WINDOW, "another window") \
	X(DEF_SAME_PREFIX, "another definition with the same prefix") \
	X(DEF_STATELESS, "a definition without state") \
	X(ERRORS_STOP, "a record that stops the pipeline") \
	/* admins */ \
	X(RESET_BACK, "offsets moved back") \
	X(RESET_FORWARD, "offsets moved forward") \
	X(RESET_KEEPS_M, "offsets moved forward with their metadata") \
	X(RESET_OLD_M, "offsets moved back with their metadata") \
	X(OFFSETS_EXPIRED, "offsets expired") \
	X(ACCEPTED, "offsets accepted") \
	X(ADOPTED, "offsets adopted") \
	X(MADE_ANEW, "a log that is not the one processed") \
	X(LOG_CUT, "a log that ends below C") \
	/* verdicts */ \
	X(VERDICT_LIVE, "verdict: live") \
	X(VERDICT_REPLAY, "verdict: replay from K") \
	X(VERDICT_REBUILD, "verdict: rebuild from w") \
	X(VERDICT_SCRATCH, "verdict: from the base or the log start") \
	X(GAP_OPENED, "a gap") \
	X(GAP_STOPPED, "a record that a gap stopped") \
	X(GAP_ACCEPTED, "a record that a gap let pass") \
	X(STOPPED, "a STOP") \
	/* the end */ \
	X(MARK, "a mark on disk compared with the model")
/* clang-format on */

enum tally {
#define X(name, text) TALLY_##name,
	TALLIES(X)
#undef X
		TALLY_KINDS,
};

void tally(enum tally kind);
int64_t tally_of(enum tally kind);
void tally_print(FILE *file);
/* The text of a kind that never came; NULL = all came. */
const char *tally_missing(void);

#endif
