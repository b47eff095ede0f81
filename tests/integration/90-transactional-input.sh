#!/bin/bash
# An input written by a transactional producer: control records between and at the end of the
# data, and records of aborted transactions. The lag reaches 0, nothing aborted comes through.
. "$(dirname "$0")/lib.sh"

use txn 4
configure a
load -n 20000 --seed 90 --transactional loader --txn-records 500 --abort-every 4
start a
drained a
kill_hard a
load -n 5000 --seed 90 --start-index 20000 --transactional loader --txn-records 100 --abort-every 2
start a
drained a
stop a
verify a
judge --complete
