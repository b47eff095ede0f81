#!/bin/bash
# Reload, case by case, while records come in: what is wrong changes nothing and says why; a change
# after dedup keeps the state, one before it rebuilds the state; pipelines come and go; one that is
# parked starts anew; and a pipeline beside them that is never changed does not notice any of it.
# In the end nothing is lost or repeated in either. The daemon is built with ThreadSanitizer here: a
# race of its own threads is exit status 66.
. "$(dirname "$0")/lib.sh"

onced=$ONCED
under_tsan

use rel 4
file=$WORK/pipelines/rel.yaml
configure a "session.timeout.ms: 6000"
cat >"$WORK/pipelines/still.yaml" <<-END
	pipeline: still
	from: {topics: [rel]}
	to: [{topic: still.out}]
END
"$BROKER" topic "$BROKER_DIR" still.out 2 -- extra.out 1

# The service manager's end of sd_notify: each message a line of $WORK/notify.
export NOTIFY_SOCKET=$WORK/notify.sock
python3 - "$NOTIFY_SOCKET" "$WORK/notify" <<'END' &
import socket, sys
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind(sys.argv[1])
with open(sys.argv[2], "a") as out:
    while True:
        print(manager.recv(65536).decode().replace("\n", " "), file=out, flush=True)
END
pids[manager]=$!
wait_until 10 "the socket of the service manager" test -S "$NOTIFY_SOCKET"
told() { grep -Eq -- "$1" "$WORK/notify"; }
told_times() { grep -Ec -- "$1" "$WORK/notify" || true; }
# It is sent before the reload's answer, but another process writes it down.
ready() { wait_until 10 "$1 times READY" ready_times "$1"; }
ready_times() { [ "$(told_times '^READY=1')" = "$1" ]; }

# reload CODE [PATTERN...]: `onced reload` ends with it, and says each of them.
reload() {
	local code=0 expected=$1
	shift
	"$onced" reload -c "$WORK/a.yaml" >"$WORK/said" 2>&1 || code=$?
	[ $code = "$expected" ] || fail "reload: $code, not $expected: $(cat "$WORK/said")"
	says "$@"
}
# plan [PATTERN...]: what `onced check --running` says.
plan() {
	"$onced" check --running -c "$WORK/a.yaml" >"$WORK/said" 2>&1 ||
		fail "check --running: $(cat "$WORK/said")"
	says "$@"
}
says() {
	local pattern
	for pattern; do
		grep -Eq -- "$pattern" "$WORK/said" ||
			fail "'$pattern' is not in: $(cat "$WORK/said")"
	done
}
change() { sed -i "$1" "$file"; }           # SED_COMMAND
lines() { grep -Ec -- "$1" "$log" || true; } # of the log
mark() { marked=$(wc -l <"$log"); }
since() { tail -n "+$((marked + 1))" "$log" | grep -Eq -- "$1"; } # a line of the log after mark
moves() { # records are committed that were not yet
	reaches $(($(committed) + 200)) a
}

load_on -n 10000000 --seed 75 --rate 600 --far 4000
start a
wait_until 60 "READY" told '^READY=1'
reaches 500 a
reload 0 '^2 unchanged, 0 added, 0 changed, 0 removed' '^rel: unchanged' '^still: unchanged'
ready 2
told '^RELOADING=1 MONOTONIC_USEC=[0-9]+$' || fail "no RELOADING"
assigned=$(lines ' still/0 .*: (live|replay|rebuild)')
[ "$assigned" = 4 ] || fail "still has not got its 4 partitions"
rel=$(lines ' rel/[01] .*: (live|replay|rebuild)')

say "  what is wrong changes nothing"
cp "$file" "$WORK/right"
echo 'nonsense: 1' >>"$file"
reload 78 'rel\.yaml:[0-9]+:1: nonsense: unknown key'
logged 'error: reload refused \(78\): .*rel\.yaml:[0-9]+:1: nonsense.*the old definitions go on' ||
	fail "not in the log"
wait_until 10 "the reason in STATUS" told '^STATUS=.*reload refused \(78\): .*nonsense'
ready 3
cp "$WORK/right" "$file"
change 's/cents: 100}$/cents: 101}/'
reload 1 'rel\.yaml:[0-9]+:5: tests\[0\]: the test "a repeated id yields one record" does not pass'
cp "$WORK/right" "$file"
sed -i 's/^instance: a/instance: b/' "$WORK/a.yaml"
reload 78 'a\.yaml: instance: cannot be changed by a reload \(from a to b\)'
sed -i 's/^instance: b/instance: a/' "$WORK/a.yaml"
[ "$(lines ' rel/[01] .*: (live|replay|rebuild)')" = "$rel" ] || fail "rel was disturbed"
moves

say "  a change after dedup keeps the state"
change 's/^  - key: .account/  - key: (.account)/; s/^lineage:.*//'
mark
plan '^rel: changed \(steps\[3\]\.key\): goes on with its state' '^still: unchanged'
reload 0 '^1 unchanged, 0 added, 1 changed, 0 removed'
! since ' rel/[01] .*: (rebuild|replay): |records replayed' || fail "the state was not kept"
moves
! told '^STATUS=.*reloaded.*reload refused' || fail "the old reason is still in STATUS"

say "  a change before dedup rebuilds it"
change 's/^  - filter: .type/  - filter: (.type)/'
mark
knows() { # how much, about a second after the partitions came
	plan '^rel: changed \(steps\[0\]\.filter\): its state is rebuilt by replay'
	grep -Eq 'about [1-9][0-9]* records to read' "$WORK/said"
}
wait_until 20 "the number of records to replay" knows
reload 0 'rel: changed \(steps\[0\]\.filter\)'
wait_until 60 "the rebuild" since ' rel/[01] .*: [1-9][0-9]* records replayed'
moves

say "  pipelines come and go"
cat >"$WORK/pipelines/extra.yaml" <<-END
	pipeline: extra
	from: {topics: [rel], group: extra}
	steps: [{filter: .amount > 0}, {dedup: {id: .id, within: 1h}}]
	to: [{topic: extra.out}]
	errors: drop
END
# somebody else's offsets are in its group: it stops at once, and the reload says so, being done
group=extra offsets set 0=0 1=0 2=0 3=0
reload 65 '^2 unchanged, 1 added' '^extra: added' '^extra: stopped \(65\): .*offsets accept extra'
wait_until 10 "the stop in STATUS" told '^STATUS=3 pipelines \(1 parked\)'
reload 65 '^extra: unchanged; it was stopped, and begins anew' '^extra: stopped \(65\): '
[ "$(lines ' extra.*: stopped \(65\)')" = 2 ] || fail "it was not started anew"
"$onced" offsets accept -c "$WORK/a.yaml" extra >"$WORK/accepted" 2>&1 ||
	fail "accept: $(cat "$WORK/accepted")"
reload 0 '^extra: unchanged; it was stopped, and begins anew'
sed -i 's/^errors: drop/commit: {every: 20ms}/' "$WORK/pipelines/extra.yaml"
plan '^extra: changed \(errors and 1 more\): goes on with its state'
sed -i '$a errors: drop' "$WORK/pipelines/extra.yaml"
reload 0 '^2 unchanged, 0 added, 1 changed' '^extra: changed \(commit.every\)'
group=extra reaches 1000 a
rm "$WORK/pipelines/extra.yaml"
reload 0 '^2 unchanged, 0 added, 0 changed, 1 removed' '^extra: removed'
[ -d "$WORK/state.a/extra" ] || fail "its state was removed too"
moves

say "  signals and several at once"
before=$(told_times '^READY=1')
mark
change 's/^commit:.*//; $a commit: {every: 50ms}'
kill -HUP "${pids[a]}"
again() { [ "$(told_times '^READY=1')" -gt "$before" ]; }
wait_until 30 "the change by SIGHUP" since ' rel: changed \(commit\.every\): goes on with its state'
wait_until 30 "READY after the reload by SIGHUP" again
for i in 1 2 3 4 5; do
	kill -HUP "${pids[a]}"
	"$onced" reload -c "$WORK/a.yaml" >"$WORK/said.$i" 2>&1 &
	asking[i]=$!
done
for i in 1 2 3 4 5; do wait "${asking[i]}" || fail "reload $i: $(cat "$WORK/said.$i")"; done

say "  one worker more"
change 's/^workers: 2/workers: 3/'
reload 0 '^rel: changed \(workers\): goes on with its state'
moves

[ "$(lines ' still/0 .*: (live|replay|rebuild)')" = "$assigned" ] || fail "still has noticed"
say "  memory and kafka: all begin anew, with their state"
echo '  linger.ms: 1' >>"$WORK/a.yaml"
reload 0 '^2 unchanged' '^still: unchanged; begins anew with its state, because of `linger.ms`'
echo 'memory: 400M' >>"$WORK/a.yaml"
reload 0 '^rel: unchanged; begins anew with its state, because of `memory`'
[ "$(lines ' still/0 .*: (live|replay|rebuild)')" -gt "$assigned" ] || fail "still did not"

say "  fewer workers: the group gives their partitions to the one that is left"
change 's/^workers: 3/workers: 1/'
reload 0 '^rel: changed \(workers\): goes on with its state'
unload
drained a
group=onced.still drained a
stop a
reload 69 'no onced answers at '
group=rel judge --complete
"$onced" verify -c "$WORK/a.yaml" still >"$WORK/verified" || fail "still: $(cat "$WORK/verified")"
