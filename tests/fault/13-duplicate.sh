#!/bin/bash
# Matrix row 13: a second process with the same instance name, on another host's disk. One of them
# is fenced and ends with 76, saying so; the other goes on, or was fenced by the first as well.
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
# Each can fence the other's producer while the group fences the older member: then both have ended
# with 76, and the operator, who has to take one of them away, starts the other again.
if ! offsets wait --lag 0 --pid "${pids[$winner]}" --deadline-s 60 >"$WORK/drained"; then
	ended "${pids[$winner]}" || fail "lag did not reach 0"
	ends_with 76 $winner 1
	start $winner
	drained $winner
fi
stop $winner
judge_all --complete
