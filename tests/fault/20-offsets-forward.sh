#!/bin/bash
# Matrix row 20: somebody moves a committed offset forward while onced is stopped, over records that
# nobody has processed: with the metadata kept, with and without a state on disk, and by Kafka's
# own tool, which loses the metadata. Nothing is passed over without a word: 65, the reason, the
# command. Put back, everything is there once; accepted, what is missing is what was passed over.
# Holes: H8.
. "$(dirname "$0")/lib.sh"

simple forward 2
next=0
more() { load -n 3000 --seed "$SEED" --start-index $next --far 2000 && next=$((next + 3000)); }
place() { # PARTITION OFFSET METADATA: the group has to be empty, its members given up
	offsets set --metadata "$3" "$1=$2" 2>"$WORK/set" && [ "$(offset_of "$1")" = "$2" ]
}
goes_on() {
	start a
	drained a
	stop a
}
refuses() { # PARTITION OFFSET REASON
	start a
	ends_with 65 a 60
	logged "stopped \(65\): $in/$1: $3" || fail "the log does not say why: $3"
	logged 'offsets accept' || fail "the log does not name the command"
	[ "$(offset_of "$1")" = "$2" ] || fail "onced moved the offset though it refused it"
}

more
goes_on
for partition in 0 1; do
	was=$(offset_of $partition) own=$(metadata_of $partition)
	more
	[ $partition = 0 ] || rm -r "$WORK/state.a"
	wait_until 60 "the offset moved forward" place $partition $((was + 300)) "$own"
	refuses $partition $((was + 300)) 'the log below the committed offset is not the one'
	wait_until 60 "the offset put back" place $partition "$was" "$own"
	goes_on
	moved=1 judge_all --complete
done

was=$(offset_of 0)
more
shifted() {
	"$BROKER" tool "$BROKER_DIR" consumer-groups --group "$group" --topic "$in:0" \
		--reset-offsets --shift-by 300 --execute >"$WORK/tool" 2>&1 &&
		[ "$(offset_of 0)" = $((was + 300)) ]
}
wait_until 90 "the shift by Kafka's tool" shifted
refuses 0 $((was + 300)) 'the committed offset was not written by onced'
wait_until 60 "offsets accept" "$ONCED" offsets accept -c "$WORK/a.yaml" "$name"
goes_on
! ONCED_BROKERS=$DIRECT check --complete || fail "the check is silent on what was passed over"
[ "$(field lost)" -gt 0 ] && [ "$(field lost)" -le 310 ] || fail "$result"
[ "$(field repeated) $(field altered) $(field disorder)" = "0 0 0" ] || fail "$result"
# Nor does a repeat of what was passed over come through: its id counts as seen.
[ "$(field unexpected)" = 0 ] || fail "$result"
sed -n "s|^check: lost: $in/\([0-9]*\)/\([0-9]*\) .*|\1 \2|p" "$WORK/judged" |
	awk -v from="$was" '$1 != 0 || $2 < from || $2 >= from + 300 { exit 1 }' ||
	fail "something else is lost: $(cat "$WORK/judged")"
say "$result"
