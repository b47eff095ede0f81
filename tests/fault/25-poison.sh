#!/bin/bash
# Matrix row 25: a record on which the process dies, every time (a test build dies at a mark in
# it). The crash counter makes the batches smaller from start to start, until the record is alone;
# then the pipeline stops with 65 and its coordinates. What came before is committed, nothing after
# it.
# Holes: none of the protocol; the crash counter.
. "$(dirname "$0")/lib.sh"

# The first life leaves a checkpoint: the later ones may all be shorter than the second after which
# one is written, and the judgement wants a state to look at.
begin() { # NAME
	rm -rf "$WORK/state.a"
	warm "$1" 1
	load -n 2000 --seed "$SEED" --start-index 1000
	{
		printf '0\t%s\tk\t{"id":"p","type":"payment","amount":1,' "$(date +%s000)"
		printf '"account":"a","seq":900001,"memo":"failpoint:poison"}\n'
	} | put
	load -n 3000 --seed "$SEED" --start-index 3000
}

begin poison
deaths=0
while :; do
	ONCED_FAILPOINT=poison start a
	wait_until 60 "an end" ended "${pids[a]}"
	logged '^onced: failpoint' || break
	ends_with 137 a 1
	deaths=$((deaths + 1))
	[ $deaths -lt 25 ] || fail "it dies for ever"
done
ends_with 65 a 1
logged "$in/0/3000" || fail "the log does not name the record"
[ "$(committed)" = 3000 ] || fail "C is $(committed), not at the record"
say "stopped after $deaths deaths"
judge_all
start a # a build that does not die of it would stop all the same: it is for the operator to say
ends_with 65 a 60
logged "offsets accept $name $in/0" || fail "the log does not name the command that settles it"
wait_until 30 "offsets accept" "$ONCED" offsets accept -c "$WORK/a.yaml" "$name" "$in/0"
start a
drained a
stop a
judge_all

begin poison-off
for ((i = 0; i < deaths + 3; i++)); do
	ONCED_WITHOUT=crash-counter ONCED_FAILPOINT=poison start a
	dies_at a
done
say "without the defence: $i deaths, and no end"
