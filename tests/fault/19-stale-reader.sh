#!/bin/bash
# Matrix row 19: somebody looks into the state with another tool, which pins the pages of that
# moment, and is killed with SIGKILL. With a small map the state is full as long as the tool lives,
# then memory too, and intake stops; then its place among the readers is found dead, and the same
# process goes on.
# Holes: H14.
. "$(dirname "$0")/lib.sh"

simple stale-reader 1
# Of four workers one works, with 4 MB of overlay.
sed -i 's/^workers: .*/workers: 4/' "$WORK/pipelines/$name.yaml"
printf 'memory: 64M\n' >>"$WORK/a.yaml"
load -n 2000 --seed "$SEED"
MAP_BYTES=24000000 LD_PRELOAD=$SHIMS/tiny_map.so start a
drained a
"$SHIMS/pin" "$WORK/state.a/$name" >"$WORK/pinned" 2>&1 &
pids[pin]=$!
wait_until 20 "the reader" grep -q pinned "$WORK/pinned"
load -n 60000 --seed "$SEED" --start-index 2000
load_on --rate 3000 --start-index 62000 --repeats 50 --far 50000
wait_until 120 "a full map" logged 'the state is full'
wait_until 120 "the stop of intake" logged 'nothing is read until this heals'
end_load
kill_hard pin
load -n 20000 --seed "$SEED" --start-index 1000000 # there is no room in memory for them
drained a 120
running "${pids[a]}" || fail "onced ended"
stop a
judge_all --complete
