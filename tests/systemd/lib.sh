# lib: what the scripts in the box share, beside tests/integration/lib.sh: units, their files, their
# properties. Sourced, not run. Each script uses instances of onced@.service of its own (instance
# names are the scripts' names), so that they can run side by side.
# shellcheck shell=bash
# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../integration/lib.sh"

box() { "$BOX" exec "$@"; }
partly=1   # the states are in the box
unit=onced # the unit that show, status, journal are about

# place PATH: standard input becomes a file in the box.
place() { box sh -ec 'mkdir -p "$(dirname "$0")"; cat >"$0"' "$1"; }

# instance NAME [KAFKA_PROPERTY...]: its files, from what `use` and `configure` wrote; unit is set.
instance() {
	local file
	unit=onced@$1
	configure "$@"
	sed -i "s|^state_dir: .*|state_dir: /var/lib/onced@$1|
		s|^pipelines: .*|pipelines: $1/*.yaml|" "$WORK/$1.yaml"
	place "/etc/onced/$1.yaml" <"$WORK/$1.yaml"
	for file in "$WORK"/pipelines/*.yaml; do
		place "/etc/onced/$1/$(basename "$file")" <"$file"
	done
	finish_hooks+=(forget_unit)
}
forget_unit() { box systemctl kill -s KILL "$unit" >/dev/null 2>&1; }

drop_in() { # [LINE...]: in [Service], of this boot
	printf '%s\n' '[Service]' "$@" | place "/run/systemd/system/$unit.service.d/test.conf"
	box systemctl daemon-reload
}

show() { box systemctl show -P "$1" "$unit"; }
is() { [ "$(show "$1")" = "$2" ]; } # PROPERTY VALUE
more_than() { [ "$(show "$1")" -gt "$2" ]; }
status_says() { grep -Eq -- "$1" <<<"$(show StatusText)"; }
# What was logged before this, all of it: journald takes a moment, and a process that ended at once
# has ended before it.
journal() {
	box journalctl --sync
	box journalctl -u "$unit" -o cat --no-pager
}
journal_says() { grep -Eq -- "$1" <<<"$(journal)"; }

fail_unit() {
	box systemctl status --no-pager -n 30 "$unit" >&2 || true
	fail "$@"
}

# The service's pid, seen from here: the box's processes have two. The kernel names both.
host_pid() { # PID_IN_THE_BOX
	# grep goes on when a process ends under its hands, awk would not
	grep -H '^NSpid:' /proc/[0-9]*/status 2>/dev/null |
		awk -v want="$1" 'NF == 3 && $NF == want { print $2 }' | while read -r pid; do
		[ "$(readlink "/proc/$pid/ns/pid")" != "$(readlink /proc/$$/ns/pid)" ] &&
			grep -q "onced-box-$BOX_NAME/" "/proc/$pid/cgroup" && echo "$pid"
	done
}

# Lag 0 for the group of `use`.
drained_unit() { # [SECONDS]
	offsets wait --lag 0 --pid $$ --deadline-s "${1:-60}" >"$WORK/drained" ||
		fail_unit "lag did not reach 0"
}
