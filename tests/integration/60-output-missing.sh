#!/bin/bash
# An output topic that does not exist: onced keeps running and says which; when the topic is made it
# goes on, and nothing of what it could not write is lost. It waits for the topic without haste.
# (tests/fault: matrix row 24)
. "$(dirname "$0")/lib.sh"

use missing 4
configure a
"$BROKER" untopic "$BROKER_DIR" missing.big
load -n 20000 --seed "${SEED:-60}"
start a
wait_until 60 "the reason in the log" logged 'missing\.big'
idle a
"$BROKER" topic "$BROKER_DIR" missing.big 1
drained a 120
idle a
stop a
verify a
judge --complete
