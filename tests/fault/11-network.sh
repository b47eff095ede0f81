#!/bin/bash
# Matrix row 11: a bad network: every request late, answers lost for a while, requests lost for a
# while, all connections cut again and again. Whatever librdkafka and onced make of each, nothing
# is lost or repeated, and when the network is good again the lag goes to 0.
# Holes: H5, and unknown outcomes, as they come.
. "$(dirname "$0")/lib.sh"

simple network 4
window 20 500
load_on "${paced[@]}"
start a
reaches 1000 a
note_size a
# The seconds below are the schedule of the faults, no waits for an effect.
proxy rule slow api=any do=delay ms=100 count=all
reaches $(($(committed) + 1000)) a
proxy clear
for way in answer request; do
	proxy rule lost api=any do=drop dir=$way count=all
	sleep 12
	proxy clear
	reaches $(($(committed) + 500)) a 90
done
for ((i = 0; i < 40; i++)); do
	proxy cut onced
	sleep 0.3
done
reaches $(($(committed) + 500)) a 90
for api in Produce AddPartitionsToTxn AddOffsetsToTxn TxnOffsetCommit EndTxn; do
	for way in request answer; do
		proxy rule cut api=$api do=cut dir=$way count=3
		proxy wait cut 3 60
		proxy clear
	done
done
reaches $(($(committed) + 500)) a 90
end_load
drain_and_judge a 120
