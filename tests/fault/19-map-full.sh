#!/bin/bash
# Matrix row 19: the map of the state is full, while the disk is not: work goes on while memory
# lasts, intake stops with the reason, a kill in that state changes nothing; with a map of the
# usual size it goes on.
# Holes: H14.
. "$(dirname "$0")/lib.sh"

simple map-full 1
# Of four workers one works, with 4 MB of overlay.
sed -i 's/^workers: .*/workers: 4/' "$WORK/pipelines/$name.yaml"
printf 'memory: 64M\n' >>"$WORK/a.yaml"
load -n 60000 --seed "$SEED" --far 50000
for ((i = 0; i < 2; i++)); do
	MAP_BYTES=1048576 LD_PRELOAD=$SHIMS/tiny_map.so start a
	wait_until 60 "a full map" logged 'the state is full'
	wait_until 60 "the stop of intake" logged 'nothing is read until this heals'
	running "${pids[a]}" || fail "onced ended"
	[ "$(committed)" -lt 60000 ] || fail "all was read: the scenario shows nothing"
	kill_hard a
done
start a
drain_and_judge a
