#!/bin/bash
# Offsets copied from another cluster, as a mirror of __consumer_offsets does it, stop onced; and
# the state of another cluster, put in the place of its own, is not used.
# (tests/fault: matrix row 16)
. "$(dirname "$0")/lib.sh"

use foreign 2
configure a "session.timeout.ms: 6000"
load -n 5000 --seed "${SEED:-85}" --far 2000
start a
drained a
stop a

forge() { # METADATA: of partition 0, its offset as it is
	offsets set --metadata "$1" "0=$(offset_of 0)" 2>"$WORK/set" &&
		[ "$(metadata_of 0)" = "$1" ]
}
stops() { # REASON
	start a
	ends_with 65 a 60
	logged "$1" || fail "the log does not say why: $1"
	logged 'offsets accept' || fail "the log does not name the command"
}

# M as it would be there if it had been written on another cluster.
own=$(metadata_of 0)
k=$(sed -n 's/.* k=\([^ ]*\) .*/\1/p' <<<"$own")
[ -n "$k" ] || fail "no cluster in the metadata: $own"
other=$(tr 0123456789abcdef 123456789abcdef0 <<<"$k")
wait_until 60 "another cluster's metadata" forge "${own/ k=$k / k=$other }"
stops 'on another cluster'
stops 'on another cluster' # again, now that nothing else is new

# Of a newer onced; and something that only looks like ours.
wait_until 60 "a newer onced's metadata" forge "onced9${own#onced1}"
stops 'newer version'
wait_until 60 "broken metadata" forge "${own%% b=*}"
stops 'not written by onced'

wait_until 30 "offsets accept" "$ONCED" offsets accept -c "$WORK/a.yaml" "$name"
start a
load -n 2000 --seed "${SEED:-85}" --start-index 5000 --far 2000
drained a
stop a
judge --complete
verify a

# The same names on a second cluster, its log longer: with the first one's state in the place of its
# own it would take its records for repeats.
first_brokers=$ONCED_BROKERS first_dir=$BROKER_DIR
second=$WORK/second
finish_hooks+=("$BROKER down $second")
BROKER_HEAP=256m "$BROKER" up "$second"
ONCED_BROKERS=$(cat "$second/bootstrap") BROKER_DIR=$second
use foreign 2
configure b "session.timeout.ms: 6000"
load -n 9000 --seed "${SEED:-85}" --far 2000
start b
both_began() { [ "$(offset_of 0)" -gt 0 ] && [ "$(offset_of 1)" -gt 0 ]; }
wait_until 60 "progress in both partitions" both_began
kill_hard b
rm -rf "$WORK/state.b"
cp -a "$WORK/state.a" "$WORK/state.b"
start b
wait_until 60 "a state made anew" logged 'foreign/0: [0-9]+ records replayed'
drained b
! logged ': (live|replay): C=' || fail "another cluster's state was used"
stop b
partly=1 # the state that is the first cluster's
judge --complete
verify b

# And where nothing is committed yet it is no reason to believe that something was.
group=elsewhere
sed -i 's/group: .*/group: elsewhere/' "$WORK/pipelines/foreign.yaml"
"$BROKER" untopic "$BROKER_DIR" "$clean" "$big" "$dead"
"$BROKER" topic "$BROKER_DIR" "$clean" 3 -- "$big" 1 -- "$dead" 1
rm -rf "$WORK/state.b"
cp -a "$WORK/state.a" "$WORK/state.b"
start b
drained b
stop b
judge --complete
ONCED_BROKERS=$first_brokers BROKER_DIR=$first_dir
