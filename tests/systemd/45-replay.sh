#!/bin/bash
# A start that rebuilds its state is complete when the state is, not before. (That it is given the
# time is 40-no-broker's, and check_status says for how long.)
. "$(dirname "$0")/lib.sh"

use replay 2
instance replay
load -n 30000 --seed 45
box systemctl start "$unit"
drained_unit 120
box systemctl stop "$unit"

box rm -r /var/lib/onced@replay/replay
box systemctl start "$unit" || fail_unit "it does not start"
# what the journal has of this start, in its order
journal | sed -n '/^Starting /h; /^Starting /!H; ${ x; p }' >"$WORK/last-start"
replayed=$(grep -n 'records replayed in' "$WORK/last-start" | tail -n 1 | cut -d: -f1)
ready=$(grep -nx ready "$WORK/last-start" | cut -d: -f1)
[ -n "$replayed" ] || fail_unit "nothing was replayed"
[ "$ready" -gt "$replayed" ] || fail_unit "it was ready before the replay's end"
drained_unit 120
box systemctl stop "$unit"
judge --complete
