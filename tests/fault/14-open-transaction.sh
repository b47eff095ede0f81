#!/bin/bash
# Matrix row 14, hole H1: a worker dies and leaves an open transaction: its outputs are there, its
# offsets pending. Another host, without any state, takes its partitions over. It must not read C
# before the transaction has ended by its timeout, and its state must not depend on it. Once more
# with a transaction that the coordinator has just been asked to commit.
. "$(dirname "$0")/lib.sh"

a_settled() { no_open_transaction a.; } # no transaction of a is open, or about to end

left() { # NAME FAILPOINT
	rm -rf "$WORK/state.b"
	warm "$1" 2
	configure b "session.timeout.ms: 6000"
	load -n 2000 --seed "$SEED" --start-index 1000 --far 500
	ONCED_FAILPOINT=$2 start a
	dies_at a
}
took_over() { logged ': C='; }

left "open-pending" flush:1
! a_settled && grep -q ' Ongoing$' "$WORK/open" ||
	fail "no transaction is open: the scenario shows nothing"
start b
wait_until 60 "the other host knows C" took_over
a_settled || fail "C was read while a transaction on it was open: $(cat "$WORK/open")"
drained b
logged 'rebuild' || fail "the state was not rebuilt"
stop b
judge_all --complete

left "open-ending" endtxn-sent:1
start b
wait_until 60 "the other host knows C" took_over
a_settled || fail "C was read while a transaction on it was open: $(cat "$WORK/open")"
drained b
stop b
judge_all --complete
