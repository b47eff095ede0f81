#!/bin/bash
# The demo's scenario, small: a load, one kill in the middle, lag 0, verify and check agree. And
# the check can fail on a real dump: a record taken from it, doubled or changed is found.
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
	! "$source_dir/tests/load/check.py" --group "$group" --input "$in" --clean "$clean" \
		--big "$big" --dead "$dead" "$WORK/tampered.tsv" >"$WORK/judged" ||
		fail "the check did not find $1"
	grep -q "^check: $3" "$WORK/judged" || fail "the check found something else than $1"
}
tampered "a record taken away" '!($1 == "R" && $2 == clean && ++n == 700)' lost
tampered "a record doubled" '{ print } $1 == "R" && $2 == clean && ++n == 700 { print }' repeated
tampered "a record changed" \
	'$1 == "R" && $2 == clean && ++n == 700 { sub(/"cents":/, "&1", $7) } 1' altered
tampered "an offset before the end" '$1 == "C" && $4 == 0 { $5 -= 100 } 1' unexpected
