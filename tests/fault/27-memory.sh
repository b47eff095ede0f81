#!/bin/bash
# Matrix row 27: no more address space, from the start and all of a sudden under load. At the start
# there is a reason; later it goes on, or ends (librdkafka and onced abort() where they get no
# memory). Whatever it does, with enough of it the next start goes on from the last commit.
# Holes: none of the protocol.
. "$(dirname "$0")/lib.sh"

short='[Cc]annot allocate memory|not enough memory'
# ends_soundly WHERE: with a status of its own, or by abort() with its reason; by no other signal.
ends_soundly() {
	local code=0
	wait "${pids[a]}" || code=$?
	unset "pids[a]"
	if [ $code = 134 ]; then
		logged "$short|assert|invariant|bad_alloc" || fail "it aborted without a reason $1"
	else
		[ $code -ge 64 ] && [ $code -le 78 ] || fail "it ended with $code $1"
	fi
	[ -s "$log" ] || fail "it ended without a word $1"
	say "it ended with $code $1"
}

warm space 2
! logged "$short" || fail "what is looked for is said without need, too"
onced=$ONCED
printf '#!/bin/sh\nulimit -S -v "$LIMIT"\nexec "%s" "$@"\n' "$onced" >"$WORK/limited"
chmod +x "$WORK/limited"
load -n 200 --seed "$SEED" --start-index 1000
said() { ended "${pids[a]}" || logged "$short"; }
for kib in 40000 200000 1000000; do
	ONCED=$WORK/limited LIMIT=$kib start a
	wait_until 60 "a reason" said
	if ended "${pids[a]}"; then ends_soundly "with $kib KiB"; else kill_hard a 134 {64..78}; fi
done

ended_or_on() {
	ended "${pids[a]}" ||
		offsets wait --sum $((at + 3000)) --deadline-s 1 >"$WORK/on" 2>&1
}
load_on --rate 2000 --start-index 100000
for ((i = 0; i < 4; i++)); do
	start a
	reaches $(($(committed) + 1000)) a
	size=$(($(cut -d" " -f1 "/proc/${pids[a]}/statm") * 4096))
	prlimit --pid "${pids[a]}" --as="$((size - i * 1048576)):"
	proxy cut onced # connections and buffers are to be made anew
	at=$(committed)
	wait_until 60 "an end, or progress" ended_or_on
	if ended "${pids[a]}"; then
		ends_soundly "under load"
	else
		kill_hard a 134 {64..78}
		say "it went on"
	fi
done
end_load
start a
drain_and_judge a
