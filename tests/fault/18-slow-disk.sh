#!/bin/bash
# Matrix row 18: a disk that takes long over each sync. Commits do not wait for it while memory
# lasts; then intake does, so that memory is bounded; kill -9 while a checkpoint's sync is under
# way, and again with two seconds for each sync, under load.
# Holes: H14.
. "$(dirname "$0")/lib.sh"

export EIO_SLOW=$WORK/slow
simple slow-disk 1
echo "memory: 64M" >>"$WORK/a.yaml" # 12 MB of overlay
load -n 2000 --seed "$SEED" --far 50000
EIO_SLOW_MS=50000 LD_PRELOAD=$EIO start a # not as long as the watchdog's patience
drained a
touch "$EIO_SLOW"
load -n 150000 --seed "$SEED" --far 50000 --start-index 2000
wait_until 60 "a sync that takes long" test -e "$EIO_SLOW.held"
reaches $(($(committed) + 5000)) a
still() {
	local before
	before=$(committed)
	sleep 2 # that nothing moves is what is measured
	[ "$(committed)" = "$before" ]
}
wait_until 60 "an end of the consumption" still
at=$(committed)
say "C=$at when memory was full"
[ "$at" -lt 152000 ] || fail "all was read while nothing came to the disk: memory has no bound"
running "${pids[a]}" || fail "onced ended"
kill_hard a

load_on --rate 1500 --far 50000 --start-index 152000
for life in 1 2; do
	EIO_SLOW_MS=2000 LD_PRELOAD=$EIO start a
	reaches $(($(committed) + 15000)) a 120
	rm -f "$EIO_SLOW.held"
	wait_until 60 "a sync that takes long" test -e "$EIO_SLOW.held"
	kill_hard a
done
EIO_SLOW_MS=2000 LD_PRELOAD=$EIO start a
reaches $(($(committed) + 5000)) a 120
end_load
drain_and_judge a 120
