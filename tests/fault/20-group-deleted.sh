#!/bin/bash
# Matrix row 20: the whole group is deleted by Kafka's own tool. The state on disk knows that it had
# offsets: 65, the reason, and the command that takes them from there; nothing is lost or repeated.
# Holes: H8.
. "$(dirname "$0")/lib.sh"

warm group-deleted 2
load -n 3000 --seed "$SEED" --start-index 1000
delete_group() { # once its members are given up
	"$BROKER" tool "$BROKER_DIR" consumer-groups --delete --group "$group" >"$WORK/tool" 2>&1 &&
		! grep -qi error "$WORK/tool" && [ "$(committed)" = 0 ]
}
wait_until 90 "the group deleted" delete_group
start a
ends_with 65 a 60
logged "stopped \(65\): $in/[01]: the group has no committed offset, but the state on disk" ||
	fail "the log does not say why"
logged 'offsets accept' || fail "the log does not name the command"
wait_until 60 "offsets accept" "$ONCED" offsets accept -c "$WORK/a.yaml" "$name"
start a
drain_and_judge a
