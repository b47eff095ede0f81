#!/bin/bash
# Matrix row 21: the input topic is deleted and made anew, with other records and more of them than
# before, so that C lies within the new log. Kafka deletes the offsets with the topic: the state on
# disk knows that there were some. Then the old offsets and their metadata are put back, and the
# state is gone: the hash of the log tells. 65, the reason, the command, and from there on anew.
# Holes: H9.
. "$(dirname "$0")/lib.sh"

simple anew 2
load -n 3000 --seed "$SEED"
start a
drained a
stop a
was=() own=()
for partition in 0 1; do
	was+=("$(offset_of $partition)")
	own+=("$(metadata_of $partition)")
done

"$BROKER" untopic "$BROKER_DIR" "$in" "$clean" "$big" "$dead"
"$BROKER" topic "$BROKER_DIR" "$in" 2 -- "$clean" 3 -- "$big" 1 -- "$dead" 1
load -n 6000 --seed $((SEED + 100))
start a
ends_with 65 a 60
logged "stopped \(65\): $in/[01]: the group has no committed offset, but the state on disk" ||
	fail "the log does not say why"
logged 'offsets accept' || fail "the log does not name the command"

rm -r "$WORK/state.a"
put_back() { # PARTITION
	offsets set --metadata "${own[$1]}" "$1=${was[$1]}" 2>"$WORK/set" &&
		[ "$(offset_of "$1")" = "${was[$1]}" ]
}
for partition in 0 1; do wait_until 60 "the old offset put back" put_back $partition; done
start a
ends_with 65 a 60
logged "stopped \(65\): $in/[01]: the log below the committed offset is not the one" ||
	fail "the log does not say why"
logged 'offsets accept' || fail "the log does not name the command"
for partition in 0 1; do
	[ "$(offset_of $partition)" = "${was[$partition]}" ] || fail "onced has moved the offset"
done

wait_until 60 "offsets reset" "$ONCED" offsets reset -c "$WORK/a.yaml" "$name" --to earliest \
	--empty --yes
start a
drained a
stop a
moved=1 judge_all --complete
