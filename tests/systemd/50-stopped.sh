#!/bin/bash
# Stopped by data: the service fails with 65, says why in its status and its log, is not tried
# again, and goes on from the same record once the file is changed.
. "$(dirname "$0")/lib.sh"

use stopped 2
sed -i 's/^errors: .*/errors: stop/' "$WORK/pipelines/stopped.yaml"
instance stopped
load -n 3000 --seed 50 # one in a thousand is malformed
box systemctl start "$unit" || true
wait_until 60 "the end" is ActiveState failed
is ExecMainStatus 65 || fail_unit "not the status of a stop by data"
is NRestarts 0 || fail_unit "it was tried again"
status_says '^1 pipeline \(1 parked\).*; stopped: stopped.[0-9]+.[0-9]+' ||
	fail_unit "the status does not tell the stop"
journal_says 'stopped \(65\)' || fail_unit "the log does not tell the stop"

sed -i 's/^errors: .*/errors: {to: stopped.dead}/' "$WORK/pipelines/stopped.yaml"
instance stopped
box systemctl start "$unit"
drained_unit
box systemctl stop "$unit"
judge --complete
