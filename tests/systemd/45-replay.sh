#!/bin/bash
# A start that rebuilds its state: it may take longer than TimeoutStartSec, as the replay gets on, and
# it is complete when the state is.
. "$(dirname "$0")/lib.sh"

use replay 2
instance replay
load -n 150000 --seed 45
box systemctl start "$unit"
drained_unit 120
box systemctl stop "$unit"

box rm -r /var/lib/onced@replay/replay
drop_in 'TimeoutStartSec=2'
box systemctl start "$unit" || fail_unit "the start was not given the time that it needs"
is NRestarts 0 || fail_unit "it was restarted"
took_us=$(($(show ActiveEnterTimestampMonotonic) - $(show ExecMainStartTimestampMonotonic)))
[ $took_us -gt 2000000 ] || fail "the start took less than its limit: nothing was shown"
# what the journal has of this start, in its order
journal | sed -n '/^Starting /h; /^Starting /!H; ${ x; p }' >"$WORK/last-start"
replayed=$(grep -n 'records replayed in' "$WORK/last-start" | tail -n 1 | cut -d: -f1)
ready=$(grep -nx ready "$WORK/last-start" | cut -d: -f1)
[ -n "$replayed" ] || fail_unit "nothing was replayed"
[ "$ready" -gt "$replayed" ] || fail_unit "it was ready before the replay's end"
drained_unit 120
box systemctl stop "$unit"
judge --complete
