#!/bin/bash
# Matrix row 5, hole H5, where no log tells: the same as 05-torn-abort, but the connection is cut
# three times in a row with the same request; from the third such disconnect within 30 s librdkafka
# logs nothing. What is sent is counted all the same.
. "$(dirname "$0")/lib.sh"

torn() { # NAME [DEFENCE_OFF]
	warm "$1" 2
	echo "log_level: debug" >>"$WORK/a.yaml"
	load -n 300 --seed "$SEED" --start-index 1000
	commit_when "every: 1s"
	proxy rule abort api=EndTxn.abort cut=1 count=4
	proxy rule outputs api=Produce do=delay ms=1 after=abort
	proxy rule second api=AddOffsetsToTxn after=abort
	ONCED_WITHOUT=${2:-} ONCED_FAILPOINT=seal:1:fail start a
	proxy wait abort 4 30
	proxy wait second 1 30
	proxy wait outputs 1 30
	proxy quiet 300 20
	said=$(grep -ci 'disconnected' "$log" || true)
	proxy release abort
	late=$answer
	proxy clear
}

torn "silent-off" taint
[ "${late%% *}" = 0 ] || fail "the late abort was refused ($late): the scenario shows nothing"
say "four disconnects, $said in the log"
[ "$said" -lt 4 ] || fail "librdkafka logged every disconnect: nothing is silent here"
drained a
stop a
must_find lost

torn "silent-on"
[ "$late" = "47 47 47 47" ] || fail "the broker answered the late aborts with $late"
drain_and_judge a
