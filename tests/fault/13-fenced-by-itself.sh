#!/bin/bash
# Matrix rows 13 and 10: the coordinator is silent for longer than the session while the worker is
# in a call; librdkafka gives its member id up and sends a heartbeat without one, for which the
# coordinator fences it. No second process is there: the pipeline starts anew and goes on.
# Holes: none of the protocol; a 76 that is none would stop a daemon for good.
. "$(dirname "$0")/lib.sh"

fenced() { # NAME [DEFENCE_OFF]
	warm "$1" 2
	configure a "session.timeout.ms: 6000" "heartbeat.interval.ms: 500"
	load -n 300 --seed "$SEED" --start-index 1000
	proxy clear
	echo "log_level: debug" >>"$WORK/a.yaml"
	# the coordinator hears the heartbeats, so it keeps the member; the client hears nothing
	proxy rule beat api=Heartbeat dir=answer do=cut count=all
	ONCED_WITHOUT=${2:-} ONCED_FAILPOINT=produce:1:sleep=20000 start a
	wait_until 60 "the session given up" logged SESSTMOUT
	proxy clear
}

fenced itself-off holder
ends_with 76 a 60
say "without the defence: 76"

fenced itself
wait_until 60 "the fence" logged 'fenced for it'
drained a
running "${pids[a]}" || fail "onced ended"
stop a
judge_all --complete
