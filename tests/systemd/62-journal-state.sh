#!/bin/bash
# A journal through dedup: two units write as fast as they can, onced and journald are killed
# meanwhile (journald puts its file aside and begins another), and the output is what journalctl
# shows, each entry once. Then the state is deleted and made anew by counting back in the journal,
# and a source with other entries is not taken for the one that made the state. In a box of its own.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/journal.sh"
journal_box
out=sd62 in=sd62 group=onced.sd62.$machine
"$BROKER" topic "$BROKER_DIR" sd62 1
mkdir -p "$WORK/pipelines"
pipeline() { # UNITS
	cat >"$WORK/pipelines/sd62.yaml" <<-END
		pipeline: sd62
		from:
		  journal: {units: [$1], match: {SYSLOG_IDENTIFIER: [writer, writer2]}}
		steps:
		  - filter: (.MESSAGE | type) == "string" and (.MESSAGE | startswith("n="))
		  - dedup: {id: .MESSAGE, within: 1h}
		to: [{topic: sd62}]
	END
	place /etc/onced/sd62/sd62.yaml <"$WORK/pipelines/sd62.yaml"
}
pipeline 'writer.service, writer2.service'
instance sd62
drop_in "${journal_drop_in[@]}"
box systemctl start "$unit" || fail_unit "it does not start"

fast() { # NAME STEM LAST
	box systemd-run -q --wait --unit="$1" -p SyslogIdentifier="$1" \
		-p LogRateLimitIntervalSec=0 seq -f "n=$2%.0f" 1 "$3"
}
# What the journal holds, in its order: the first of each.
shown() {
	box journalctl -q -u writer -u writer2 -o cat --no-pager | grep '^n=' |
		awk '!seen[$0]++ { print substr($0, 3) }'
}
printed() {
	"$TOOLS/dump" -b "$ONCED_BROKERS" -g "$group" -t "$out" |
		sed -n 's/^R\t.*"MESSAGE":"n=\([0-9]*\)".*/\1/p'
}
agree() {
	shown >"$WORK/shown"
	printed >"$WORK/printed"
	cmp -s "$WORK/shown" "$WORK/printed"
}

fast writer 1 20000 &
one=$!
fast writer2 2 20000 &
two=$!
for kill in 1 2 3; do
	was=$(committed)
	moved() { [ "$(committed)" -gt "$was" ] || ! kill -0 $one 2>/dev/null; }
	wait_until 60 "progress" moved
	if [ $kill = 2 ]; then box systemctl kill -s KILL systemd-journald; fi
	box systemctl kill -s KILL "$unit"
	wait_until 30 "restart $kill" is NRestarts "$kill"
done
wait "$one" "$two" || fail_unit "a writer failed"
wait_until 90 "all entries, each once" agree
[ "$(wc -l <"$WORK/shown")" -gt 20000 ] || fail_unit "too little came into the journal"

# the same numbers again are repeats, also for a state that was lost
box systemctl stop "$unit"
box rm -r /var/lib/onced@sd62/sd62
write 10001 10020 # the stem is in the number
fast writer 1 100
fast writer 3 100
box systemctl start "$unit" || fail_unit "it does not start without its state"
journal_says 'rebuild.*to replay' || fail_unit "the state is not rebuilt"
wait_until 60 "the new entries, and no repeat" agree
verify_box

# other entries are another log: not taken for the one that the state is of
box systemctl stop "$unit"
pipeline writer.service
fast writer 4 50
! box systemctl start "$unit" 2>/dev/null || wait_until 30 "the stop" is ActiveState failed
is ExecMainStatus 65 || fail_unit "it goes on with other entries"
journal_says 'could repeat one whose id was lost' || fail_unit "it does not say why it stops"
box systemctl reset-failed "$unit"
as_onced offsets accept -c /etc/onced/sd62.yaml sd62 >"$WORK/accept"
box systemctl start "$unit" || fail_unit "it does not start after accept"
last_is() { [ "$(printed | tail -n 1)" = 450 ]; }
wait_until 30 "the last entry" last_is
[ -z "$(printed | sort | uniq -d)" ] || fail_unit "a repeat after accept"
