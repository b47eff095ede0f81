#!/bin/bash
# Matrix row 4: a client call that never returns, as rd_kafka_send_offsets_to_transaction does in
# some versions after its coordinator has gone. The watchdog in the process ends it with the
# reason, and the restart goes on from the last commit. Without the watchdog it stands still.
# Holes: none of the protocol; the watchdog.
. "$(dirname "$0")/lib.sh"

warm hang 2
load -n 3000 --seed "$SEED" --start-index 1000
at=$(committed)
ONCED_WITHOUT=watchdog ONCED_FAILPOINT=send-offsets:1:hang start a
sleep 75 # longer than the watchdog waits: that nothing happens is what is measured
running "${pids[a]}" || fail "something else ended it: the scenario shows nothing"
[ "$(committed)" = "$at" ] || fail "it does not hang: the scenario shows nothing"
kill_hard a
ONCED_FAILPOINT=send-offsets:1:hang start a
ends_with 70 a 90
logged 'has not moved for' || fail "the log does not say why"
start a
drain_and_judge a
