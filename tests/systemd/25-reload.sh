#!/bin/bash
# systemctl reload: with a wrong file it fails, says where, and the old pipeline goes on; with a
# right one it returns when the change is in force. The process stays the same one, and the journal
# has it all with the event's fields.
. "$(dirname "$0")/lib.sh"

use reloaded 4
instance reloaded
load -n 5000 --seed 25
box systemctl start "$unit" || fail_unit "it does not start"
drained_unit
pid=$(show MainPID)

# a wrong file: refused, with its place, and the old set goes on
cp "$WORK/pipelines/reloaded.yaml" "$WORK/right.yaml"
sed 's/^to:/too:/' "$WORK/right.yaml" | place /etc/onced/reloaded/reloaded.yaml
! box systemctl reload "$unit" 2>"$WORK/reload" || fail_unit "a wrong file was taken"
journal_says '/etc/onced/reloaded/reloaded.yaml:[0-9]+:[0-9]+: ' ||
	fail_unit "the journal does not tell the place"
is ActiveState active || fail_unit "a refused reload ended it"
wait_until 20 "the status of the refused reload" status_says 'reload'
load -n 5000 --seed 25 --start-index 5000
drained_unit

# a right one: a second pipeline, which works when the reload has returned
place /etc/onced/reloaded/reloaded.yaml <"$WORK/right.yaml"
"$BROKER" topic "$BROKER_DIR" second 1 -- second.out 1
place /etc/onced/reloaded/second.yaml <<-'END'
	pipeline: second
	from: {topics: [second], format: bytes}
	to: [{topic: second.out}]
END
box systemctl reload "$unit" || fail_unit "a right file was refused"
wait_until 20 "the status of both" status_says '^2 pipelines, 5 partitions, lag 0'
load -n 2000 --seed 25 --start-index 10000
drained_unit
is MainPID "$pid" || fail_unit "another process"
is NRestarts 0 || fail_unit "it was restarted"
box journalctl -u "$unit" -o verbose --no-pager >"$WORK/verbose"
for field in ONCED_EVENT=reload-refused ONCED_EVENT=reload-done ONCED_PIPELINE=reloaded \
	MESSAGE_ID=; do
	grep -q "^ *$field" "$WORK/verbose" || fail_unit "no $field in the journal"
done
box systemctl stop "$unit"
judge --complete
