#!/bin/bash
# Matrix row 27: too few file descriptors, from the start and all of a sudden under load. It works,
# waits with its reason, or ends with a reason and a status of its own, never by a signal; and with
# enough of them it goes on from where it was.
# Holes: none of the protocol.
. "$(dirname "$0")/lib.sh"

warm descriptors 2
onced=$ONCED
printf '#!/bin/sh\nulimit -S -n "$LIMIT"\nexec "%s" "$@"\n' "$onced" >"$WORK/limited"
chmod +x "$WORK/limited"
next=1000 refused=0
short='Too many open files'
! logged "$short" || fail "what is looked for is said without need, too"
trouble() { ended "${pids[a]}" || logged "$short"; }
works() { trouble || offsets wait --lag 0 --deadline-s 1 >/dev/null 2>&1; }
for limit in 8 12 16 20 24 28 32 40 48 56 64 96; do
	load -n 200 --seed "$SEED" --start-index $next
	next=$((next + 200))
	ONCED=$WORK/limited LIMIT=$limit start a
	wait_until 60 "an end, a reason, or lag 0" works
	if trouble; then refused=$((refused + 1)); fi
	if ended "${pids[a]}"; then
		code=0
		wait "${pids[a]}" || code=$?
		unset "pids[a]"
		[ $code -ge 64 ] && [ $code -le 78 ] ||
			fail "it ended with $code at $limit descriptors"
		[ -s "$log" ] || fail "it ended without a word at $limit descriptors"
	else
		kill_hard a {64..78}
	fi
done
[ $refused -ge 2 ] || fail "no limit was too low: the scenario shows nothing"

load_on --rate 1000 --start-index 100000
start a
reaches $(($(committed) + 1000)) a
prlimit --pid "${pids[a]}" --nofile=10:
proxy cut onced # all connections are to be made anew
wait_until 60 "trouble" trouble
running "${pids[a]}" || fail "it ended"
prlimit --pid "${pids[a]}" --nofile=1024:
reaches $(($(committed) + 1000)) a 90
end_load
drain_and_judge a
