#!/bin/bash
# The state directory is deleted between runs: the state is rebuilt from the input, and repeats of
# ids that were seen before are still known. Once more with the state of a copy that has grown old.
# (tests/fault: matrix row 16)
. "$(dirname "$0")/lib.sh"

use fresh 4
configure a
load -n 30000 --seed "${SEED:-30}" --far 20000
start a
drained a
stop a
cp -a "$WORK/state.a" "$WORK/old"

rm -rf "$WORK/state.a"
load -n 30000 --seed "${SEED:-30}" --start-index 30000 --far 20000
start a
drained a
logged 'records replayed' || fail "nothing was replayed, though the state was gone"
stop a
judge --complete

rm -rf "$WORK/state.a"
mv "$WORK/old" "$WORK/state.a"
load -n 30000 --seed "${SEED:-30}" --start-index 60000 --far 20000
start a
drained a
stop a
verify a
judge --complete
