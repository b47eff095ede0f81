#!/bin/bash
# Matrix row 2: a group of one to four processes under load; at seeded moments one of them is killed
# with SIGKILL, stopped with SIGTERM, or started.
# Holes: none of the protocol; every crash row of docs/guarantee.md, by chance.
. "$(dirname "$0")/lib.sh"

members=(a b c d)
simple "random$SEED" 6
for one in "${members[@]}"; do configure $one "session.timeout.ms: 6000"; done
window 10 2000
load_on "${paced[@]}"
RANDOM=$SEED
start a
reaches 500 a
killed=0 stopped=0 started=1
for ((i = 1; i <= 24; i++)); do
	one=${members[RANDOM % 4]}
	if [ -z "${pids[$one]:-}" ]; then
		start "$one"
		started=$((started + 1))
	elif ((RANDOM % 3)); then
		running "${pids[$one]}" || fail "$one has ended by itself"
		kill_hard "$one"
		killed=$((killed + 1))
		if ((RANDOM % 3)); then start "$one"; fi
	else
		wait_until 30 "a first line of $one" test -s "$WORK/$one.${starts[$one]}.log"
		stop "$one"
		stopped=$((stopped + 1))
	fi
	sleep $((RANDOM % 3)).$((RANDOM % 10)) # the schedule of the fault, no wait for an effect
done
end_load
[ -n "${pids[a]:-}" ] || start a
drained a 120
for one in "${!pids[@]}"; do stop "$one"; done
judge_all --complete
say "$killed kills, $stopped stops, $started starts"
