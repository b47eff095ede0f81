#!/bin/bash
# Matrix rows 13 and 11: a JoinGroup whose connection was cut comes to the coordinator late, when
# its sender has long joined with another one. For the coordinator it is a new process of the same
# instance name, and it fences the living one; but nobody speaks for it, and it is gone after a
# session. The daemon waits for that, and goes on.
# Holes: none of the protocol; a 76 that is none would stop a daemon for good.
. "$(dirname "$0")/lib.sh"

late() { # NAME [DEFENCE_OFF]
	warm "$1" 2
	load -n 300 --seed "$SEED" --start-index 1000
	proxy rule join api=JoinGroup cut=1
	ONCED_WITHOUT=${2:-} start a
	proxy wait join 1 30
	drained a
	proxy release join
	proxy clear
}

late late-off holder
ends_with 76 a 60
say "without the defence: 76"

late late
wait_until 30 "the wait" logged 'another member has joined the group as .*: waiting'
load -n 300 --seed "$SEED" --start-index 1300
drained a
[ "$(grep -c "warning .*another member has joined" "$log")" = 1 ] || fail "it does not say it once"
running "${pids[a]}" || fail "onced ended"
stop a
judge_all --complete
