#!/bin/bash
# Matrix row 10: the coordinator of the group, then that of the transactions, is on the broker that
# is killed under load: both move to another one, with what is pending in them.
# Holes: none of the protocol; a request sent to the old and again to the new coordinator (H5).
. "$(dirname "$0")/lib.sh"

own_brokers 3
simple moves 6
window 10 300
load_on "${paced[@]}"
start a
reaches 1000 a 120
note_size a
for kind in group transaction; do
	key=$group
	[ $kind = group ] || key=$group/a.$name.0
	n=$(admin coordinator $kind "$key")
	"$BROKER" kill "$BROKER_DIR" "$n"
	at=$(committed)
	reaches $((at + 300)) a 90
	[ "$(admin coordinator $kind "$key")" != "$n" ] || fail "the coordinator has not moved"
	"$BROKER" restart "$BROKER_DIR" "$n"
done
end_load
drain_and_judge a 120
