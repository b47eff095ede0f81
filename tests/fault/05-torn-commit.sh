#!/bin/bash
# Matrix row 5, hole H5, second variant: EndTxn(commit) of transaction 1 is held, its connection
# cut; librdkafka sends it again and goes on; the late one arrives inside transaction 2, after its
# outputs and before its offsets; then the process dies. Without the taint rule the outputs are
# visible and their records are read again: repeated.
# quick
. "$(dirname "$0")/lib.sh"

torn() { # NAME [DEFENCE_OFF]
	warm "$1" 2
	load -n 300 --seed "$SEED" --start-index 1000
	commit_when "every: 1s"
	proxy rule commit api=EndTxn.commit cut=1
	proxy rule outputs api=Produce do=delay ms=1 after=commit
	proxy rule second api=AddOffsetsToTxn after=commit
	ONCED_WITHOUT=${2:-} start a
	proxy wait commit 1 30
	load -n 300 --seed "$SEED" --start-index 2000
	proxy wait second 1 30
	proxy wait outputs 1 30
	proxy quiet 300 20
	proxy release commit
	late=$answer
	kill_hard a
	proxy clear
	start a
	drained a
	stop a
}

torn "torn-commit" taint
[ "$late" = 0 ] || fail "the late commit was refused ($late): the scenario shows nothing"
must_find repeated

torn "held-commit"
[ "$late" = 47 ] || fail "the broker answered the late commit with $late instead of 47"
judge_all --complete
