#!/bin/bash
# Matrix row 17: the power fails: of what was written to the state and not synced, some blocks of
# 512 bytes are on the disk and some are not (unsynced.so keeps what stood there, unsynced.py puts
# it back, by SEED). At most the last checkpoint may be undone: the state is never damaged, and what
# it lacks is replayed.
# Holes: H14.
. "$(dirname "$0")/lib.sh"

simple "power$SEED" 3
window 5 3000
load_on "${paced[@]}"
RANDOM=$SEED
taken=0
export UNSYNCED=$WORK/undo
for ((life = 1; life <= 12; life++)); do
	at=$(committed)
	dies=
	if ((life % 2)); then dies=$((1 + RANDOM % 60)); fi # in the middle of a checkpoint
	LD_PRELOAD=$SHIMS/unsynced.so UNSYNCED_KILL=$dies start a
	if [ -n "$dies" ]; then
		ends_with 137 a 60
	else
		reaches $((at + 1500 + RANDOM % 3000)) a
		kill_hard a
	fi
	! logged 'moved aside' || fail "the loss of power has damaged the state"
	[ -s "$UNSYNCED" ] || continue # all was synced
	undone=$("$fault_dir/unsynced.py" $((SEED * 100 + life)) "$UNSYNCED" \
		"$WORK/state.a/$name/data.mdb")
	say "life $life: $undone blocks were not on the disk"
	taken=$((taken + ${undone%% *}))
done
[ $taken -gt 0 ] || fail "everything was synced: the scenario shows nothing"
end_load
start a
drained a
! logged 'moved aside' || fail "the loss of power has damaged the state"
stop a
judge_all --complete
