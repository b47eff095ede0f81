#!/bin/bash
# Matrix row 6, hole H5, third variant: TxnOffsetCommit of transaction 1 is held, its connection
# cut; librdkafka sends it again and goes on; the late one arrives inside transaction 3, behind
# that one's own. Without the taint rule C moves back, and what lies between is processed again.
# quick
. "$(dirname "$0")/lib.sh"

torn() { # NAME [DEFENCE_OFF]
	warm "$1" 1
	load -n 3000 --seed "$SEED" --start-index 1000
	commit_when "records: 500"
	proxy rule offsets api=TxnOffsetCommit cut=1
	proxy rule third api=EndTxn.commit after=offsets skip=2
	proxy rule fourth api=AddOffsetsToTxn after=third
	ONCED_WITHOUT=${2:-} start a
	proxy wait offsets 1 30
	proxy wait third 1 30
	proxy release offsets
	late=$answer
	proxy release third
	proxy wait fourth 1 30
	kill_hard a
	proxy clear
}

torn "torn-offsets" taint
[ "$late" = 0 ] || fail "the late offsets were refused ($late): the scenario shows nothing"
went_back() { ! ONCED_BROKERS=$DIRECT never_back; }
wait_until 30 "C went back" went_back
say "without the defence: $(head -n 1 "$WORK/never_back")"

torn "held-offsets"
[ "$late" = 47 ] || fail "the broker answered the late offsets with $late instead of 47"
start a
drain_and_judge a
