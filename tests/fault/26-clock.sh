#!/bin/bash
# Matrix row 26: the clock of the host jumps an hour ahead, back, an hour back, and ahead again:
# under load, then idle (clock.so). Deadlines of onced are of the monotonic clock, and the window is
# of the records' own timestamps: no repeat is forgotten or invented. librdkafka waits by the wall
# clock: set back, such a wait may last an hour; then the watchdog ends the process with its reason,
# and the restart goes on.
# Holes: H17's cousin: a clock that is wrong here, not in the records.
. "$(dirname "$0")/lib.sh"

export CLOCK_AHEAD=$WORK/clock
clock() { echo "$1" >"$WORK/clock.new" && mv "$WORK/clock.new" "$WORK/clock"; }
begin() {
	LD_PRELOAD=$SHIMS/clock.so start a
	logs+=("$log")
}
ended_by_watchdog=0
there() { # COMMAND...: it succeeds, or the process has to be started again
	if ended "${pids[a]}"; then
		ends_with 70 a 1
		logged 'has not moved for' || fail "it ended without a reason"
		ended_by_watchdog=$((ended_by_watchdog + 1))
		begin
	fi
	"$@" --deadline-s 1 >"$WORK/there" 2>&1
}

simple clock 3
logs=()
clock 0
load_on --rate 2000 --far 2000
begin
reaches 1000 a
for jump in 3600 0 -3600 0 -3600 3600; do
	clock $jump
	at=$(($(committed) + 3000))
	wait_until 150 "progress after a jump" there offsets wait --sum $at
done
end_load
wait_until 150 "lag 0" there offsets wait --lag 0
next=100000
for jump in 0 -3600; do # with nothing to do; then there is something
	clock $jump
	load -n 1000 --seed "$SEED" --start-index $next
	next=$((next + 1000))
	wait_until 150 "lag 0" there offsets wait --lag 0
done
hours=$(cut -c1-13 "${logs[@]}" | grep '^20' | sort -u | wc -l)
[ "$hours" -ge 3 ] || fail "the clock of onced has not jumped: the scenario shows nothing"
kill_hard a # and a start in another hour than the last one
clock 3600
begin
load -n 1000 --seed "$SEED" --start-index $next
say "ended by the watchdog: $ended_by_watchdog times"
drain_and_judge a
