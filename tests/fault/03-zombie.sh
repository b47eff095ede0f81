#!/bin/bash
# Matrix row 3, holes H3 and H4 (offsets committed without or with a newer generation than the
# batch's partitions): a process is stopped with SIGSTOP while its TxnOffsetCommit is on the way,
# for longer than its session; a peer takes its partitions over and works on them; then the late
# request reaches the broker, and the process wakes. It changes nothing and takes part again.
. "$(dirname "$0")/lib.sh"

simple zombie 4
configure a "session.timeout.ms: 6000" "client.id: first"
configure b "session.timeout.ms: 6000" "client.id: second"
commit_when "every: 200ms"
load_on --rate 1500
start a
log_a=$log
reaches 1000 a
start b
log_b=$log
wait_until 40 "partitions for the peer" grep -q "C=" "$log_b"
proxy rule late api=TxnOffsetCommit client=first
proxy wait late 1 30
kill -STOP "${pids[a]}"
taken() { [ "$(grep -c 'C=' "$log_b")" -ge 6 ]; } # its two before, then all four
wait_until 60 "the peer took over" taken
reaches $(($(committed) + 2000)) b
proxy release late
kill -CONT "${pids[a]}"
before=$(grep -c 'C=' "$log_a")
again() { [ "$(grep -c 'C=' "$log_a")" -gt "$before" ]; }
wait_until 60 "the woken process has partitions again" again
end_load
drained b
running "${pids[a]}" || fail "the woken process ended"
stop a
stop b
judge_all --complete
