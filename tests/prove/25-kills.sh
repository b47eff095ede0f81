#!/bin/bash
# Killed 25 times in 60 seconds under load, with two workers: 0 lost, 0 repeated, order kept per
# source partition, by a checker that is not onced's. SEED chooses the records and the moments.
#
# The moments are a schedule of seeded times, 2.4 s apart on average; what is asserted is the
# result. The load goes on until after the last kill, so every kill comes under load.
. "$(dirname "$0")/../integration/lib.sh"

kills=25 seconds=60 rate=8000
slice_us=$((seconds * 1000000 / kills))
seed=${SEED:-25}
RANDOM=$seed
use kills 8
configure a
load -n $((rate * (seconds + 10))) --seed "$seed" --rate $rate --far 30000 &
loader=$!
start a
reaches 1 a
begin=${EPOCHREALTIME/./}
busy=0 before=$(committed)
for ((i = 1; i <= kills; i++)); do
	# somewhere in the i-th of 25 equal slices of the minute
	due=$((begin + slice_us * (i - 1) + RANDOM * slice_us / 32768))
	left=$((due - ${EPOCHREALTIME/./}))
	[ $left -le 0 ] || sleep "$(printf '%d.%06d' $((left / 1000000)) $((left % 1000000)))"
	running "${pids[a]}" || fail "onced ended by itself before kill $i"
	kill_hard a
	at=$(committed)
	[ "$at" = "$before" ] || busy=$((busy + 1))
	printf '  kill %2d after %2d s, %d records committed\n' $i \
		$(((${EPOCHREALTIME/./} - begin) / 1000000)) "$at"
	before=$at
	start a
done
took=$(((${EPOCHREALTIME/./} - begin) / 1000000))
wait "$loader" || fail "the load ended early"
drained a 120
stop a
judge --complete
say "killed $kills times in $took s (seed $seed); $busy of the $kills lives committed something"
say "records $(field records), lost $(field lost), repeated $(field repeated)," \
	"out of order $(field disorder)"
[ $took -le $((seconds + 5)) ] || fail "the kills took longer than a minute"
[ $busy -ge $((kills / 2)) ] || fail "most lives were too short to commit anything: not under load"
