#!/bin/bash
# systemd's watchdog: no ping while a worker's thread hangs, so that systemd ends the process, also
# where it could not end itself; and a process that is stopped as a whole is ended too.
. "$(dirname "$0")/lib.sh"

use watchdog 2
instance watchdog
drop_in 'WatchdogSec=3'
load -n 3000 --seed 31
box systemctl start "$unit"
drained_unit

box systemctl kill -s STOP --kill-whom=main "$unit"
wait_until 60 "the restart of a stopped process" is NRestarts 1
journal_says 'Watchdog timeout' || fail_unit "it was not the watchdog"
wait_until 60 "a start after the stop" is ActiveState active

"$source_dir/tests/systemd/freeze" "$(host_pid "$(show MainPID)")" >"$WORK/freeze.log" 2>&1 &
pids[freeze]=$!
load -n 3000 --seed 31 --start-index 3000
wait_until 90 "the restart after the hang" is NRestarts 2
unset "pids[freeze]"
[ "$(journal | grep -c 'Watchdog timeout')" = 2 ] || fail_unit "it was not the watchdog"
! journal_says 'has not moved for' || fail_unit "the process ended itself first"
wait_until 60 "a start after the hang" is ActiveState active
drained_unit
box systemctl stop "$unit"
judge --complete
