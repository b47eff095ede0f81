#!/bin/bash
# Matrix row 19: somebody looks into the state with another tool, which pins the pages of that
# moment, and is killed with SIGKILL. With a small map the state is full as long as the tool lives;
# then its place among the readers is found dead, and the pages are free again.
# Holes: H14.
. "$(dirname "$0")/lib.sh"

simple stale-reader 1
load -n 2000 --seed "$SEED" --repeats 0
MAP_BYTES=3000000 LD_PRELOAD=$SHIMS/tiny_map.so start a
drained a
"$SHIMS/pin" "$WORK/state.a/$name" >"$WORK/pinned" 2>&1 &
pids[pin]=$!
wait_until 20 "the reader" grep -q pinned "$WORK/pinned"
load_on --rate 1000 --start-index 2000 --accounts 50 --repeats 90 --far 500
wait_until 120 "a full map" logged 'the state is full'
kill_hard pin
end_load
size() { stat -c %s "$WORK/state.a/$name/data.mdb"; }
drained a
stop a
MAP_BYTES=3000000 LD_PRELOAD=$SHIMS/tiny_map.so start a
load -n 5000 --seed "$SEED" --start-index 1000000 --accounts 50 --repeats 90 --far 500
drained a
! logged 'the state is full' || fail "the dead reader still pins its pages"
stop a
judge_all --complete
