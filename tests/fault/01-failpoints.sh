#!/bin/bash
# Matrix row 1: kill -9 at each step of a batch and of a checkpoint, and while it replays.
# quick
# Holes: none of the protocol; the crash table of docs/guarantee.md, line by line.
#
# Each failpoint kills once under load, at a seeded pass; the next start works without one and must
# go on. Once more at the first pass, so that the first transaction of a life is hit as well.
. "$(dirname "$0")/lib.sh"

simple "points$SEED" 3
RANDOM=$SEED
window 5 2500
load_on "${paced[@]}"
for point in poll produce send-offsets flush endtxn-sent committed checkpoint-begin \
	checkpoint-filled checkpoint-done replay settle; do
	case $point in
	poll | produce) most=3000 ;;
	replay) most=20 ;;
	settle) most=1 ;;
	checkpoint*) most=2 ;;
	*) most=8 ;;
	esac
	for pass in ${QUICK-1} $((1 + RANDOM % most)); do
		# The life before may have ended on a checkpoint: without it there is much to
		# replay.
		[ $point != replay ] || rm -r "$WORK/state.a"
		ONCED_FAILPOINT=$point:$pass start a
		dies_at a
		start a
		at=$(($(committed) + 200))
		reaches $at a
		kill_hard a
	done
done
end_load
start a
drain_and_judge a
