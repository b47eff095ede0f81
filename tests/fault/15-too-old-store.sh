#!/bin/bash
# Matrix row 15: a state comes back that is older than the window: what it has is of no use, and
# what it lacks reaches back beyond its X. It is dropped, and rebuilt from the marker in the
# committed metadata. Repeats of ids that are still in the window must be known.
# Holes: H15's cousin, without a topic of state.
# quick
. "$(dirname "$0")/lib.sh"

on() { sed -i "s|^state_dir: .*|state_dir: $WORK/state.$1|" "$WORK/a.yaml"; }
run_on() { # DIR AGO_HOURS FIRST: records of that time
	load -n 3000 --seed "$SEED" --span-s 3600 --ago-s $(($2 * 3600)) --start-index "$3" \
		--far 1500
	on "$1"
	start a
	drained a
}

simple too-old 2
run_on X 90 0
stop a
run_on Y 60 3000
stop a
run_on Y 20 6000 # within the window of what follows
kill_hard a
run_on X 1 9000
logged 'rebuild: C=' || fail "the old state was not rebuilt"
stop a
judge_all --complete
[ "$(field duplicates)" -gt 300 ] || fail "too few repeats: the scenario shows nothing"
