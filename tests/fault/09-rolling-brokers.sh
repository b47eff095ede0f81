#!/bin/bash
# Matrix row 9, three brokers: each in turn is killed under load, and comes back; then each is
# restarted in order. With two of three in sync all goes on without a stop.
# Holes: none of the protocol.
. "$(dirname "$0")/lib.sh"

own_brokers 3
simple rolling 6
window 10 300
load_on "${paced[@]}"
start a
reaches 1000 a 120
note_size a
for how in kill down; do
	for n in 1 2 3; do
		if [ $how = kill ]; then "$BROKER" kill "$BROKER_DIR" $n; fi
		at=$(committed)
		[ $how = down ] || reaches $((at + 300)) a 90
		"$BROKER" restart "$BROKER_DIR" $n
		at=$(committed)
		reaches $((at + 300)) a 90
	done
done
end_load
drain_and_judge a 120
