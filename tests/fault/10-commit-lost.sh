#!/bin/bash
# Matrix row 10: the coordinators confirm a commit and lose it when they move (KAFKA-20634): its
# results are there, its offset is the old one. A worker that lives knows better, and stops; what it
# says to do leads on without a repeat.
# Holes: H8, by the brokers themselves.
. "$(dirname "$0")/lib.sh"

warm commit-lost 2
old=$(offset_of 0) metadata=$(metadata_of 0)
load -n 1000 --seed "$SEED" --start-index 1000
start a
drained a
known=$(offset_of 0)
[ "$known" -gt "$old" ] || fail "nothing was committed: the scenario shows nothing"
echo commit | offsets --metadata "$metadata" hold "0=$old" ||
	fail "the old offset could not be committed"
[ "$(offset_of 0)" = "$old" ] || fail "the commit was not lost: the scenario shows nothing"

# The next transaction cannot commit, and so C is read.
proxy rule cut api=AddOffsetsToTxn do=drop count=all
load -n 1000 --seed "$SEED" --start-index 2000
wait_until 60 "a transaction given up" logged 'given up'
proxy clear
ends_with 65 a 60
logged "stopped \(65\): $in/0: the committed offset went back from $known to $old" ||
	fail "the log does not say what happened"
! verify a >"$WORK/verified" || fail "verify finds nothing of it"
grep -Eq '^missing 0, repeated 0, altered 0, unexpected [1-9]' "$WORK/verified" ||
	fail "verify says something else: $(cat "$WORK/verified")"
command=$(sed -n 's/.*then it is `onced \(offsets reset [^`]*\)`.*/\1/p' "$log")
[ "$command" = "offsets reset $name $in/0 --to $known --rebuild" ] ||
	fail "the log does not name the command: $command"
reset() { "$ONCED" $command --yes -c "$WORK/a.yaml" >"$WORK/reset" 2>&1; }
wait_until 30 "onced $command" reset

start a
moved=1
drain_and_judge a
verify a
