#!/bin/bash
# The disk under the state is full, then fails (EIO), with so little `memory:` that the overlay
# fills up too: consumption goes on until then, intake stops with its reason, a kill in that state
# changes nothing, and when the disk is well again all goes on: nothing lost, nothing repeated.
# (tests/fault: matrix row 18; hole H14)
. "$(dirname "$0")/lib.sh"

stopped='nothing is read until this heals'

# still: the committed offsets do not move any more, and are not at the end
still() {
	local before after
	before=$(committed)
	sleep 1.5 # more than a checkpoint's turn
	after=$(committed)
	[ "$before" = "$after" ] && [ "$after" -lt "$1" ]
}

unmount() { umount "$WORK/state.a" 2>/dev/null || umount -l "$WORK/state.a"; }

small() { # NAME: its pipeline and its daemon a: of four workers one works, with 4 MB of overlay
	use "$1" 1
	sed -i 's/^workers: .*/workers: 4/' "$WORK/pipelines/$1.yaml"
	configure a
	printf 'memory: 64M\n' >>"$WORK/a.yaml"
}

small full
mkdir "$WORK/state.a"
mount -t tmpfs -o size=1m,mode=0700 onced-full "$WORK/state.a" || fail "no tmpfs (root?)"
finish_hooks+=(unmount)
load -n 60000 --seed "${SEED:-35}" --far 50000
start a
wait_until 60 "the stop of intake" logged "(No space left on device|disk is full)"
wait_until 60 "the stop of intake" logged "$stopped"
wait_until 60 "an end of the consumption" still 60000
[ "$(committed)" -gt 10000 ] || fail "consumption did not go on while memory lasted"
running "${pids[a]}" || fail "onced ended"
kill_hard a
start a
wait_until 60 "the stop of intake after a kill" logged "$stopped"
wait_until 60 "an end of the consumption after a kill" still 60000
mount -o remount,size=64m "$WORK/state.a"
drained a 120
stop a
verify a
judge --complete
unmount
finish_hooks=()
rm "$WORK/pipelines/full.yaml"

small eio
rmdir "$WORK/state.a"
load -n 60000 --seed $((${SEED:-35} + 1)) --far 50000
export EIO_WHILE=$WORK/eio
LD_PRELOAD=$TOOLS/../integration/eio.so start a
reaches 5000 a
touch "$EIO_WHILE"
wait_until 60 "EIO" logged "Input/output error.*disk is full.*or fails"
wait_until 60 "the stop of intake" logged "$stopped"
wait_until 60 "an end of the consumption" still 60000
running "${pids[a]}" || fail "onced ended"
rm "$EIO_WHILE"
drained a 120
stop a
verify a
judge --complete
