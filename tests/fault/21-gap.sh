#!/bin/bash
# Matrix row 21: input that is long processed is deleted by retention, and then the state is lost:
# which ids were in it nobody knows any more. The first record that could repeat one is the stop:
# 65, where and why, C as it was. With `on_gap: accept` the work goes on: nothing is lost or out of
# order, and what comes through although it is a repeat is one of a deleted record.
# Holes: H10.
. "$(dirname "$0")/lib.sh"

simple gap 1
load -n 3000 --seed "$SEED"
start a
drained a
stop a
at=$(committed)
load -n 3000 --seed "$SEED" --start-index 3000 --far 1500
ONCED_BROKERS=$DIRECT dump_topics "$WORK/whole.tsv"
delete_records "$in" $((at - 500))
rm -r "$WORK/state.a"

start a
ends_with 65 a 60
logged "stopped \(65\): $in/0/$at: .*on_gap: accept" || fail "the log does not say where and why"
[ "$(committed)" = "$at" ] || fail "it has gone on though it refused"

sed -i 's/^from:$/&\n  on_gap: accept/' "$WORK/pipelines/$name.yaml"
start a
drained a
stop a
logged "$in/0: part of what was seen is lost.* taken as new" || fail "the log is silent"

# No judge can say ok of deleted input. With what was there before its deletion the outputs can be.
! ONCED_BROKERS=$DIRECT check || fail "the check judges deleted input"
awk -F '\t' -v topic="$in" '$1 == "R" && $2 == topic' "$WORK/whole.tsv" >"$WORK/known.tsv"
awk -F '\t' -v OFS='\t' -v topic="$in" '$1 == "R" && $2 == topic { next }
	$1 == "E" && $2 == topic { $4 = 0 } 1' "$WORK/dump.tsv" >>"$WORK/known.tsv"
! check_dump "$WORK/known.tsv" --complete || fail "no repeat came through: nothing is shown"
say "$result"
[ "$(field lost) $(field repeated) $(field altered) $(field disorder)" = "0 0 0 0" ] ||
	fail "$(cat "$WORK/judged")"
[ "$(field unexpected)" -gt 0 ] || fail "no repeat of a deleted record: the scenario shows nothing"
sed -n 's/^check: unexpected: .*marked at offset //p' "$WORK/judged" |
	awk -v kept=$((at - 500)) '$1 >= kept { exit 1 }' || fail "$(cat "$WORK/judged")"
