# journal: what the scripts about a journal as the source share, beside lib.sh. Sourced, not run.
# shellcheck shell=bash
# A box of its own with onced installed, as the journal is rotated and vacuumed; machine is set.
journal_box() {
	BOX_NAME=${BOX_NAME}j$(basename "$0" .sh | tr -cd 0-9) BOX_OWNER=$$
	export BOX_NAME BOX_OWNER
	finish_hooks+=(journal_box_down)
	"$BOX" up
	# shellcheck disable=SC2016 # for the shell in the box
	box sh -ec 'make -s -C "$1" -o all -o onced install
		systemd-sysusers
		systemd-tmpfiles --create onced.conf
		systemctl daemon-reload' install "${ONCED%/*}" >"$WORK/install.log" 2>&1
	machine=$(box cat /etc/machine-id)
	mapfile -t journal_drop_in < <(sed '1,/^\[Service\]/d' \
		"$source_dir/systemd/examples/journal.conf")
}
journal_box_down() { "$BOX" down; }

# write FIRST LAST [OPTION...]: numbered entries by a unit of its own; returns when it has ended.
write() {
	# shellcheck disable=SC2016 # for the shell in the box
	box systemd-run -q --wait --unit=writer -p SyslogIdentifier=writer \
		-p LogRateLimitIntervalSec=0 -p "Environment=FIRST=$1 LAST=$2" "${@:3}" \
		sh -c 'i=$FIRST
			while [ $i -le $LAST ]; do
				echo n=$i
				[ $((i % 5)) != 0 ] || sleep 0.02
				i=$((i + 1))
			done'
}

# The numbers in the output, in its order.
numbers() {
	"$TOOLS/dump" -b "$ONCED_BROKERS" -g "$group" -t "$out" |
		sed -n 's/^R\t.*"MESSAGE":"n=\([0-9]*\)".*/\1/p'
}
last() { [ "$(numbers | tail -n 1)" = "$1" ]; }

# Deletes every archived file of the journal.
vacuum() { wait_until 20 "no archived journal file" vacuumed; }
vacuumed() {
	box journalctl -q --vacuum-time=1s >"$WORK/vacuum" 2>&1
	! box sh -c 'ls /var/log/journal/*/*@*' >"$WORK/archives" 2>&1
}

# onced in the box, with the rights of the service.
as_onced() {
	box systemd-run -q --wait --pipe -p User=onced -p SupplementaryGroups=systemd-journal \
		/usr/local/bin/onced "$@"
}
verify_box() {
	as_onced verify -c "/etc/onced/${unit#*@}.yaml" "${unit#*@}" >"$WORK/verify" 2>&1 ||
		fail_unit "verify: $(cat "$WORK/verify")"
}
