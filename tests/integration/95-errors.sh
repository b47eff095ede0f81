#!/bin/bash
# What goes wrong at the start ends in one clear message and its exit status, or, where it can
# heal, in a daemon that keeps trying and says why.
. "$(dirname "$0")/lib.sh"

use errors 2
configure a

# malformed YAML: 78, by `check` and by `run`, with file, line and column
printf 'pipeline: errors\nfrom: [\n' >"$WORK/pipelines/broken.yaml"
start a
ends_with 78 a 10
logged 'broken\.yaml:[0-9]+:[0-9]+: ' || fail "no place in the message"
code=0
"$ONCED" check "$WORK/pipelines/broken.yaml" >"$WORK/check.log" 2>&1 || code=$?
[ $code = 78 ] || fail "check ended with $code"
rm "$WORK/pipelines/broken.yaml"

# a state directory that is none: 73
printf 'x' >"$WORK/state.a"
start a
ends_with 73 a 30
logged "$WORK/state.a" || fail "the message does not name the directory"
rm "$WORK/state.a"

# one that may not be read: 73, by every command that needs it. To root no right is missing, so
# another user runs them, from a place that it can reach.
open=$(mktemp -d /tmp/onced-errors.XXXXXX)
close() { rm -rf "$open"; }
finish_hooks+=(close)
as_nobody() { timeout 30 setpriv --reuid=65534 --regid=65534 --clear-groups "$open/onced" "$@"; }
cp "$ONCED" "$open/onced"
mkdir -m 000 "$open/state"
sed "s|^state_dir: .*|state_dir: $open/state|" "$WORK/a.yaml" >"$open/a.yaml"
cp "$WORK/pipelines/errors.yaml" "$open"
sed -i "s|^pipelines: .*|pipelines: $open/errors.yaml|" "$open/a.yaml"
chmod 755 "$open"
chmod 644 "$open"/*.yaml
for command in run "offsets accept"; do
	code=0
	# shellcheck disable=SC2086 # a command of two words
	as_nobody $command -c "$open/a.yaml" "$open/errors.yaml" >"$WORK/unreadable.log" 2>&1 ||
		code=$?
	[ $code = 73 ] || fail "$command ended with $code where it may not read its state"
	grep -q "$open/state.*Permission denied" "$WORK/unreadable.log" ||
		fail "$command does not name the directory: $(cat "$WORK/unreadable.log")"
done
as_nobody offsets show -c "$open/a.yaml" "$open/errors.yaml" >"$WORK/unreadable.log" 2>&1 ||
	fail "offsets show: $(cat "$WORK/unreadable.log")"
grep -q 'not looked at.*Permission denied' "$WORK/unreadable.log" ||
	fail "offsets show is silent about the state: $(cat "$WORK/unreadable.log")"

# no such command, no such option: 64
code=0
"$ONCED" frobnicate >"$WORK/usage.log" 2>&1 || code=$?
[ $code = 64 ] || fail "a wrong command ended with $code"

# no broker: keeps trying, says why, and heals
nowhere=127.0.0.1:$(python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
sed -i "s/bootstrap.servers: .*/bootstrap.servers: $nowhere/" "$WORK/a.yaml"
start a
wait_until 40 "the reason in the log" logged "warning errors/0: .*$nowhere.*[Cc]onnection refused"
running "${pids[a]}" || fail "onced ended because there was no broker"
stop a
for command in verify "offsets show" "offsets accept"; do # they are asked once, and end
	code=0
	# shellcheck disable=SC2086 # a command of two words
	"$ONCED" $command --timeout 2s -c "$WORK/a.yaml" errors >"$WORK/nowhere.log" 2>&1 ||
		code=$?
	[ $code = 69 ] || fail "$command without a broker ended with $code"
	grep -q 'gave up after 2 s' "$WORK/nowhere.log" || fail "$command gave up silently"
done

# an unknown input topic: keeps trying, says which, and heals when it is made
"$BROKER" untopic "$BROKER_DIR" errors
configure a
start a
wait_until 60 "the reason in the log" logged 'warning errors/0: input topic errors: .*Unknown topic'
running "${pids[a]}" || fail "onced ended because a topic was missing"
"$BROKER" topic "$BROKER_DIR" errors 2
load -n 3000 --seed 95
drained a 120
stop a
verify a
judge --complete
