#!/bin/bash
# Two processes in one group: the second joins while the first works, its partitions move to it
# with their state (rebuilt from the input: it has no disk of the first's), then it leaves, they
# move back, and it comes again with the state it had. Static members do not leave the group: the
# session timeout gives their partitions away, so it is short here.
# (tests/fault: matrix row 12; holes H3, H4)
. "$(dirname "$0")/lib.sh"

use pair 6
configure a "session.timeout.ms: 6000"
configure b "session.timeout.ms: 6000"
load -n 120000 --seed "${SEED:-20}" --rate 4000 --far 20000 &
loader=$!
start a
reaches 10000 a
start b
log_b=$log
wait_until 40 "partitions for the second process" grep -q "C=" "$log_b"
reaches 35000 b
stop b
reaches 80000 a 90
start b
reaches 100000 b 60
kill_hard b
wait "$loader" || fail "the load ended early"
drained a 60
stop a
judge --complete
