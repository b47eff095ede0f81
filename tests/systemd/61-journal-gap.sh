#!/bin/bash
# What a journal as the source does where it cannot go on unseen: entries deleted before they were
# read are a reported gap, which `on_gap: accept` or `offsets accept` settles. An idle position
# moves on with the journal, outlives the vacuum of what lies behind it, and is renewed. Another
# first target loses and repeats nothing. In a box of its own.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/journal.sh"
journal_box
pipeline() { # TARGETS [MORE...]
	{
		printf 'pipeline: sd61\nfrom:\n  journal: {units: [writer.service], match: %s}\n' \
			"{SYSLOG_IDENTIFIER: ${identifier:-writer}}"
		printf '%s\n' "${@:2}" "to: [$1]"
	} >"$WORK/pipelines/sd61.yaml"
	place /etc/onced/sd61/sd61.yaml <"$WORK/pipelines/sd61.yaml"
}
out=sd61 in=sd61 group=onced.sd61.$machine
"$BROKER" topic "$BROKER_DIR" sd61 1 -- sd61.other 1
mkdir -p "$WORK/pipelines"
pipeline '{topic: sd61}'
instance sd61
drop_in "${journal_drop_in[@]}"

start_unit() { box systemctl start "$unit" || fail_unit "it does not start"; }
stop_unit() { box systemctl stop "$unit"; }
refuses() { # PATTERN: the start ends with 65 and says so
	! box systemctl start "$unit" 2>/dev/null || wait_until 20 "the stop" is ActiveState failed
	wait_until 20 "the status 65" is ExecMainStatus 65
	journal_says "$1" || fail_unit "it does not say: $1"
	box systemctl reset-failed "$unit"
}

# what is there when it starts first, and what comes later
write 1 20
start_unit
write 21 50
wait_until 30 "entry 50" last 50
verify_box
place_of() {
	"$TOOLS/dump" -b "$ONCED_BROKERS" -g "$group" -i "$out" | sed -n 's/^C.* c=//p'
}

# other entries only: the position moves on, and is committed
was=$(place_of) count=$(committed)
box logger -t other "not for us"
is_moved() { [ "$(place_of)" != "$was" ]; }
wait_until 90 "the renewal" is_moved
[ "$(committed)" = "$count" ] || fail_unit "the renewal moved the offset"

# everything behind it is deleted while it runs, and nothing is missing
vacuum
write 51 60
wait_until 30 "entry 60" last 60
is ActiveState active || fail_unit "a vacuum behind it stopped it"

# deleted before it was read
stop_unit
write 61 80
box journalctl -q --rotate
write 81 90
vacuum
refuses 'records were deleted before they were processed'
last 60 || fail_unit "something was written beyond a gap"
box onced offsets show -c /etc/onced/sd61.yaml sd61 >"$WORK/show"
grep -q 'verdict *STOP: records were deleted' "$WORK/show" || fail_unit "offsets show says no gap"
pipeline '{topic: sd61}' '  on_gap: accept'
start_unit
wait_until 30 "entry 90" last 90
journal_says 'were deleted before they were processed; the work goes on' ||
	fail_unit "the gap is not logged"
[ "$(numbers | tr '\n' ' ')" = "$(seq 1 60 | tr '\n' ' ')$(seq 81 90 | tr '\n' ' ')" ] ||
	fail_unit "on_gap: accept does not go on with the oldest entry"
stop_unit

# the same, settled by a command
pipeline '{topic: sd61}'
write 91 100
box journalctl -q --rotate
write 101 110
vacuum
refuses 'records were deleted before they were processed'
as_onced offsets accept -c /etc/onced/sd61.yaml sd61 >"$WORK/accept"
grep -q "accepted, the log's start" "$WORK/accept" || fail_unit "accept: $(cat "$WORK/accept")"
! as_onced offsets reset -c /etc/onced/sd61.yaml sd61 --to earliest --yes >"$WORK/reset" 2>&1 ||
	fail_unit "a journal's offset was reset"
start_unit
wait_until 30 "entry 110" last 110
stop_unit

# another carrier of the offset, and back
pipeline '{topic: sd61.other, when: "false"}, {topic: sd61}'
write 111 120
start_unit
wait_until 30 "entry 120" last 120
stop_unit
pipeline '{topic: sd61}'
write 121 130
start_unit
wait_until 30 "entry 130" last 130
write 131 140
wait_until 30 "entry 140" last 140
stop_unit
{ seq 1 60; seq 81 90; seq 101 140; } | cmp - <(numbers) ||
	fail_unit "another target, other entries"
