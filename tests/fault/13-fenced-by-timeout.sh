#!/bin/bash
# Matrix rows 13 and 6: a transaction is held up for longer than its own timeout; the broker aborts
# it and raises the epoch, so that the producer looks fenced. That is no second instance: it
# recovers.
# Holes: none of the protocol; the error kind UNKNOWN.
. "$(dirname "$0")/lib.sh"

warm fenced 2
load -n 300 --seed "$SEED" --start-index 1000
# also what is sent again, or the transaction might end in time
proxy rule held api=AddOffsetsToTxn count=all
start a
proxy wait held 1 30
wait_until 40 "the transaction's timeout" no_open_transaction
proxy clear
drained a
logged 'was fenced' || fail "nothing was fenced: the scenario shows nothing"
running "${pids[a]}" || fail "onced ended"
stop a
judge_all --complete
