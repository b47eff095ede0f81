#!/bin/bash
# Matrix row 15: an old state comes back. The daemon runs on directory X, then on Y for a while,
# then on X again, which catches up by replay; and so on to and fro, killed each time. Repeats of
# what only the other directory has seen must still be known.
# Holes: H2 and H13, the other way round: state that is behind.
# quick
. "$(dirname "$0")/lib.sh"

on() { sed -i "s|^state_dir: .*|state_dir: $WORK/state.$1|" "$WORK/a.yaml"; }

simple old-store 3
load_on --rate 2500 --far 2000
at=0
for dir in X Y X Y Y X; do
	on $dir
	start a
	reaches $((at + 2500)) a
	at=$(committed)
	kill_hard a
done
end_load
on Y
start a
reaches $((at + 1)) a
logged 'replay: C=' || fail "nothing was replayed: the state was not old"
drain_and_judge a
