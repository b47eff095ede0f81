#!/bin/bash
# Dead letters: one record in five is broken, in seven ways. Each arrives in the errors topic byte
# for byte, once, also over a kill; with `errors: drop` none does; with `errors: stop` the
# pipeline parks at the first one with exit status 65 and its coordinates.
# (tests/fault: matrix row 25)
. "$(dirname "$0")/lib.sh"

use dead 4
configure a
load -n 20000 --seed "${SEED:-50}" --malformed 200
start a
reaches 6000 a
kill_hard a
start a
drained a
stop a
verify a
judge --complete
[ "$(field dead)" -gt 3000 ] || fail "too few dead letters: $result"

use deadstop 1
rm "$WORK/pipelines/dead.yaml"
sed -i 's/^errors: .*/errors: stop/' "$WORK/pipelines/deadstop.yaml"
load -n 5000 --seed "${SEED:-50}" --malformed 2
start a
ends_with 65 a 60
first=$(committed)
logged "stopped \(65\): deadstop/0/$first: .*steps\[0\]" || fail "the log does not name the record"
start a
ends_with 65 a 60
[ "$(committed)" = "$first" ] || fail "a stop is not where it was"
partly=1 # it may have stopped before its first checkpoint
judge
