#!/bin/bash
# A journal as the source, and the clock set back by an hour. Within a boot that changes nothing. In
# another boot, whose entries have no sequence of numbers in common with what was read (journald was
# killed, and put its file aside), the new entries sort before the place: that is a reported gap,
# never silence. In a box of its own, whose journald has a clock of its own.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/journal.sh"
journal_box
out=sd65 in=sd65 group=onced.sd65.$machine
"$BROKER" topic "$BROKER_DIR" sd65 1
mkdir -p "$WORK/pipelines"
pipeline() { # [MORE...]
	{
		printf 'pipeline: sd65\nfrom:\n  journal: {match: {SYSLOG_IDENTIFIER: writer}}\n'
		printf '%s\n' "$@" "to: [{topic: sd65}]"
	} >"$WORK/pipelines/sd65.yaml"
	place /etc/onced/sd65/sd65.yaml <"$WORK/pipelines/sd65.yaml"
}
pipeline
instance sd65
# Not the unit: its /proc is a fresh one, which has the kernel's own id of the boot.
run() {
	unit=clocked
	box systemctl reset-failed $unit 2>/dev/null || true
	box systemd-run -q --unit=$unit -p Type=notify -p User=onced \
		-p SupplementaryGroups=systemd-journal -p StateDirectory=onced@sd65 \
		/usr/local/bin/onced run -c /etc/onced/sd65.yaml
}
place /etc/systemd/system/systemd-journald.service.d/clock.conf <<-END
	[Service]
	Environment=LD_PRELOAD=${ONCED%/*}/obj/tests/fault/clock.so CLOCK_AHEAD=/etc/clock-ahead
END
box systemctl daemon-reload
box systemctl restart systemd-journald
ahead() { place /etc/clock-ahead <<<"$1"; }

write 1 20
run || fail_unit "it does not start"
write 21 30
wait_until 30 "entry 30" last 30
ahead -3600
write 31 40
wait_until 30 "entry 40, of an hour ago" last 40
age=$(box journalctl -q -t writer -n 1 -o json --no-pager |
	python3 -c 'import json, sys, time
print(int(time.time() - int(json.loads(sys.stdin.readline())["__REALTIME_TIMESTAMP"]) / 1e6))')
[ "$age" -gt 3000 ] || fail "the clock was not set back: the entry is $age s old"
box systemctl stop "$unit"
numbers | cmp - <(seq 1 40) || fail_unit "not every number once, in order"

# another boot, as the kernel tells it, and another sequence
ahead -7200
# shellcheck disable=SC2016 # for the shell in the box
box sh -ec 'cat /proc/sys/kernel/random/uuid >/etc/boot-id
	umount /proc/sys/kernel/random/boot_id
	mount --bind /etc/boot-id /proc/sys/kernel/random/boot_id
	cd /var/log/journal/*
	mv system.journal system@$(printf %032x-%016x-%016x 1 1 1).journal
	systemctl kill -s KILL systemd-journald'
write 41 50
run 2>/dev/null || true
wait_until 20 "the status 65" is ExecMainStatus 65
journal_says 'records were deleted before they were processed' || fail_unit "it does not say why"
last 40 || fail_unit "something was written beyond a gap"
as_onced offsets show -c /etc/onced/sd65.yaml sd65 >"$WORK/show"
grep -q 'verdict *STOP: records were deleted' "$WORK/show" || fail_unit "offsets show says no gap"
as_onced offsets accept -c /etc/onced/sd65.yaml sd65 >"$WORK/accept" ||
	fail_unit "accept: $(cat "$WORK/accept")"

# accepted: what came meanwhile is passed over, and nothing of the old boot comes again
run || fail_unit "it does not go on"
write 51 60
wait_until 30 "entry 60" last 60
box systemctl stop $unit
write 61 70
run || fail_unit "it does not start again"
wait_until 30 "entry 70" last 70
ahead 0
write 71 80
wait_until 30 "entry 80, of the right time again" last 80
box systemctl stop $unit
write 81 90
run || fail_unit "it does not start a third time"
wait_until 30 "entry 90" last 90
box systemctl stop $unit
numbers | cmp - <(seq 1 40; seq 51 90) ||
	fail_unit "not what was accepted: $(numbers | tr '\n' ' ')"
