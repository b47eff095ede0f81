#!/bin/bash
# A million ids in the store, SIGKILL, start: the first new record is committed within 3 seconds of
# the restart. Says how many records were replayed and where the time went, from onced's log.
. "$(dirname "$0")/../integration/lib.sh"

limit_ms=3000
use million 4
configure a
load -n 1200000 --seed 100 --far 300000
start a
drained a 300
# A second life under a light load, so that there are commits that no checkpoint holds yet.
load -n 60000 --seed 100 --start-index 1200000 --rate 10000 &
loader=$!
reaches 1230000 a 60
kill_hard a
before=$(committed)
began=${EPOCHREALTIME/./}
start a
reaches $((before + 1)) a 60
took=$(((${EPOCHREALTIME/./} - began) / 1000))
wait "$loader" || fail "the load ended early"
drained a 120
stop a
judge --complete
ids=$(($(field clean) - $(field renewed)))
say "ids in the store: $ids"
say "first new record committed $took ms after the restart (limit $limit_ms ms)"
say "replayed: $(sed -n 's/.*: \([0-9]*\) records replayed.*/\1/p' "$log" |
	awk '{ n += $1 } END { print n + 0 }') records"
say "where the time went (the start was at $(date -u -d "@$((began / 1000000))" +%T).$(
	printf %03d $((began / 1000 % 1000))) UTC):"
head -n 40 "$log" | cut -c1-150 | sed 's/^/  /'
[ "$ids" -ge 1000000 ] || fail "only $ids ids"
[ $took -le $limit_ms ] || fail "too slow"
