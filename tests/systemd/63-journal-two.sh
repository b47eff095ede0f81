#!/bin/bash
# Two daemons on one host with different instance names and the same journal pipeline: nobody joins
# its group, so the transactional id alone keeps them apart. One of them ends (76), and every entry
# is in the output once. In a box of its own.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/journal.sh"
journal_box
out=sd63 in=sd63 group=onced.sd63.$machine
"$BROKER" topic "$BROKER_DIR" sd63 1
mkdir -p "$WORK/pipelines"
cat >"$WORK/pipelines/sd63.yaml" <<-END
	pipeline: sd63
	from: {journal: {units: [writer.service], match: {SYSLOG_IDENTIFIER: writer}}}
	steps: [{filter: '.MESSAGE | startswith("n=")'}]
	to: [{topic: sd63}]
END
for name in sd63a sd63b; do
	instance $name
	drop_in "${journal_drop_in[@]}"
done
write 1 2000 &
writer=$!
box systemctl start onced@sd63a || fail_unit "the first does not start"
box systemctl start --no-block onced@sd63b
fenced() {
	for unit in onced@sd63a onced@sd63b; do
		! is ExecMainStatus 76 || return 0
	done
	return 1
}
wait_until 90 "one of them is fenced" fenced
wait "$writer" || fail "the writer failed"
wait_until 60 "the last entry" last 2000
seq 1 2000 | cmp - <(numbers) || fail "not every number once, in order"
