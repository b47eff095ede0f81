#!/bin/bash
# Matrix row 5, hole H5 (a delayed EndTxn acts on the next transaction of the same producer epoch),
# first variant: EndTxn(abort) of transaction 1 is held, its connection cut; librdkafka sends it
# again and goes on; the late one arrives inside transaction 2, after its outputs and before its
# offsets. Without the taint rule the outputs vanish while the offsets are committed.
# quick
. "$(dirname "$0")/lib.sh"

torn() { # NAME [DEFENCE_OFF]
	warm "$1" 2
	load -n 300 --seed "$SEED" --start-index 1000
	commit_when "every: 1s"
	proxy rule abort api=EndTxn.abort cut=1
	proxy rule outputs api=Produce do=delay ms=1 after=abort
	proxy rule second api=AddOffsetsToTxn after=abort
	ONCED_WITHOUT=${2:-} ONCED_FAILPOINT=seal:1:fail start a
	proxy wait abort 1 30
	proxy wait second 1 30
	proxy wait outputs 1 30
	proxy quiet 300 20 # its outputs are at the broker
	proxy release abort
	late=$answer
	proxy clear
}

torn "torn-abort" taint
[ "$late" = 0 ] || fail "the late abort was refused ($late): the scenario shows nothing"
drained a
stop a
must_find lost

torn "held-abort"
[ "$late" = 47 ] || fail "the broker answered the late abort with $late instead of 47"
drain_and_judge a
