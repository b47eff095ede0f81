#!/bin/bash
# Matrix row 14: a transaction on the committed offset of one partition does not end, as one whose
# end the brokers have lost (KAFKA-20634). Who is given that partition waits and names it; the
# members that have others go on. When it has ended, so does the wait.
# Holes: H1.
. "$(dirname "$0")/lib.sh"

warm open 2
mkfifo "$WORK/held"
"$TOOLS/offsets" -b "$DIRECT" -g "$group" -t "$in" hold "1=$(offset_of 1)" \
	<"$WORK/held" >"$WORK/hold" & # not by the function: its pid would be a shell's
pids[hold]=$!
exec {held}>"$WORK/held"
wait_until 30 "a transaction that does not end" grep -q open "$WORK/hold"
! no_open_transaction hold || fail "it has ended: the scenario shows nothing"

configure b "session.timeout.ms: 6000"
load -n 2000 --seed "$SEED" --start-index 1000
start a
log_a=$log
start b
read_all() { [ "$(offset_of 0)" = "$(offsets show | sed -n 's/^0 .* end=\([0-9]*\) .*/\1/p')" ]; }
wait_until 90 "the end of the partition that is not concerned" read_all
named() { grep -q "open/1.* a transaction .* has not ended" "$log" "$log_a"; }
wait_until 30 "who waits, and for what" named
[ "$(offset_of 1)" -lt 1000 ] || fail "C was passed while a transaction on it was open"
! no_open_transaction hold || fail "it has ended: the scenario shows nothing"

echo >&"$held" # it is aborted
wait_until 30 "the end of the transaction" ended "${pids[hold]}"
wait "${pids[hold]}" || fail "hold ended with $?"
unset "pids[hold]"
drained b
stop a
drain_and_judge b
