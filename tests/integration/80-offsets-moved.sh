#!/bin/bash
# Offsets moved behind onced's back while it is stopped: it must not go on as if nothing had
# happened. Exit status 65, what happened, and the command that settles it; after that command it
# goes on. Twice: as Kafka's own tool does it, which loses the metadata, and back with the
# metadata kept.
# (tests/fault: matrix row 20; hole H8)
. "$(dirname "$0")/lib.sh"

use moved 2
configure a "session.timeout.ms: 6000"
load -n 10000 --seed "${SEED:-80}"
start a
drained a
stop a
judge --complete

reset() { # the group has to be empty first: its static member is given up after 6 s
	"$BROKER" tool "$BROKER_DIR" consumer-groups --group "$group" --topic "$in:0" \
		--reset-offsets --to-offset 1000 --execute >"$WORK/reset" 2>&1 &&
		! grep -qi 'error' "$WORK/reset" && [ "$(offset_of 0)" = 1000 ]
}
refuses() { # PARTITION REASON: in the log, and where one asks
	start a
	ends_with 65 a 60
	logged "stopped \(65\): $in/$1: $2" || fail "the log does not say why: $2"
	logged 'offsets accept' || fail "the log does not name the command that settles it"
	"$ONCED" offsets show -c "$WORK/a.yaml" "$name" >"$WORK/shown" || fail "offsets show"
	awk -v at="$in/$1" '$0 == at { here = 1; next } /^[^ ]/ { here = 0 } here' "$WORK/shown" |
		grep -q "verdict *STOP: $2" || fail "offsets show does not say why: $2"
	grep -q 'onced offsets accept' "$WORK/shown" || fail "it does not name the command"
}

wait_until 60 "the reset by Kafka's tool" reset
refuses 0 'the committed offset was not written by onced'
[ "$(offset_of 0)" = 1000 ] || fail "onced moved the offset though it refused it"
wait_until 30 "offsets accept" "$ONCED" offsets accept -c "$WORK/a.yaml" "$name"
start a
# Each partition gets a commit under its new generation.
load -n 2000 --seed "${SEED:-80}" --start-index 10000
drained a
stop a

back=$(($(offset_of 1) - 500))
set_back() { offsets set --keep-metadata "1=$back" 2>"$WORK/set"; }
wait_until 60 "the offset moved back, its metadata kept" set_back
refuses 1 'the committed offset lies behind what was already processed'
[ "$(offset_of 1)" = "$back" ] || fail "onced moved the offset though it refused it"
wait_until 30 "offsets accept" "$ONCED" offsets accept -c "$WORK/a.yaml" "$name"
start a
load -n 5000 --seed $((${SEED:-80} + 1)) --start-index 12000
drained a
stop a
# What lies between the moved offset and the old one was processed twice, as the operator said: the
# check must say so, and find nothing else.
! check --complete || fail "records were read twice on request, and the check is silent"
[ "$(field repeated)" -gt 0 ] || fail "nothing repeated: $result"
for finding in lost unexpected altered disorder; do
	[ "$(field $finding)" = 0 ] || fail "$finding: $result"
done
