#!/bin/bash
# The demo's scenario, small: a load, one kill in the middle, lag 0, verify and check agree. And
# the checks can fail on a real dump and state: what is taken from them, doubled or changed is
# found.
. "$(dirname "$0")/lib.sh"

use small 4
configure a
load -n 20000 --seed 10 --span-s 129600
start a
reaches 5000 a
kill_hard a
start a
drained a
stop a
verify a
judge --complete

tampered() { # WHAT AWK_PROGRAM
	awk -F '\t' -v OFS='\t' -v clean="$clean" "$2" "$WORK/dump.tsv" >"$WORK/tampered.tsv"
	! cmp -s "$WORK/dump.tsv" "$WORK/tampered.tsv" || fail "$1: the dump was not changed"
	! check_dump "$WORK/tampered.tsv" || fail "the check did not find $1"
	grep -q "^check: $3" "$WORK/judged" || fail "the check found something else than $1"
}
tampered "a record taken away" '!($1 == "R" && $2 == clean && ++n == 700)' lost
tampered "a record doubled" '{ print } $1 == "R" && $2 == clean && ++n == 700 { print }' repeated
tampered "a record changed" \
	'$1 == "R" && $2 == clean && ++n == 700 { sub(/"cents":/, "&1", $7) } 1' altered
tampered "an offset before the end" '$1 == "C" && $4 == 0 { $5 -= 100 } 1' unexpected

harmed() { # WHAT FINDING
	! judge_states || fail "the check of the state did not find $1"
	grep -q "^state: $2" "$WORK/judged" || fail "it found something else than $1"
}
cp "$WORK/dump.tsv" "$WORK/whole.tsv"
awk -F '\t' -v input="$in" '!($1 == "R" && $2 == input && ++n == 700)' "$WORK/whole.tsv" \
	>"$WORK/dump.tsv"
harmed "an input record taken away" time
mv "$WORK/whole.tsv" "$WORK/dump.tsv"
mdb_dump -a "$WORK/states/state.a" >"$WORK/rows"
# The mark made last: it is not expired, as a third of them are (one of those may be gone), and
# its partition was not given up since. Its time of the log is the value's first eight bytes, the
# lowest first. `line` counts those of dedup, two a row, and is 0 at all others.
dedup='/^database=/ { dedup = /=dedup$/ } { line = dedup && /^ / ? ++n : 0 } '
last=$(awk "$dedup"'line && line % 2 == 0 {
	time = ""
	for (i = 15; i > 0; i -= 2) time = time substr($1, i, 2)
	if (time > latest) { latest = time; last = line }
} END { print last }' "$WORK/rows")
other='function other(digit) { return digit == "0" ? "1" : "0" }'
changed() { # WHAT FINDING AWK_PROGRAM: of the lines; `last` is that mark's value
	awk -v last="$last" "$other$dedup$3" "$WORK/rows" >"$WORK/other"
	rm "$WORK"/states/state.a/*
	mdb_load -f "$WORK/other" "$WORK/states/state.a"
	harmed "$1" "$2"
}
changed "a mark taken away" missing 'line != last - 1 && line != last'
changed "a mark's time changed" wrong \
	'line == last { print " " other(substr($1, 1, 1)) substr($1, 2); next } 1'
changed "another id's mark" unknown \
	'line == last - 1 { print " " substr($1, 1, 39) other(substr($1, 40)); next } 1'
