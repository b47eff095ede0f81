#!/bin/bash
# A service's life: a wrong file fails the start at once and says where; then it starts, tells its
# status, works, is killed, is started again, and stops; nothing is lost or repeated. Its secret is
# a credential, and its process has what the unit leaves it.
. "$(dirname "$0")/lib.sh"

use service 4
instance service "sasl.password: \${credential:kafka-password}"
place /etc/onced/kafka-password <<<'open-sesame-0815'
drop_in 'LoadCredential=kafka-password:/etc/onced/kafka-password'

# a wrong file: at once, with its place, and not again and again
printf 'pipeline: broken\nfrom: {topics: [x]}\nto: [{topik: y}]\n' |
	place /etc/onced/service/broken.yaml
! box systemctl start "$unit" 2>"$WORK/start" || fail_unit "it starts with a wrong file"
box systemctl status --no-pager "$unit" >"$WORK/status" || true
grep -q '/etc/onced/service/broken.yaml:3:7: to\[0\].topik: ' "$WORK/status" ||
	fail_unit "the status does not tell the place"
is ActiveState failed || fail_unit "it did not fail for good"
is ExecMainStatus 78 || fail_unit "not the status for configuration"
is NRestarts 0 || fail_unit "it is tried again and again"
box rm /etc/onced/service/broken.yaml

load -n 5000 --seed 20
box systemctl start "$unit" || fail_unit "it does not start"
is ActiveState active || fail_unit "it is not active"
drained_unit
wait_until 20 "the status" status_says \
	'^1 pipeline, 4 partitions, lag 0, last commit [0-9]+\.[0-9] s ago$'

# what it runs as, and what it has
pid=$(host_pid "$(show MainPID)")
has() { grep -Eq "$1" "/proc/$pid/status" || fail_unit "/proc/PID/status lacks $1"; }
has '^NoNewPrivs:	1$'
has '^Seccomp:	2$'
has '^CapEff:	0+$'
has '^CapBnd:	0+$'
grep -Eq '^Max core file size +0 +0 ' "/proc/$pid/limits" || fail_unit "core dumps are on"
[ "$(box stat -c '%U %a' /var/lib/onced@service)" = 'onced 700' ] ||
	fail_unit "the state is open"
for folder in /home /srv "$source_dir"; do
	[ ! -e "/proc/$pid/root$folder" ] || fail_unit "it sees the host's $folder"
done
[ -e "/proc/$pid/root/etc/onced/service.yaml" ] || fail_unit "it does not see its own"
[ "$(box journalctl -x -u "$unit" --no-pager | grep -c '^░░ Subject: ')" -gt 2 ] ||
	fail_unit "journalctl -x explains nothing of it"
! journal_says open-sesame || fail_unit "a secret is in the journal"

# kill -9
load -n 5000 --seed 20 --start-index 5000
box systemctl kill -s KILL "$unit"
wait_until 30 "the restart" is NRestarts 1
wait_until 60 "a start after the kill" is ActiveState active
drained_unit
load -n 2000 --seed 20 --start-index 10000
drained_unit

# an orderly stop; the next start is one
box systemctl stop "$unit"
is ActiveState inactive || fail_unit "it did not stop in order"
is Result success || fail_unit "the stop was no success"
box systemctl start "$unit"
box systemctl stop "$unit"
is NRestarts 0 || fail_unit "it was restarted"
judge --complete
