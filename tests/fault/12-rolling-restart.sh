#!/bin/bash
# Matrix rows 2 and 12: a rolling restart, as an upgrade of several hosts makes it: each of three
# processes is ended under load and started again, the next one when it is ready; two rounds in
# order, one by kill -9. All goes on meanwhile, and afterwards each of them is at rest.
# Holes: none of the protocol.
. "$(dirname "$0")/lib.sh"

members=(a b c)
ready() { grep -q ' ready$' "$WORK/$1.${starts[$1]}.log"; }
begin() { # MEMBER
	start "$1"
	wait_until 90 "onced $1 ready" ready "$1"
}
all_run() {
	for one in "${members[@]}"; do running "${pids[$one]}" || fail "$one ended by itself"; done
}

simple rolling-restart 6
for one in "${members[@]}"; do configure "$one" "session.timeout.ms: 6000"; done
window 10 2000
load_on "${paced[@]}"
for one in "${members[@]}"; do begin "$one"; done
for how in stop stop kill_hard; do
	for member in "${members[@]}"; do
		$how "$member"
		begin "$member"
		reaches $(($(committed) + 1000)) "$member" 90
		all_run
	done
done
end_load
drained a 120
all_run
for one in "${members[@]}"; do idle "$one"; done
for one in "${members[@]}"; do stop "$one"; done
judge_all --complete
