#!/bin/bash
# What an admin can do to an input behind onced's back: delete the group's offsets, delete records
# before they are processed, add partitions, make the topic anew. Each stops onced with 65 and a
# reason that names the command; that command settles it, and the daemon goes on to the end.
# (tests/fault: matrix rows 20 and 21; holes H8, H9, H10)
. "$(dirname "$0")/lib.sh"

settle() { # VERB ARGS...
	local verb=$1
	shift
	wait_until 90 "offsets $verb" "$ONCED" offsets "$verb" -c "$WORK/a.yaml" "$name" "$@" \
		>"$WORK/settled" 2>&1
}
stops() { # REASON COMMAND
	start a
	ends_with 65 a 60
	logged "$1" || fail "the log does not say why: $1"
	logged "$2" || fail "the log does not name the command: $2"
}
tool() { "$BROKER" tool "$BROKER_DIR" "$@" >"$WORK/tool" 2>&1; }

use settled 2
configure a "session.timeout.ms: 6000"
load -n 6000 --seed "${SEED:-83}" --far 2000
start a
drained a
stop a

# Offsets deleted: the state remembers where they were. Nothing is lost, nothing is repeated. The
# group has to be empty: its static members are given up after their session.
delete_offsets() {
	tool consumer-groups --group "$group" --topic "$in" --delete-offsets &&
		! grep -qi 'error' "$WORK/tool" && [ "$(committed)" = 0 ]
}
wait_until 60 "the offsets to be deleted" delete_offsets
stops 'no committed offset, but the state on disk' 'offsets accept'
settle accept
grep -q 'from the local state' "$WORK/settled" || fail "accept: $(cat "$WORK/settled")"
start a
load -n 2000 --seed "${SEED:-83}" --start-index 6000 --far 2000
drained a
stop a
judge --complete

# Partitions added: keys move to other partitions. What the new ones hold is not skipped.
tool topics --alter --topic "$in" --partitions 4 || fail "alter: $(cat "$WORK/tool")"
load -n 2000 --seed "${SEED:-83}" --start-index 8000 --repeats 0
stops 'partition count has changed' 'offsets accept'
settle accept
grep -q 'a partition that was added' "$WORK/settled" || fail "accept: $(cat "$WORK/settled")"
start a
load -n 2000 --seed "${SEED:-83}" --start-index 10000 --repeats 0
drained a
stop a
judge --complete

# Records deleted before they were processed: they are lost, and it is said.
load -n 2000 --seed "${SEED:-83}" --start-index 12000 --repeats 0
end=$(offsets show | sed -n 's/^0 .* end=\([0-9]*\) .*/\1/p')
delete_records "$in" $((end - 5))
stops 'deleted before they were processed' 'offsets accept'
settle accept
grep -q 'what lay between is lost' "$WORK/settled" || fail "accept: $(cat "$WORK/settled")"
start a
load -n 1000 --seed "${SEED:-83}" --start-index 14000 --repeats 0
drained a
stop a
# No judge can say ok now, and neither says it.
check && fail "the check judges deleted input"
"$ONCED" verify -c "$WORK/a.yaml" "$name" >"$WORK/verified" && fail "verify says ok"
grep -q '^NOT ok: nothing was found, but not all' "$WORK/verified" || fail "$(cat "$WORK/verified")"

# The topic made anew, and the outputs with it, so that the check can judge what follows.
"$BROKER" untopic "$BROKER_DIR" "$in" "$clean" "$big" "$dead"
"$BROKER" topic "$BROKER_DIR" "$in" 4 -- "$clean" 3 -- "$big" 1 -- "$dead" 1
load -n 500 --seed $((${SEED:-83} + 1))
# Deleting a topic deletes its offsets too; what is left of them is the state's.
stops 'no committed offset, but the state on disk' 'offsets reset'
! "$ONCED" offsets accept -c "$WORK/a.yaml" "$name" >"$WORK/settled" 2>&1 ||
	fail "the old positions were accepted for the new topic: $(cat "$WORK/settled")"
grep -q 'offsets reset' "$WORK/settled" || fail "accept does not say what to do instead"
settle reset --to earliest --empty --yes
start a
drained a
stop a
moved=1
judge --complete
verify a
