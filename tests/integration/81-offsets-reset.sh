#!/bin/bash
# `onced offsets reset`: says what it will do and does it only when told so; back with --empty
# repeats exactly the records in between, back with --rebuild too, and drops what repeats an id of
# before; forward skips. After each the daemon goes on by itself.
# (tests/fault: matrix row 20; hole H8)
. "$(dirname "$0")/lib.sh"

reset() { "$ONCED" offsets reset -c "$WORK/a.yaml" "$name" "$@" >"$WORK/said" 2>&1; }
says() { grep -Eq -- "$1" "$WORK/said" || fail "it does not say '$1': $(cat "$WORK/said")"; }
# counts FINDING=N...: what the independent check finds is that, and nothing else.
counts() {
	local finding wanted
	check || true
	for finding in lost repeated unexpected altered disorder; do
		wanted=0
		for pair; do [ "${pair%=*}" != $finding ] || wanted=${pair#*=}; done
		[ "$(field $finding)" = "$wanted" ] || fail "$finding is not $wanted: $result"
	done
}
# goes_on RECORDS INDEX: with new records, to the end, without a stop.
goes_on() {
	start a
	load -n "$1" --seed "${SEED:-81}" --start-index "$2" "${load_options[@]}"
	drained a
	stop a
}

use reset 2
configure a "session.timeout.ms: 6000"
load_options=(--far 3000)
load -n 10000 --seed "${SEED:-81}" "${load_options[@]}"
start a
drained a

# Not while a daemon holds the state, not without a yes, not without a word on the state, not out
# of the log; and nothing has changed then.
was=$(offset_of 0) target=$(($(offset_of 0) - 1500))
code=0
reset "$in/0" --to $target --rebuild --yes || code=$?
[ $code = 73 ] || fail "with a running daemon it ended with $code: $(cat "$WORK/said")"
stop a
judge --complete
refused() { # CODE ARGS...
	local wanted=$1 code=0
	shift
	reset "$@" </dev/null || code=$?
	[ $code = "$wanted" ] || fail "reset $*: $code: $(cat "$WORK/said")"
	[ "$(offset_of 0)" = "$was" ] || fail "it has moved the offset though it refused"
}
refused 64 "$in/0" --to $target --rebuild
says "from $was to $target; up to 1500 records are processed again; what lies from 0 to $target"
refused 64 "$in/0" --to $target --yes
refused 64 "$in/0" --to $target --rebuild --empty --yes
refused 64 "$in/0" --rebuild --yes
refused 64 "$in/2" --to $target --rebuild --yes
refused 65 "$in/0" --to $((was + 1000000)) --rebuild --yes

# Back, the state rebuilt. Right after it the check finds the results in between to come from
# beyond the committed offset; once they are processed again each is there twice. Repeats of ids
# from below are still known: nothing else is found.
reset "$in/0" --to $target --rebuild --yes || fail "reset: $(cat "$WORK/said")"
[ "$(offset_of 0)" = $target ] || fail "the offset is not $target"
check || true
again=$(field unexpected)
[ "$again" -gt 1000 ] || fail "only $again results between $target and $was: $result"
goes_on 2000 10000
logged 'rebuild from scratch' || fail "the state was not rebuilt"
counts repeated=$again

# Forward: what lies between is skipped, and what it held counts as seen.
load -n 4000 --seed "${SEED:-81}" --start-index 12000 "${load_options[@]}"
reset --to latest --rebuild --yes || fail "reset: $(cat "$WORK/said")"
says 'records are skipped'
check || true
skipped=$(field lost)
[ "$skipped" -gt 2000 ] || fail "only $skipped results are skipped: $result"
goes_on 2000 16000
counts repeated=$again lost=$skipped
# onced's own audit says the same.
"$ONCED" verify -c "$WORK/a.yaml" --json "$name" >"$WORK/verified" && fail "verify says ok"
grep -q "\"missing\":$skipped,\"repeated\":$again,\"altered\":0,\"unexpected\":0," \
	"$WORK/verified" || fail "verify does not agree: $(cat "$WORK/verified")"

# Back by time, with no state: exactly the records from then on are repeated, and the load holds
# no repeats of its own.
use emptied 2
load_options=(--repeats 0)
load -n 3000 --seed $((${SEED:-81} + 1)) "${load_options[@]}"
start a
drained a
moment=$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ) # to the millisecond; the next record is later
load -n 2000 --seed "${SEED:-81}" --start-index 3000 "${load_options[@]}"
drained a
stop a
judge --complete
reset --to "$moment" --empty --yes || fail "reset: $(cat "$WORK/said")"
says 'nothing below it counts as seen'
check || true
again=$(field unexpected)
[ "$again" -gt 1500 ] && [ "$again" -le 2200 ] || fail "$again results since $moment: $result"
goes_on 1000 5000
logged 'live: C=' || fail "the state is not the empty one"
counts repeated=$again
