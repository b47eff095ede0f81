#!/bin/bash
# SIGKILL in a loop, each time as soon as a little more is committed, while the load goes on: so
# it dies in every phase, also while it starts, replays and joins.
# (tests/fault: matrix row 2)
. "$(dirname "$0")/lib.sh"

use loop 4
configure a
load -n 60000 --seed "${SEED:-40}" --rate 6000 &
loader=$!
start a
reaches 1000 a
for ((i = 1; i <= 10; i++)); do
	at=$(committed)
	kill_hard a
	start a
	# every third one dies before it commits anything: as soon as it has logged its first line
	if ((i % 3 == 0)); then
		wait_until 20 "a first line in the log" test -s "$log"
		kill_hard a
		start a
	fi
	reaches $((at + 500)) a
done
wait "$loader" || fail "the load ended early"
drained a
stop a
verify a
judge --complete
