#!/bin/bash
# A broker that is away is no failed start: it takes longer than TimeoutStartSec allows, the status
# says why, and the start ends well when the broker is there; a stop meanwhile is orderly.
. "$(dirname "$0")/lib.sh"

use away 2
port=$(python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
brokers=$ONCED_BROKERS ONCED_BROKERS=127.0.0.1:$port
instance away
drop_in 'TimeoutStartSec=8'
box systemctl start --no-block "$unit"
wait_until 60 "the reason in the status" status_says 'away/0: .*(refused|away|down|transport)'
long_enough() { # twice TimeoutStartSec
	local began
	began=$(show ExecMainStartTimestampMonotonic)
	[ "$(cut -d. -f1 /proc/uptime)" -gt $((began / 1000000 + 16)) ]
}
wait_until 90 "sixteen seconds since the start" long_enough
is ActiveState activating || fail_unit "the start did not go on"
is NRestarts 0 || fail_unit "it was restarted"
box systemctl stop "$unit"
is Result success || fail_unit "a stop during the start is no success"

ONCED_BROKERS=$brokers
instance away
drop_in
load -n 3000 --seed 40
box systemctl start "$unit" || fail_unit "it does not start"
drained_unit
box systemctl stop "$unit"
judge --complete
