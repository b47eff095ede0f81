#!/bin/bash
# Matrix row 29: an older Kafka, 3.8 (the jars of 98-scram): a smoke of rows 1, 2, 9 and 12 with it:
# kills at steps of a batch and by chance, a member that comes and goes, the broker killed.
# Holes: H5, as far as brokers differ.
. "$(dirname "$0")/lib.sh"

export KAFKA_VERSION=3.8.0
own_brokers 1
simple older 4
configure b "session.timeout.ms: 6000"
load_on --rate 1500
RANDOM=$SEED
start a
reaches 500 a
for point in produce:700 send-offsets:3 endtxn-sent:2 committed:3; do
	kill_hard a
	ONCED_FAILPOINT=$point start a
	dies_at a
	start a
	reaches $(($(committed) + 500)) a
done
start b
sleep $((RANDOM % 5)) # the schedule of the fault
kill_hard b
start b
"$BROKER" kill "$BROKER_DIR"
"$BROKER" restart "$BROKER_DIR"
reaches $(($(committed) + 1000)) a 90
stop b
end_load
drain_and_judge a
