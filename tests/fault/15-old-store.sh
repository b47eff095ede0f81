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
for life in X Y X Y Y:stop X; do
	on ${life%:stop}
	start a
	reaches $((at + 2500)) a
	at=$(committed)
	if [[ $life = *:stop ]]; then stop a; else kill_hard a; fi
done
end_load
on Y
start a
wait_until 60 "a replay: the state is old" logged 'replay: C='
drain_and_judge a
