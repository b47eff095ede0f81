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
wait_until 40 "the reason in the log" logged "$nowhere|[Bb]roker"
running "${pids[a]}" || fail "onced ended because there was no broker"
stop a

# an unknown input topic: keeps trying, says which, and heals when it is made
"$BROKER" untopic "$BROKER_DIR" errors
configure a
start a
wait_until 60 "the reason in the log" logged '(topic|errors).*([Uu]nknown|not exist|missing)'
running "${pids[a]}" || fail "onced ended because a topic was missing"
"$BROKER" topic "$BROKER_DIR" errors 2
load -n 3000 --seed 95
drained a 120
stop a
verify a
judge --complete
