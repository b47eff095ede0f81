#!/bin/bash
# Two pipelines in one daemon. One stops at a bad record and is parked; the other goes on as if
# nothing had happened. When the last one stops too, the daemon ends with the exit status of the
# first. The daemon is built with ThreadSanitizer here: a race of its own threads is exit status 66.
. "$(dirname "$0")/lib.sh"

under_tsan

use bad 2
load -n 3000 --seed 55 --malformed 2
use good 2
load -n 30000 --seed 56 --malformed 0
sed -i 's/^errors: .*/errors: stop/' "$WORK"/pipelines/*.yaml
configure a
start a
wait_until 60 "the stop of the bad one" logged 'error bad.*stopped \(65\): bad/'
drained a 120
load -n 10000 --seed 56 --start-index 30000 --malformed 0
drained a 120
running "${pids[a]}" || fail "onced ended while one pipeline worked"
judge --complete
[ "$(field records)" = 40000 ] || fail "not all records: $result"

load -n 1000 --seed 57 --start-index 40000 --malformed 2
ends_with 65 a 60
logged 'error good.*stopped \(65\): good/' || fail "the log does not name the record"
judge
