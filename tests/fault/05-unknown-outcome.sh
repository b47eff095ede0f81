#!/bin/bash
# Matrix rows 5 and 6: the answer to a commit is lost for good. Once the broker has obeyed, once it
# never heard of it; over three partitions. onced must find out which by reading C, say so, and go
# on. Without that, taking the transaction for aborted, the records that were committed come twice.
# Holes: none of the protocol; the argument's point 6 in docs/guarantee.md.
. "$(dirname "$0")/lib.sh"

loses() { # NAME RULE_OPTIONS [DEFENCE_OFF]
	warm "$1" 3
	load -n 300 --seed "$SEED" --start-index 1000
	commit_when "every: 1s" # all of them in one batch
	# shellcheck disable=SC2086 # words
	proxy rule lost api=EndTxn.commit do=drop count=all $2
	ONCED_WITHOUT=${3:-} start a
	proxy wait lost 1 30
	wait_until 40 "the commit given up" logged 'given up .*; batches of 150 now'
	proxy clear
	load -n 300 --seed "$SEED" --start-index 2000 # or lag 0 is there before it is settled
	drained a
	stop a
}
says() { # committed|aborted
	local count
	count=$(grep -c "whose answer was lost was $1 " "$log" || true)
	[ "$count" = 3 ] || fail "the log says $1 of $count partitions, not of 3"
}

loses "unknown-off" dir=answer settle
must_find repeated

loses "unknown-committed" dir=answer
says committed
judge_all --complete

loses "unknown-aborted" dir=request
says aborted
judge_all --complete
