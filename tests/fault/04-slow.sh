#!/bin/bash
# Matrix row 4: a record that takes longer than max.poll.interval.ms, which a shim makes shorter
# than the watchdog's patience. The client leaves the group, a peer takes the partitions over; when
# the slow worker comes to, its batch is dropped, none of its offsets are sent, and it works again.
# Holes: H3 (the client has no generation then, and no member id).
. "$(dirname "$0")/lib.sh"

simple slow 4
configure a "session.timeout.ms: 6000" "client.id: first"
configure b "session.timeout.ms: 6000" "client.id: second"
commit_when "every: 1s" # the slow record has others before it in its batch
echo "log_level: debug" >>"$WORK/a.yaml" # the client says why it leaves
load_on --rate 1500
MAX_POLL_MS=8000 LD_PRELOAD=$SHIMS/short_poll.so ONCED_FAILPOINT=poll:8000:sleep=40000 start a
log_a=$log
wait_until 60 "the slow record" logged '^onced: failpoint poll'
proxy rule add api=AddOffsetsToTxn client=first do=delay ms=0 count=all
proxy rule send api=TxnOffsetCommit client=first do=delay ms=0 count=all
start b
log_b=$log
taken() { has_begun b && [ "$(grep -c 'C=' "$log_b")" -ge 4 ]; }
wait_until 60 "the peer took over" taken
reaches $(($(committed) + 2000)) b
grep -q 'aximum poll interval .*exceeded' "$log_a" || fail "the slow one has not left the group"
! grep -q 'given up' "$log_a" || fail "the slow one was too fast: the scenario shows nothing"

given_up() { grep -q 'transaction of [1-9].* records given up' "$log_a"; }
wait_until 90 "the slow batch given up" given_up
for rule in add send; do
	proxy acted $rule
	[ "$answer" = 0 ] || fail "offsets of the slow batch were sent ($rule)"
done
proxy clear
before=$(grep -c 'C=' "$log_a")
again() { [ "$(grep -c 'C=' "$log_a")" -gt "$before" ]; }
wait_until 90 "partitions for the slow one again" again
reaches $(($(committed) + 2000)) a
end_load
drained a
running "${pids[b]}" || fail "the peer ended"
stop a
stop b
judge_all --complete
