#!/bin/bash
# The rights that docs/security.md lists are enough, and each of them is needed: without it
# `check --online` and `run` say which it is, and exit with 77. One that is taken away from a
# running daemon is waited for. `check --online` beside a running daemon changes nothing.
# (tests/fault: matrix row 24)
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/secure.sh"

online() { # EXPECTED_EXIT: `check --online`, output in $WORK/online
	local code=0
	"$ONCED" check --online --timeout 20s -c "$WORK/a.yaml" >"$WORK/online" 2>&1 || code=$?
	[ $code = "$1" ] || fail "check --online ended with $code: $(cat "$WORK/online")"
}
ends() { # the log ends of all outputs
	"$BROKER" tool "$BROKER_DIR" get-offsets --topic-partitions "$clean,$big,$dead"
}

secure_up
use rights 2
configure_secure a PLAIN

# nothing at all, then without a broker
online 77
[ "$(grep -c 'a right is missing' "$WORK/online")" = "$(rights 1 a | wc -l)" ] ||
	fail "not every right is named: $(cat "$WORK/online")"
sed 's/bootstrap.servers: .*/bootstrap.servers: 127.0.0.1:1/' "$WORK/a.yaml" >"$WORK/nobody.yaml"
code=0
"$ONCED" check --online --timeout 3s -c "$WORK/nobody.yaml" >"$WORK/online" 2>&1 || code=$?
[ $code = 69 ] || fail "check --online without a broker ended with $code"

# all of them
grant a 1
online 0
load -n 3000 --seed "${SEED:-97}"
start a
drained a
stop a
judge --complete

# beside a running daemon
start a
wait_until 60 "the partitions of a running daemon" logged 'reading from'
before=$(ends)
for _ in 1 2 3; do online 0; done
[ "$(ends)" = "$before" ] || fail "check --online has written something"
load -n 3000 --start-index 3000 --seed "${SEED:-97}"
drained a
! logged 'fenced|renew|revoked' || fail "the daemon noticed check --online"
judge --complete

# a right that goes while it runs, and comes back
acl remove topic "$clean" WRITE
load -n 3000 --start-index 6000 --seed "${SEED:-97}"
wait_until 60 "the missing right in the log" \
	logged "failed, restarts.* a right is missing: WRITE on topic $clean"
idle a # nor has it ended
acl add topic "$clean" WRITE
drained a 120
idle a
stop a
judge --complete

# each of them missing, one at a time
while read -r type what operation; do
	acl remove "$type" "$what" "$operation"
	missing="a right is missing: $operation on ${type/-/ } $what"
	online 77
	grep -qF "$missing:" "$WORK/online" || fail "not named: $missing: $(cat "$WORK/online")"
	start a
	ends_with 77 a 30
	grep -qF "$missing:" "$log" || fail "not named in the log: $missing"
	acl add "$type" "$what" "$operation"
done < <(rights 1 a)

# DESCRIBE alone is not enough to read or write: seen without being tried on a record
acl remove topic "$clean" WRITE
acl add topic "$clean" DESCRIBE
acl remove group "$group" READ
acl add group "$group" DESCRIBE
online 77
grep -qF "WRITE on topic $clean:" "$WORK/online" || fail "WRITE was not missed"
grep -qF "READ on group $group:" "$WORK/online" || fail "READ on the group was not missed"
acl add group "$group" READ
acl add topic "$clean" WRITE

# a topic that does not exist, settings that do not fit
"$BROKER" untopic "$BROKER_DIR" "$big" "$dead"
"$BROKER" topic "$BROKER_DIR" "$dead" 1 min.insync.replicas=2
acl add topic "$in" DESCRIBE_CONFIGS
acl add topic "$dead" DESCRIBE_CONFIGS
"$BROKER" untopic "$BROKER_DIR" "$in"
"$BROKER" topic "$BROKER_DIR" "$in" 2 cleanup.policy=compact,delete retention.ms=3600000
online 78
for said in "topic $big does not exist" "topic $dead: min.insync.replicas 2" \
	"topic $in is compacted" "topic $in: retention.ms 3600000"; do
	grep -qF "$said" "$WORK/online" || fail "not said: $said: $(cat "$WORK/online")"
done
