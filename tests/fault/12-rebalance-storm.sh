#!/bin/bash
# Matrix row 12: a member comes or goes every 5 s, in order and by kill -9, while two others work:
# each time all partitions are given out anew, with state rebuilt where it has no disk of its own.
# Holes: H3, H4 (offsets of partitions that have moved).
. "$(dirname "$0")/lib.sh"

simple storm 6
for member in a b c; do configure $member "session.timeout.ms: 6000"; done
load_on --rate 2000
start a
reaches 1000 a
note_fds a
start b
RANDOM=$SEED
for ((i = 1; i <= 6; i++)); do
	start c
	sleep 5 # the schedule of the fault, no wait for an effect
	if ((RANDOM % 2)); then kill_hard c; else stop c; fi
	sleep 5
	running "${pids[a]}" && running "${pids[b]}" || fail "a member that stayed has ended"
done
end_load
drained a 120
wait_until 30 "no more descriptors than before" fds_same a
say "CPU of the first: $(awk '{ print ($14 + $15) / 100 }' "/proc/${pids[a]}/stat") s"
stop a
stop b
judge_all --complete
