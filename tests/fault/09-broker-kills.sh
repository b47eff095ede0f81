#!/bin/bash
# Matrix row 9, one broker: killed and started again three times under load, once stopped in order,
# once made to hang for longer than the requests' timeouts. onced keeps running, and goes on.
# Holes: none of the protocol; unknown outcomes and timeouts as they come.
. "$(dirname "$0")/lib.sh"

own_brokers 1
simple broker 4
load -n 20000 --seed "$SEED"
next=20000
start a
reaches 1000 a
note_size a
for how in kill kill down kill pause; do
	load -n 10000 --seed "$SEED" --start-index $next
	next=$((next + 10000))
	"$BROKER" $how "$BROKER_DIR"
	if [ $how = pause ]; then
		sleep 15 # the schedule of the fault
		"$BROKER" resume "$BROKER_DIR"
	else
		"$BROKER" restart "$BROKER_DIR"
	fi
	at=$(committed)
	reaches $((at + 1000)) a 90
done
drain_and_judge a 120
