#!/bin/bash
# The box itself: exit status and input pass through, and nothing of it is left when the process
# that wanted it was killed.
. "$(dirname "$0")/lib.sh"

[ "$(echo through | box cat)" = through ] || fail "input does not pass through"
code=0
box sh -c 'exit 42' || code=$?
[ $code = 42 ] || fail "the exit status is $code"
is_systemd=$(box ps -o comm= -p 1)
[ "$is_systemd" = systemd ] || fail "PID 1 is $is_systemd"

export BOX_NAME=$BOX_NAME-owned
sleep 1000 &
pids[owner]=$!
BOX_OWNER=${pids[owner]} BOX_BIND='' "$BOX" up
"$BOX" status >/dev/null || fail "it is not up"
kill_hard owner
gone() { ! "$BOX" status >/dev/null && [ ! -e "/run/onced-box/$BOX_NAME" ]; }
wait_until 60 "the end of a box without owner" gone
! grep -q "onced-box-$BOX_NAME" /proc/[0-9]*/cgroup 2>/dev/null || fail "processes are left"
