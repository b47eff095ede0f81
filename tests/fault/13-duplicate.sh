#!/bin/bash
# Matrix row 13: a second process with the same instance name, on another host's disk. One of them
# is fenced and ends with 76, saying so; the other goes on, though each has fenced the other's
# producer: the group has the last word.
# Holes: the transactional.id and the group.instance.id fence (hole H4's cousin on purpose).
# quick
. "$(dirname "$0")/lib.sh"

simple twins 2
load_on --rate 1000
start a
first_log=$log
reaches 500 a
sed "s|^state_dir: .*|state_dir: $WORK/state.c|" "$WORK/a.yaml" >"$WORK/c.yaml"
start c
second_log=$log
one_ended() { ended "${pids[a]}" || ended "${pids[c]}"; }
wait_until 60 "one of the two ended" one_ended
if ended "${pids[a]}"; then
	log=$first_log loser=a winner=c
else
	log=$second_log loser=c winner=a
fi
ends_with 76 $loser 1
logged 'stopped \(76\).*instance' || fail "the log does not say why"
end_load
drained $winner
stop $winner
judge_all --complete
