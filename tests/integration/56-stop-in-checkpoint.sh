#!/bin/bash
# A record stops the pipeline while a checkpoint is under way, which borrows the worker's overlay:
# it has to end before the worker's memory goes. ThreadSanitizer sees it if it does not.
. "$(dirname "$0")/lib.sh"

under_tsan
use stopping 1
sed -i 's/^errors: .*/errors: stop/' "$WORK/pipelines/stopping.yaml"
configure a
ONCED_FAILPOINT=checkpoint-begin:2:sleep=5000 start a
load_on -n 1000000 --rate 500 --seed 58 --malformed 0
wait_until 60 "a checkpoint under way" logged '^onced: failpoint checkpoint-begin'
unload
load -n 1 --seed 59 --start-index 2000000 --malformed 1000
ends_with 65 a 60
logged 'stopped \(65\): stopping/0/' || fail "the log does not name the record"
start a
ends_with 65 a 60
judge
