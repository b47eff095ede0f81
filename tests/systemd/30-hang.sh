#!/bin/bash
# A worker's thread that hangs: the process finds it, says so and ends; systemd starts it anew, and
# nothing is lost or repeated. The thread is held by a tracer, as a call that never returns would.
. "$(dirname "$0")/lib.sh"

use hang 2
instance hang
load -n 3000 --seed 30
box systemctl start "$unit"
drained_unit
"$source_dir/tests/systemd/freeze" "$(host_pid "$(show MainPID)")" >"$WORK/freeze.log" 2>&1 &
pids[freeze]=$!
load -n 3000 --seed 30 --start-index 3000
wait_until 120 "the restart after the hang" is NRestarts 1
unset "pids[freeze]"
journal_says 'the worker has not moved for 60 s' || fail_unit "the log does not tell the hang"
journal_says 'Main process exited, code=exited, status=70' || fail_unit "not ended by itself"
wait_until 60 "a start after the hang" is ActiveState active
drained_unit
box systemctl stop "$unit"
judge --complete
