#!/bin/bash
# A journal as the source, in a box of its own, as its journal is rotated and vacuumed: onced is
# killed twenty times while a unit writes numbered entries, and every number is in the output once,
# in order. Then what is deleted before it was read is a reported gap, and `on_gap: accept` goes on.
. "$(dirname "$0")/lib.sh"

. "$(dirname "$0")/journal.sh"
journal_box

out=sd60 in=sd60 group=onced.sd60.$machine
"$BROKER" topic "$BROKER_DIR" "$out" 1
mkdir -p "$WORK/pipelines"
cat >"$WORK/pipelines/sd60.yaml" <<-END
	pipeline: sd60
	from: {journal: {units: [writer.service], match: {SYSLOG_IDENTIFIER: writer}}}
	steps: [{filter: '.MESSAGE | startswith("n=")'}]
	to: [{topic: $out}]
END
instance sd60
# without the right to read it: one clear message, and no retry
write 1 10
! box systemctl start "$unit" 2>/dev/null || fail_unit "it starts without the right to read"
is ExecMainStatus 77 || fail_unit "not the status for permission"
journal_says 'system.journal of this machine is not to be seen.*BindReadOnlyPaths' ||
	fail_unit "it does not say what is missing"
drop_in 'BindReadOnlyPaths=/var/log/journal'
! box systemctl start "$unit" 2>/dev/null || fail_unit "it starts without the right to read"
journal_says 'system.journal may not be read: .*systemd-journal' ||
	fail_unit "it does not say which right is missing"
drop_in "${journal_drop_in[@]}"
box systemctl start "$unit" || fail_unit "it does not start"
moved() { [ "$(committed)" -gt "$1" ]; }
write 11 1000000 & # until it is stopped
for kill in {1..20}; do
	was=$(committed)
	wait_until 30 "progress before kill $kill" moved "$((was + 20))"
	((kill % 4)) || box journalctl --rotate
	box systemctl kill -s KILL "$unit"
	wait_until 30 "restart $kill" is NRestarts "$kill"
	((kill % 5)) || box journalctl --rotate
done
box systemctl stop writer
end=$(box journalctl -q -u writer -o cat --no-pager | sed -n 's/^n=//p' | tail -n 1)
[ "$end" -gt 500 ] || fail_unit "too little was written"

wait_until 60 "the last entry" last "$end"
numbers >"$WORK/numbers"
seq 1 "$end" | cmp - "$WORK/numbers" || fail_unit "not every number once, in order"
verify_box
